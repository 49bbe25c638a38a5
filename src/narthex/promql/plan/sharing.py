"""Subexpressions that are written more than once are marked, to be evaluated once.

The largest equal parts are marked, wherever they stand; those in a subquery have moments of their
own, which the evaluation keeps apart. Left as they are: what a streaming aggregation takes batch
by batch, since keeping it would cost more memory than reading it twice costs time, and selectors
that a function wants to see for itself.
"""

from __future__ import annotations

from collections import Counter
from typing import cast

from narthex.promql.plan.nodes import PlanNode, PresenceOnly, Shared, StepInvariant
from narthex.promql.plan.rewrite import below
from narthex.promql.syntax.children import children
from narthex.promql.syntax.nodes import (
    Aggregation,
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    ParenExpr,
    Subquery,
    UnaryExpr,
    VectorSelector,
)

COLLECTING = ("topk", "bottomk", "quantile", "count_values", "limitk", "limit_ratio")
"""Aggregations that need all of their operand at once."""

WORTHWHILE = Aggregation | BinaryExpr | Call | VectorSelector


def mark_common(node: PlanNode) -> PlanNode:
    """The tree with its repeated parts marked."""
    selectors: list[VectorSelector] = []
    _gather(node, selectors)
    if len(set(selectors)) == len(selectors):
        return node
    counts: Counter[PlanNode] = Counter()
    _count(node, counts)
    repeated = {part for part, count in counts.items() if count > 1}
    return _marked(node, repeated) if repeated else node


def _gather(node: PlanNode, selectors: list[VectorSelector]) -> None:
    if isinstance(node, VectorSelector):
        selectors.append(node)
    for child in _operands(node):
        _gather(child, selectors)


def _operands(node: PlanNode) -> tuple[PlanNode, ...]:
    if isinstance(node, StepInvariant):
        return (node.expr,)
    if isinstance(node, PresenceOnly | Shared):
        return ()
    return children(node)


def _count(node: PlanNode, counts: Counter[PlanNode]) -> None:
    if isinstance(node, WORTHWHILE):
        counts[node] += 1
    for child in _shareable(node):
        _count(child, counts)


def _shareable(node: PlanNode) -> tuple[PlanNode, ...]:
    # The operands of a node that may be shared, or hold something that may.
    if isinstance(node, Call | MatrixSelector | Subquery):
        return tuple(part for operand in _operands(node) for part in _behind(operand))
    if isinstance(node, Aggregation) and node.operator not in COLLECTING:
        return _behind(node.expr)
    return _operands(node)


def _behind(node: PlanNode) -> tuple[PlanNode, ...]:
    """The first operands below a part that goes batch by batch."""
    if isinstance(node, VectorSelector | MatrixSelector):
        return ()
    if isinstance(node, ParenExpr | UnaryExpr | Call | StepInvariant):
        return tuple(part for operand in _operands(node) for part in _behind(operand))
    return (node,)


def _marked(node: PlanNode, repeated: set[PlanNode]) -> PlanNode:
    reachable = {id(child) for child in _shareable(node)}

    def visit(child: PlanNode) -> PlanNode:
        if id(child) in reachable:
            return _marked(child, repeated)
        return below(child, visit)

    if isinstance(node, WORTHWHILE) and node in repeated:
        return Shared(cast(Expr, node))
    return below(node, visit)
