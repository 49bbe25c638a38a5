"""Selectors whose values nobody looks at are marked, so that storage need not decode them."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from narthex.promql.plan.nodes import PlanNode, PresenceOnly
from narthex.promql.plan.rewrite import bottom_up
from narthex.promql.syntax.nodes import Aggregation, Expr, ParenExpr, VectorSelector

COUNTING = ("count", "group")


def mark_presence(node: PlanNode) -> PlanNode:
    """The tree with the selectors below `count` and `group` marked."""
    return bottom_up(node, _marked)


def _marked(node: PlanNode) -> PlanNode:
    if not isinstance(node, Aggregation) or node.operator not in COUNTING:
        return node
    inner: PlanNode = node.expr
    while isinstance(inner, ParenExpr):
        inner = inner.expr
    if not isinstance(inner, VectorSelector) or inner.extension is not None:
        return node
    return replace(node, expr=cast(Expr, PresenceOnly(inner)))
