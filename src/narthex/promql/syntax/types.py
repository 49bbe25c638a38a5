"""What an expression evaluates to, without evaluating it."""

from __future__ import annotations

from narthex.promql.syntax.functions import FUNCTIONS
from narthex.promql.syntax.nodes import (
    BinaryExpr,
    Call,
    Expr,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    Subquery,
    UnaryExpr,
    ValueType,
)


def value_type(expr: Expr) -> ValueType:
    """The type of a checked tree."""
    while isinstance(expr, (ParenExpr, UnaryExpr)):
        expr = expr.expr
    if isinstance(expr, NumberLiteral):
        return ValueType.SCALAR
    if isinstance(expr, StringLiteral):
        return ValueType.STRING
    if isinstance(expr, (MatrixSelector, Subquery)):
        return ValueType.MATRIX
    if isinstance(expr, Call):
        return FUNCTIONS[expr.function].return_type
    if isinstance(expr, BinaryExpr):
        return _binary_type(expr)
    return ValueType.VECTOR


def _binary_type(expr: BinaryExpr) -> ValueType:
    """Vectors win. A chain `a + b + c` leans to the left and may be long: walked, not recursed."""
    left: Expr = expr
    while isinstance(left, BinaryExpr):
        if value_type(left.right) is not ValueType.SCALAR:
            return ValueType.VECTOR
        left = left.left
    scalar = value_type(left) is ValueType.SCALAR
    return ValueType.SCALAR if scalar else ValueType.VECTOR
