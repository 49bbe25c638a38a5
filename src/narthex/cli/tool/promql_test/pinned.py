"""A query with its selectors pinned to the moment of its evaluation: `foo` as `foo @ 60`.

Such a query gives the same answer whenever it is evaluated, which is one more thing to check.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from narthex.promql.syntax.nodes import (
    Aggregation,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    ParenExpr,
    Subquery,
    TimeShift,
    UnaryExpr,
    VectorSelector,
)

_DEPENDS_ON_TIME = frozenset(
    [
        *("days_in_month", "day_of_month", "day_of_week", "day_of_year"),
        *("hour", "minute", "month", "year", "time", "timestamp", "predict_linear"),
        *("start", "end", "range", "step"),
    ]
)
Pinned = TypeVar("Pinned", bound=VectorSelector | Subquery)


class DependsOnTime(Exception):
    """A function whose answer changes with the moment of evaluation, pinned or not."""


def pinned(expr: Expr, at_ms: int) -> Expr:  # noqa: PLR0911 - a node a return
    """The query with every selector and outer subquery at `at_ms` that is nowhere else.

    What is inside a subquery stays: the subquery says when it is evaluated. Raises DependsOnTime.
    """
    if isinstance(expr, (VectorSelector, Subquery)):
        return _at(expr, at_ms)
    if isinstance(expr, MatrixSelector):
        return replace(expr, selector=_at(expr.selector, at_ms))
    if isinstance(expr, Call):
        if expr.function in _DEPENDS_ON_TIME:
            raise DependsOnTime
        return replace(expr, args=tuple(pinned(arg, at_ms) for arg in expr.args))
    if isinstance(expr, BinaryExpr):
        return replace(expr, left=pinned(expr.left, at_ms), right=pinned(expr.right, at_ms))
    if isinstance(expr, (ParenExpr, UnaryExpr)):
        return replace(expr, expr=pinned(expr.expr, at_ms))
    if isinstance(expr, Aggregation):
        parameter = None if expr.parameter is None else pinned(expr.parameter, at_ms)
        return replace(expr, expr=pinned(expr.expr, at_ms), parameter=parameter)
    return expr


def _at(node: Pinned, at_ms: int) -> Pinned:
    shift: TimeShift = node.shift
    return node if isinstance(shift.at, int) else replace(node, shift=replace(shift, at=at_ms))
