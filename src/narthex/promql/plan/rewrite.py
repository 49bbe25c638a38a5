"""The one way in which a pass makes a new tree: from the leaves up, sharing what did not change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from narthex.promql.plan.nodes import PlanNode, PresenceOnly, Shared, StepInvariant
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

Change = Callable[[PlanNode], PlanNode]


def below(node: PlanNode, change: Change) -> PlanNode:  # noqa: PLR0911 - two a kind of node
    """`node` with each of its operands changed; itself when none was.

    Casts say that a plan's own nodes stand where the tree's type is `Expr`. Each level of the tree
    costs two Python frames here, so that the deepest tree allowed can be walked.
    """
    match node:
        case BinaryExpr():
            left, right = cast(Expr, change(node.left)), cast(Expr, change(node.right))
            if left is node.left and right is node.right:
                return node
            return replace(node, left=left, right=right)
        case Call():
            args = tuple([cast(Expr, change(arg)) for arg in node.args])
            same = all(a is b for a, b in zip(args, node.args, strict=True))
            return node if same else replace(node, args=args)
        case Aggregation():
            expr = cast(Expr, change(node.expr))
            parameter = None if node.parameter is None else cast(Expr, change(node.parameter))
            if expr is node.expr and parameter is node.parameter:
                return node
            return replace(node, expr=expr, parameter=parameter)
        case MatrixSelector() | PresenceOnly():
            selector = change(node.selector)
            if selector is node.selector:
                return node
            return replace(node, selector=cast(VectorSelector, selector))
        case ParenExpr() | UnaryExpr() | Subquery() | StepInvariant() | Shared():
            inner = cast(Expr, change(node.expr))
            return node if inner is node.expr else replace(node, expr=inner)
    return node


def bottom_up(node: PlanNode, change: Change) -> PlanNode:
    """Every node changed, operands before what they stand in."""

    def visit(child: PlanNode) -> PlanNode:
        return change(below(child, visit))

    return visit(node)
