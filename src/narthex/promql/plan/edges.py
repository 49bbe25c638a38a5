"""`@ start()` and `@ end()` become the first and last moment of the whole query."""

from __future__ import annotations

from dataclasses import replace

from narthex.promql.plan.nodes import PlanNode
from narthex.promql.plan.rewrite import bottom_up
from narthex.promql.steps import QueryRange
from narthex.promql.syntax.nodes import AtEdge, Subquery, VectorSelector


def has_edges(node: PlanNode) -> bool:
    """Whether this node itself names an edge."""
    return isinstance(node, VectorSelector | Subquery) and isinstance(node.shift.at, AtEdge)


def settle_edges(node: PlanNode, query: QueryRange) -> PlanNode:
    """The tree with fixed moments only."""

    def settled(found: PlanNode) -> PlanNode:
        if isinstance(found, VectorSelector | Subquery) and isinstance(found.shift.at, AtEdge):
            at = query.start_ms if found.shift.at is AtEdge.START else query.end_ms
            return replace(found, shift=replace(found.shift, at=at))
        return found

    return bottom_up(node, settled)
