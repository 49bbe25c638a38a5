"""What planning adds to the tree: nodes that no query text spells."""

from __future__ import annotations

from dataclasses import dataclass

from narthex.promql.position import Span
from narthex.promql.syntax.nodes import Expr, VectorSelector


@dataclass(frozen=True, slots=True)
class StepInvariant:
    """The same at every step: evaluated once and repeated."""

    expr: Expr

    @property
    def span(self) -> Span:
        """Where the expression stands."""
        return self.expr.span


@dataclass(frozen=True, slots=True)
class PresenceOnly:
    """A selector whose values nobody looks at."""

    selector: VectorSelector

    @property
    def span(self) -> Span:
        """Where the selector stands."""
        return self.selector.span


@dataclass(frozen=True, slots=True)
class Shared:
    """Written more than once in the query: evaluated at its first place and remembered."""

    expr: Expr

    @property
    def span(self) -> Span:
        """Where this occurrence stands."""
        return self.expr.span


PlanNode = Expr | StepInvariant | PresenceOnly | Shared
"""A node of a plan. Fields of the tree's nodes are typed `Expr`; below them may stand any of
these, which `plan.rewrite` puts there."""
