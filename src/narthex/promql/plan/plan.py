"""From the tree that was written to the tree that is evaluated."""

from __future__ import annotations

from narthex.promql.plan.common import mark_common
from narthex.promql.plan.durations import settle_durations
from narthex.promql.plan.edges import settle_edges
from narthex.promql.plan.folding import fold_constants
from narthex.promql.plan.invariant import mark_invariant
from narthex.promql.plan.nodes import PlanNode
from narthex.promql.plan.projection import mark_presence
from narthex.promql.steps import QueryRange
from narthex.promql.syntax.nodes import Expr

PASSES = (fold_constants, mark_presence, mark_invariant, mark_common)
"""In this order, once durations and edges are settled; each keeps the meaning of the query."""


def planned(tree: Expr, query: QueryRange, text: str) -> PlanNode:
    """The plan of a query over `query`. Raises ExecutionError for a bad duration."""
    plan = settle_edges(settle_durations(tree, query, text), query)
    for rewrite in PASSES:
        plan = rewrite(plan)
    return plan
