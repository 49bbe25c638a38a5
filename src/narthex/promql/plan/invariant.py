"""Parts that give the same at every step are marked, to be evaluated once.

A selector is the same when `@` fixes it, anything else when all its operands are, but for the
functions that look at the time of evaluation. Literals are cheaper repeated than marked.
"""

from __future__ import annotations

from typing import cast

from narthex.promql.plan.nodes import PlanNode, PresenceOnly, StepInvariant
from narthex.promql.plan.rewrite import below
from narthex.promql.syntax.nodes import (
    Aggregation,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    Subquery,
    UnaryExpr,
    VectorSelector,
)

UNSAFE_FUNCTIONS = frozenset(
    ["days_in_month", "day_of_month", "day_of_week", "day_of_year", "end", "hour", "minute", "month", "predict_linear", "range", "start", "step", "time", "timestamp", "year"]
)
"""Their answer changes from step to step though their arguments do not."""


def mark_invariant(node: PlanNode) -> PlanNode:
    """The tree with its largest invariant parts marked."""
    if _is_invariant(node):
        return node if _is_literal(node) or _is_range(node) else StepInvariant(cast(Expr, node))
    if isinstance(node, MatrixSelector):
        return node
    return below(node, mark_invariant)


def _is_literal(node: PlanNode) -> bool:
    while isinstance(node, ParenExpr | UnaryExpr):
        node = node.expr
    return isinstance(node, NumberLiteral | StringLiteral)


def _is_range(node: PlanNode) -> bool:
    while isinstance(node, ParenExpr):
        node = node.expr
    return isinstance(node, MatrixSelector | Subquery)


def _is_invariant(node: PlanNode) -> bool:
    match node:
        case NumberLiteral() | StringLiteral():
            return True
        case VectorSelector():
            return node.shift.at is not None
        case MatrixSelector() | PresenceOnly():
            return node.selector.shift.at is not None
        case Subquery():
            return node.shift.at is not None
        case Call():
            safe = node.function not in UNSAFE_FUNCTIONS
            return safe and all(_is_invariant(arg) for arg in node.args)
        case BinaryExpr():
            return _is_invariant(node.left) and _is_invariant(node.right)
        case Aggregation():
            parameter = node.parameter is None or _is_invariant(node.parameter)
            return parameter and _is_invariant(node.expr)
        case ParenExpr() | UnaryExpr():
            return _is_invariant(node.expr)
    return False
