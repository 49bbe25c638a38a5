"""The expressions inside an expression, in the order of the text."""

from __future__ import annotations

from collections.abc import Iterator

from narthex.promql.syntax.nodes import (
    Aggregation,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    ParenExpr,
    Subquery,
    UnaryExpr,
)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct parts of a node; none of a literal or an instant selector."""
    if isinstance(expr, (ParenExpr, UnaryExpr, Subquery)):
        return (expr.expr,)
    if isinstance(expr, BinaryExpr):
        return (expr.left, expr.right)
    if isinstance(expr, Call):
        return expr.args
    if isinstance(expr, Aggregation):
        return (expr.expr,) if expr.parameter is None else (expr.parameter, expr.expr)
    if isinstance(expr, MatrixSelector):
        return (expr.selector,)
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """The node and all below it, parents first, in the order of the text."""
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))
