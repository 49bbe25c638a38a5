"""Parts that give the same at every step are marked, to be evaluated once.

A selector is the same when `@` fixes it, anything else when all its operands are, but for the
functions that look at the time of evaluation. Literals are cheaper repeated than marked.
"""

from __future__ import annotations

from typing import cast

from narthex.promql.plan.nodes import PlanNode, PresenceOnly, Shared, StepInvariant
from narthex.promql.plan.rewrite import below
from narthex.promql.syntax.children import children
from narthex.promql.syntax.nodes import (
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
    {
        "day_of_month", "day_of_week", "day_of_year", "days_in_month", "end", "hour", "minute",
        "month", "predict_linear", "range", "start", "step", "time", "timestamp", "year",
    }
)  # fmt: skip
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
        case VectorSelector() | Subquery():
            return node.shift.at is not None
        case PresenceOnly():
            return node.selector.shift.at is not None
        case StepInvariant() | Shared():
            return _is_invariant(node.expr)
        case Call() if node.function in UNSAFE_FUNCTIONS:
            return False
    return all(_is_invariant(child) for child in children(node))
