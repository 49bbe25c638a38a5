"""Duration expressions settled: `[step() * 2]`, `offset -(1h / 2)` become milliseconds.

`step()` and `range()` are those of the whole query, also within a subquery.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace

from narthex.model.duration import MAX_MS
from narthex.promql.errors import ExecutionError
from narthex.promql.plan.nodes import PlanNode
from narthex.promql.plan.rewrite import bottom_up
from narthex.promql.position import place
from narthex.promql.steps import QueryRange
from narthex.promql.syntax.nodes import (
    DurationExpr,
    DurationOperand,
    MatrixSelector,
    NumberLiteral,
    Subquery,
    TimeShift,
    VectorSelector,
)


def has_durations(node: PlanNode) -> bool:
    """Whether this node itself has a duration to settle."""
    match node:
        case VectorSelector():
            return node.shift.offset_expr is not None
        case MatrixSelector():
            return node.range_expr is not None
        case Subquery():
            written = (node.range_expr, node.step_expr, node.shift.offset_expr)
            return any(expr is not None for expr in written)
    return False


def settle_durations(node: PlanNode, query: QueryRange, text: str) -> PlanNode:
    """The tree without duration expressions.

    Raises ExecutionError with the place in `text` where one has no value that can stand there.
    """

    def settled(found: PlanNode) -> PlanNode:
        match found:
            case VectorSelector() if found.shift.offset_expr is not None:
                return replace(found, shift=_shift(found.shift, query, text))
            case MatrixSelector() if found.range_expr is not None:
                length = _positive_ms(found.range_expr, query, text)
                return replace(found, range_ms=length, range_expr=None)
            case Subquery():
                return _subquery(found, query, text)
        return found

    return bottom_up(node, settled)


def _subquery(node: Subquery, query: QueryRange, text: str) -> Subquery:
    if node.shift.offset_expr is not None:
        node = replace(node, shift=_shift(node.shift, query, text))
    if node.range_expr is not None:
        length = _positive_ms(node.range_expr, query, text)
        node = replace(node, range_ms=length, range_expr=None)
    if node.step_expr is not None:
        step = _positive_ms(node.step_expr, query, text)
        node = replace(node, step_ms=step, step_expr=None)
    return node


def _shift(shift: TimeShift, query: QueryRange, text: str) -> TimeShift:
    assert shift.offset_expr is not None
    return replace(shift, offset_ms=_ms(shift.offset_expr, query, text), offset_expr=None)


def _positive_ms(expr: DurationExpr, query: QueryRange, text: str) -> int:
    settled = _ms(expr, query, text)
    if settled <= 0:
        raise _refused(expr, text, "duration must be greater than 0")
    return settled


def _ms(expr: DurationExpr, query: QueryRange, text: str) -> int:
    seconds = _seconds(expr, query, text)
    if not math.isfinite(seconds) or abs(seconds * 1000) > MAX_MS:
        raise _refused(expr, text, "duration is out of range")
    return int(seconds * 1000)


def _seconds(expr: DurationOperand | None, query: QueryRange, text: str) -> float:
    if expr is None:
        return 0.0
    if isinstance(expr, NumberLiteral):
        return expr.value
    if expr.operator == "step":
        return query.step_ms / 1000
    if expr.operator == "range":
        return (query.end_ms - query.start_ms) / 1000
    left, right = _seconds(expr.left, query, text), _seconds(expr.right, query, text)
    if expr.operator in ("/", "%") and right == 0:
        fault = "division by zero" if expr.operator == "/" else "modulo by zero"
        raise _refused(expr, text, fault)
    return OPERATIONS[expr.operator](left, right)


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except (OverflowError, ValueError):
        return math.nan


OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
    "^": _power,
    "min_of": min,
    "max_of": max,
}


def _refused(expr: DurationExpr, text: str, fault: str) -> ExecutionError:
    return ExecutionError(f"{place(text, expr.span.start)}: {fault}")
