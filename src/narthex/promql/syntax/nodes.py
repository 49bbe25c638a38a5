"""The tree that the parser builds and every later stop reads.

Nodes are frozen; a plan pass makes new ones. Every node knows the part of the query text that it
came from, so that errors and annotations point at it. Equality ignores positions.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from narthex.model.matcher import Matcher
from narthex.promql.position import NOWHERE, Span


class ValueType(enum.Enum):
    """What an expression evaluates to."""

    SCALAR = "scalar"
    VECTOR = "vector"
    MATRIX = "matrix"
    STRING = "string"

    @property
    def described(self) -> str:
        """As error messages name it."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    ValueType.SCALAR: "scalar",
    ValueType.VECTOR: "instant vector",
    ValueType.MATRIX: "range vector",
    ValueType.STRING: "string",
}


def _position() -> Span:
    return field(default=NOWHERE, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class NumberLiteral:
    """A number, or a duration written where a number may stand (`5m` is 300).

    `text` is the literal as written when it was a duration, for printing.
    """

    value: float
    duration: bool = False
    span: Span = _position()


@dataclass(frozen=True, slots=True)
class StringLiteral:
    """A quoted text, unescaped."""

    value: str
    span: Span = _position()


@dataclass(frozen=True, slots=True)
class DurationExpr:
    """Arithmetic on durations in a range, offset or step: an operator, or a call.

    `operator` is one of `+ - * / % ^`, or `step`, `range`, `min_of`, `max_of`; operands are
    NumberLiteral (seconds) or DurationExpr; `left` is None for a unary sign and for `step()`,
    `range()`. `parenthesised` for printing.
    """

    operator: str
    left: DurationOperand | None = None
    right: DurationOperand | None = None
    parenthesised: bool = False
    span: Span = _position()


DurationOperand = NumberLiteral | DurationExpr


class AtEdge(enum.Enum):
    """`@ start()` and `@ end()`."""

    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class TimeShift:
    """The `offset` and `@` of a selector or subquery.

    `offset_ms` is settled when it was a literal; else `offset_expr` is evaluated before execution.
    `at` is a fixed moment in ms or an edge of the query's range.
    """

    offset_ms: int = 0
    offset_expr: DurationExpr | None = None
    at: int | AtEdge | None = None


class Extension(enum.Enum):
    """Selectors that look beyond the edges of their window."""

    ANCHORED = "anchored"
    SMOOTHED = "smoothed"


@dataclass(frozen=True, slots=True)
class VectorSelector:
    """`name{matchers}`: the newest sample of each series within the lookback.

    `matchers` holds the name's own matcher too, last when written in front of the braces;
    `name` is that name ("" when it was not written so).
    """

    name: str
    matchers: tuple[Matcher, ...]
    shift: TimeShift = TimeShift()
    extension: Extension | None = None
    span: Span = _position()


@dataclass(frozen=True, slots=True)
class MatrixSelector:
    """`selector[range]`. The shift is the selector's; `range_expr` when it is not a literal."""

    selector: VectorSelector
    range_ms: int
    range_expr: DurationExpr | None = None
    span: Span = _position()


@dataclass(frozen=True, slots=True)
class Subquery:
    """`expr[range:step]`; `step_ms` 0 means the default step."""

    expr: Expr
    range_ms: int
    step_ms: int = 0
    shift: TimeShift = TimeShift()
    range_expr: DurationExpr | None = None
    step_expr: DurationExpr | None = None
    span: Span = _position()


class MatchCardinality(enum.Enum):
    """Which side of a vector match may have several series a group."""

    ONE_TO_ONE = "one-to-one"
    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"
    MANY_TO_MANY = "many-to-many"


@dataclass(frozen=True, slots=True)
class VectorMatching:
    """How the two sides of a binary expression find each other.

    `on`: `labels` are those that must agree; otherwise those that are ignored. `include` are the
    labels of `group_left` / `group_right`. `fill_left`, `fill_right`: the value of a missing side.
    """

    cardinality: MatchCardinality = MatchCardinality.ONE_TO_ONE
    on: bool = False
    labels: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    fill_left: float | None = None
    fill_right: float | None = None


@dataclass(frozen=True, slots=True)
class BinaryExpr:
    """`left op right`. `matching` is set when both sides are vectors. `operator` in lower case."""

    operator: str
    left: Expr
    right: Expr
    return_bool: bool = False
    matching: VectorMatching | None = None
    span: Span = _position()


@dataclass(frozen=True, slots=True)
class UnaryExpr:
    """`+expr` or `-expr`."""

    operator: str
    expr: Expr
    span: Span = _position()


@dataclass(frozen=True, slots=True)
class ParenExpr:
    """`(expr)`: kept for printing and for what looks through it."""

    expr: Expr
    span: Span = _position()


@dataclass(frozen=True, slots=True)
class Aggregation:
    """`sum by (labels) (expr)`; `parameter` for topk, bottomk, quantile, count_values, limit*."""

    operator: str
    expr: Expr
    parameter: Expr | None = None
    grouping: tuple[str, ...] = ()
    without: bool = False
    span: Span = _position()


@dataclass(frozen=True, slots=True)
class Call:
    """`function(args)`; the function is known to `functions` by its name."""

    function: str
    args: tuple[Expr, ...]
    span: Span = _position()


Expr = (
    NumberLiteral
    | StringLiteral
    | VectorSelector
    | MatrixSelector
    | Subquery
    | BinaryExpr
    | UnaryExpr
    | ParenExpr
    | Aggregation
    | Call
)
