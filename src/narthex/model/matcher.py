"""One condition on one label: `name="v"`, `!=`, `=~`, `!~`.

A label that is absent compares as an empty one. Regular expressions have RE2's syntax and cost
(linear in the text), match whole values, and `.` matches newlines too.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import re2

from narthex.model.labels import quote, quote_name


class BadRegex(ValueError):
    """A pattern that RE2 refuses; says the pattern and why."""


class MatchType(enum.Enum):
    """How a matcher compares."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


_WORDING = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid group syntax": "invalid or unsupported Perl syntax",
    "trailing \\": "trailing backslash at end of expression",
    "invalid repetition size": "invalid repeat count",
}
"""RE2's faults in the words of Go's `regexp`, which Prometheus's users know."""


def compile_anchored(pattern: str) -> re2._Regexp:
    """`pattern` compiled to match whole texts. Raises BadRegex."""
    try:
        # Wrapped, `a)(b` would be fine: parentheses have to match by themselves.
        if ")" in pattern:
            re2.compile(pattern, _OPTIONS)
        return re2.compile(f"^(?s:{pattern})$", _OPTIONS)
    except re2.error as error:
        raise BadRegex(f"error parsing regexp: {_fault(pattern)}") from error


def _fault(pattern: str) -> str:
    """What is wrong with a pattern and where in it, as Go's `regexp` says it."""
    try:
        re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        text = error.args[0]
        reason, _, part = (text.decode() if isinstance(text, bytes) else text).partition(": ")
        return f"{_WORDING.get(reason, reason)}: `{part or pattern}`"
    return f"expression too large: `{pattern}`"


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on the label `name`. Raises BadRegex when made with a bad pattern."""

    type: MatchType
    name: str
    value: str
    _regex: re2._Regexp | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.type in (MatchType.REGEX, MatchType.NOT_REGEX):
            object.__setattr__(self, "_regex", compile_anchored(self.value))

    @classmethod
    def equal(cls, name: str, value: str) -> Matcher:
        """`name="value"`."""
        return cls(MatchType.EQUAL, name, value)

    @property
    def is_negative(self) -> bool:
        """Whether it names what must not match."""
        return self.type in (MatchType.NOT_EQUAL, MatchType.NOT_REGEX)

    def matches(self, value: str) -> bool:
        """Whether a label of this value (empty: an absent label) passes."""
        if self._regex is None:
            return (value == self.value) != self.is_negative
        return (self._regex.match(value) is not None) != self.is_negative

    @property
    def matches_empty(self) -> bool:
        """Whether series without the label pass."""
        return self.matches("")

    def __str__(self) -> str:
        return f"{quote_name(self.name)}{self.type.value}{quote(self.value)}"
