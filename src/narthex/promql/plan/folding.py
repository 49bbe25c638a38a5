"""Arithmetic on literals done once: `5 * 60`, `-(1)`, `2 ^ 10`.

Only between numbers that were written: what reads samples or time is never moved.
"""

from __future__ import annotations

import math

from narthex.promql.plan.nodes import PlanNode
from narthex.promql.plan.rewrite import bottom_up
from narthex.promql.syntax.nodes import BinaryExpr, NumberLiteral, ParenExpr, UnaryExpr


def fold_constants(node: PlanNode) -> PlanNode:
    """The tree with sums, differences and products of literals worked out."""
    return bottom_up(node, _folded)


def _folded(node: PlanNode) -> PlanNode:
    match node:
        case ParenExpr(expr=NumberLiteral() as number):
            return number
        case UnaryExpr(operator=sign, expr=NumberLiteral(value=value)):
            return NumberLiteral(value if sign == "+" else -value, span=node.span)
        case BinaryExpr(left=NumberLiteral(value=left), right=NumberLiteral(value=right)):
            answer = _applied(node.operator, left, right)
            return node if answer is None else NumberLiteral(answer, span=node.span)
    return node


def _applied(operator: str, left: float, right: float) -> float | None:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" if right != 0 and math.isfinite(left):
            return left / right
    return None
