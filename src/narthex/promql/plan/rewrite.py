"""The one way in which a pass makes a new tree: from the leaves up, sharing what did not change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from narthex.promql.plan.nodes import PlanNode, StepInvariant
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

Change = Callable[[PlanNode], PlanNode]


def below(node: PlanNode, change: Change) -> PlanNode:
    """`node` with each of its operands changed; itself when none was."""

    def changed(child: Expr) -> Expr:
        # A plan's own nodes stand where the tree's type says `Expr`.
        return cast(Expr, change(child))

    match node:
        case BinaryExpr():
            left, right = changed(node.left), changed(node.right)
            if left is node.left and right is node.right:
                return node
            return replace(node, left=left, right=right)
        case Call():
            args = tuple(changed(arg) for arg in node.args)
            same = all(a is b for a, b in zip(args, node.args, strict=True))
            return node if same else replace(node, args=args)
        case Aggregation():
            expr = changed(node.expr)
            parameter = None if node.parameter is None else changed(node.parameter)
            if expr is node.expr and parameter is node.parameter:
                return node
            return replace(node, expr=expr, parameter=parameter)
        case MatrixSelector():
            selector = change(node.selector)
            return node if selector is node.selector else replace(node, selector=selector)
        case ParenExpr() | UnaryExpr() | Subquery() | StepInvariant():
            expr = changed(node.expr)
            return node if expr is node.expr else replace(node, expr=expr)
    return node


def bottom_up(node: PlanNode, change: Change) -> PlanNode:
    """Every node changed, operands before what they stand in."""
    return change(below(node, lambda child: bottom_up(child, change)))
