"""`expect fail|warn|info|..`: what an evaluation has to say besides its answer."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field

import re2

from narthex.cli.tool.promql_test.errors import BadItem

_LINE = re.compile(r"expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?")


class Expect(enum.Enum):
    """The kinds of such lines."""

    ORDERED = "ordered"
    FAIL = "fail"
    WARN = "warn"
    NO_WARN = "no_warn"
    INFO = "info"
    NO_INFO = "no_info"


@dataclass(frozen=True, slots=True)
class Text:
    """A text that is to appear: this one, one that a pattern finds, or any."""

    message: str | None = None
    pattern: re2._Regexp | None = field(default=None, compare=False)

    def matches(self, text: str) -> bool:
        """Whether `text` will do."""
        if self.pattern is not None:
            return self.pattern.search(text) is not None
        return self.message is None or self.message == text

    @classmethod
    def found_by(cls, pattern: str) -> Text:
        """Any text in which RE2 finds this. Raises BadItem."""
        try:
            return cls(pattern, re2.compile(pattern))
        except re2.error as error:
            raise BadItem(f"invalid regex {pattern}") from error

    def __str__(self) -> str:
        return "anything" if self.message is None else repr(self.message)


ANYTHING = Text()


def parse_expectation(line: str) -> tuple[Expect, Text]:
    """One `expect` line. Raises BadItem."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise BadItem(
            "invalid expect statement, must match `expect <type> <match_type>: <string>` format"
        )
    kind, how, text = match.groups()
    if how is None:
        return Expect(kind), ANYTHING
    text = text.strip()
    return Expect(kind), Text.found_by(text) if how == "regex" else Text(text)


@dataclass(slots=True)
class Expectations:
    """All `expect` lines of one evaluation."""

    texts: dict[Expect, list[Text]] = field(default_factory=dict)

    def add(self, kind: Expect, text: Text) -> None:
        """One line more. Raises BadItem when lines contradict each other."""
        self.texts.setdefault(kind, []).append(text)
        for wanted, unwanted in ((Expect.INFO, Expect.NO_INFO), (Expect.WARN, Expect.NO_WARN)):
            if wanted in self.texts and unwanted in self.texts:
                raise BadItem(
                    f"invalid expect lines, {wanted.value} and {unwanted.value} "
                    "cannot be used together"
                )
        if len(self.texts.get(Expect.FAIL, ())) > 1:
            raise BadItem("invalid expect lines, multiple expect fail lines are not allowed")

    @property
    def ordered(self) -> bool:
        """Whether the order of series counts."""
        return Expect.ORDERED in self.texts

    @property
    def failure(self) -> Text | None:
        """What the error says, if there is to be one."""
        return self.texts.get(Expect.FAIL, [None])[0]

    def fault(self, warnings: list[str], infos: list[str]) -> str:
        """What is wrong with the annotations of an answer; "" when nothing is."""
        return self._fault_of("warn", Expect.WARN, Expect.NO_WARN, warnings) or self._fault_of(
            "info", Expect.INFO, Expect.NO_INFO, infos
        )

    def _fault_of(self, name: str, wanted: Expect, unwanted: Expect, actual: list[str]) -> str:
        if unwanted in self.texts and actual:
            return f"unexpected {name} annotations: {actual}"
        expected = self.texts.get(wanted, [])
        if not expected:
            return ""
        if not actual:
            return f"expected {name} annotations but none were found"
        for text in expected:
            if not any(text.matches(found) for found in actual):
                return f"expected {name} annotation {text}, found {actual}"
        for found in actual:
            if not any(text.matches(found) for text in expected):
                return f"unexpected {name} annotation {found!r}"
        return ""
