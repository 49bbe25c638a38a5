"""From the tree that was written to the tree that is evaluated.

What does not depend on when a query is asked is done once for its text (`prepare`); the few trees
that name the query's range or step are settled for each query (`settled`).
"""

from __future__ import annotations

from dataclasses import dataclass

from narthex.promql.plan.durations import has_durations, settle_durations
from narthex.promql.plan.edges import has_edges, settle_edges
from narthex.promql.plan.folding import fold_constants
from narthex.promql.plan.invariant import mark_invariant
from narthex.promql.plan.nodes import PlanNode
from narthex.promql.plan.projection import mark_presence
from narthex.promql.plan.sharing import mark_common
from narthex.promql.steps import QueryRange
from narthex.promql.syntax.children import walk
from narthex.promql.syntax.nodes import Expr, ValueType
from narthex.promql.syntax.types import value_type

PASSES = (fold_constants, mark_presence, mark_invariant, mark_common)
"""In this order; each keeps the meaning of the query."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and what it gives. `text` is where its positions point."""

    text: str
    kind: ValueType
    plan: PlanNode
    unsettled: bool

    def settled(self, query: QueryRange) -> PlanNode:
        """The plan for one query. Raises ExecutionError for a duration that has no value then."""
        if not self.unsettled:
            return self.plan
        return settle_edges(settle_durations(self.plan, query, self.text), query)


def prepare(tree: Expr, text: str) -> Prepared:
    """The plan of a tree that `text` was parsed to."""
    plan: PlanNode = tree
    for rewrite in PASSES:
        plan = rewrite(plan)
    unsettled = any(has_durations(node) or has_edges(node) for node in walk(tree))
    return Prepared(text, value_type(tree), plan, unsettled)
