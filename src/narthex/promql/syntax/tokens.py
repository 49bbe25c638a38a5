"""The words of the language: kinds of tokens, which words are which, and how errors name them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from narthex.promql.position import Span
from narthex.promql.syntax.quoting import go_quote

SHOWN_CHARACTERS = 10
"""Longer texts are cut in error messages, as Prometheus does."""


class Kind(enum.Enum):
    """What a token is; `described` is how an error names its kind."""

    END = "end of input"
    IDENTIFIER = "identifier"
    METRIC_IDENTIFIER = "metric identifier"
    NUMBER = "number"
    DURATION = "duration"
    STRING = "string"
    PUNCTUATION = "punctuation"
    """`( ) { } [ ] , = :`"""
    OPERATOR = "operator"
    AGGREGATOR = "aggregator"
    KEYWORD = "keyword"
    CONTEXT = "context"
    """`start end step range min_of max_of`: functions here, durations there, names elsewhere."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text. `word` is it in lower case where case does not matter."""

    kind: Kind
    text: str
    span: Span
    word: str

    @property
    def described(self) -> str:
        """As an error message names it."""
        if self.kind is Kind.END:
            return "end of input"
        if self.kind is Kind.KEYWORD:
            return f"<{self.text}>"
        if self.kind is Kind.OPERATOR:
            return f"<op:{self.text}>"
        if self.kind is Kind.AGGREGATOR:
            return f"<aggr:{self.text}>"
        if self.kind in (Kind.PUNCTUATION, Kind.CONTEXT):
            return go_quote(self.text)
        return f"{self.kind.value} {self._quoted}"

    @property
    def _quoted(self) -> str:
        named = self.kind in (Kind.IDENTIFIER, Kind.METRIC_IDENTIFIER)
        if named or len(self.text.encode("utf-8", "surrogatepass")) <= SHOWN_CHARACTERS:
            return go_quote(self.text)
        return go_quote(self.text[:SHOWN_CHARACTERS]) + "..."

    def is_(self, kind: Kind, *words: str) -> bool:
        """Whether it is of this kind, and one of these words if any are given."""
        return self.kind is kind and (not words or self.word in words)


AGGREGATORS_WITH_PARAMETER = frozenset(
    {"topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio"}
)
EXPERIMENTAL_AGGREGATORS = frozenset({"limitk", "limit_ratio"})
AGGREGATORS = AGGREGATORS_WITH_PARAMETER | {
    "sum", "avg", "count", "min", "max", "group", "stddev", "stdvar",
}  # fmt: skip

SET_OPERATORS = frozenset({"and", "or", "unless"})
COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
TRIM_OPERATORS = frozenset({"</", ">/"})

PRECEDENCE = {
    "or": 1,
    "and": 2, "unless": 2,
    "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "</": 3, ">/": 3,
    "+": 4, "-": 4,
    "*": 5, "/": 5, "%": 5, "atan2": 5,
    "^": 6,
}  # fmt: skip
"""Binary operators; a higher one binds tighter. All but `^` associate to the left."""

UNARY_PRECEDENCE = PRECEDENCE["*"] + 1
"""What a sign takes hold of: only powers bind tighter, so `-2^2` is `-(2^2)`."""

FILL_KEYWORDS = frozenset({"fill", "fill_left", "fill_right"})
"""Keywords only in front of a parenthesis; names anywhere else."""

EXTENSIONS = frozenset({"anchored", "smoothed"})
CONTEXT_WORDS = frozenset({"start", "end", "step", "range", "min_of", "max_of"})
DURATION_WORDS = frozenset({"step", "range", "min_of", "max_of"})

KEYWORDS: dict[str, Kind] = {
    **dict.fromkeys(("and", "or", "unless", "atan2"), Kind.OPERATOR),
    **dict.fromkeys(AGGREGATORS, Kind.AGGREGATOR),
    **dict.fromkeys(
        ("offset", "by", "without", "on", "ignoring", "group_left", "group_right", "bool"),
        Kind.KEYWORD,
    ),
    **dict.fromkeys(EXTENSIONS, Kind.KEYWORD),
    **dict.fromkeys(FILL_KEYWORDS, Kind.KEYWORD),
    **dict.fromkeys(CONTEXT_WORDS, Kind.CONTEXT),
    **dict.fromkeys(("inf", "nan"), Kind.NUMBER),
}

_NOT_METRICS = frozenset({"bool", "on", "ignoring", "group_left", "group_right", *FILL_KEYWORDS})
_WORD_KINDS = frozenset(
    {Kind.IDENTIFIER, Kind.METRIC_IDENTIFIER, Kind.AGGREGATOR, Kind.CONTEXT, Kind.KEYWORD}
)


def may_name_metric(token: Token) -> bool:
    """Whether a metric may be named so without quotes."""
    if token.kind is Kind.OPERATOR:
        return token.word in SET_OPERATORS
    if token.kind is Kind.KEYWORD:
        return token.word not in _NOT_METRICS
    return token.kind in _WORD_KINDS


def may_begin_expression(token: Token) -> bool:
    """Whether an expression can begin with it."""
    if token.kind in (Kind.NUMBER, Kind.DURATION, Kind.STRING):
        return True
    if token.is_(Kind.PUNCTUATION, "(", "{") or token.is_(Kind.OPERATOR, "+", "-"):
        return True
    return may_name_metric(token)


def may_name_label(token: Token) -> bool:
    """Whether a label may be named so without quotes in a list of labels."""
    is_word_operator = token.kind is Kind.OPERATOR and token.word in KEYWORDS
    return token.kind in _WORD_KINDS or is_word_operator
