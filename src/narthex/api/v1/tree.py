"""A query's tree as `/api/v1/parse_query` gives it: one object a node, Prometheus's keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from narthex.model.matcher import Matcher
from narthex.model.value import format_float_plain
from narthex.promql.syntax.functions import FUNCTIONS
from narthex.promql.syntax.nodes import (
    Aggregation,
    AtEdge,
    BinaryExpr,
    Call,
    DurationExpr,
    DurationOperand,
    Expr,
    Extension,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    Subquery,
    TimeShift,
    UnaryExpr,
    VectorMatching,
    VectorSelector,
)

Object = dict[str, Any]


def tree_object(node: Expr) -> Object:
    """The object of a node and of all below it."""
    return _TRANSLATORS[type(node)](node)


def _number(node: NumberLiteral) -> Object:
    return {"type": "numberLiteral", "val": format_float_plain(node.value)}


def _string(node: StringLiteral) -> Object:
    return {"type": "stringLiteral", "val": node.value}


def _matcher(matcher: Matcher) -> Object:
    return {"name": matcher.name, "value": matcher.value, "type": matcher.type.value}


def _shift(shift: TimeShift) -> Object:
    at = shift.at
    found: Object = {
        "offset": shift.offset_ms,
        "timestamp": at if isinstance(at, int) else None,
        "startOrEnd": at.value if isinstance(at, AtEdge) else None,
    }
    if shift.offset_expr is not None:
        found["offsetExpr"] = _duration(shift.offset_expr)
    return found


def _selector(node: VectorSelector) -> Object:
    return {
        "type": "vectorSelector",
        "name": node.name,
        "matchers": [_matcher(matcher) for matcher in node.matchers],
        **_shift(node.shift),
        "anchored": node.extension is Extension.ANCHORED,
        "smoothed": node.extension is Extension.SMOOTHED,
    }


def _matrix(node: MatrixSelector) -> Object:
    found = {**_selector(node.selector), "type": "matrixSelector", "range": node.range_ms}
    if node.range_expr is not None:
        found["rangeExpr"] = _duration(node.range_expr)
    return found


def _subquery(node: Subquery) -> Object:
    found = {
        "type": "subquery",
        "expr": tree_object(node.expr),
        "range": node.range_ms,
        "step": node.step_ms,
        **_shift(node.shift),
    }
    if node.range_expr is not None:
        found["rangeExpr"] = _duration(node.range_expr)
    if node.step_expr is not None:
        found["stepExpr"] = _duration(node.step_expr)
    return found


def _duration(node: DurationOperand) -> Object:
    if isinstance(node, NumberLiteral):
        return _number(node)
    assert isinstance(node, DurationExpr)
    return {
        "type": "durationExpr",
        "op": node.operator,
        "lhs": None if node.left is None else _duration(node.left),
        "rhs": None if node.right is None else _duration(node.right),
        "wrapped": node.parenthesised,
    }


def _matching(matching: VectorMatching | None) -> Object | None:
    if matching is None:
        return None
    return {
        "card": matching.cardinality.value,
        "labels": list(matching.labels),
        "on": matching.on,
        "include": list(matching.include),
        "fillValues": {"lhs": matching.fill_left, "rhs": matching.fill_right},
    }


def _binary(node: BinaryExpr) -> Object:
    return {
        "type": "binaryExpr",
        "op": node.operator,
        "lhs": tree_object(node.left),
        "rhs": tree_object(node.right),
        "matching": _matching(node.matching),
        "bool": node.return_bool,
    }


def _unary(node: UnaryExpr) -> Object:
    return {"type": "unaryExpr", "op": node.operator, "expr": tree_object(node.expr)}


def _paren(node: ParenExpr) -> Object:
    return {"type": "parenExpr", "expr": tree_object(node.expr)}


def _aggregation(node: Aggregation) -> Object:
    return {
        "type": "aggregation",
        "op": node.operator,
        "expr": tree_object(node.expr),
        "param": None if node.parameter is None else tree_object(node.parameter),
        "grouping": list(node.grouping),
        "without": node.without,
    }


def _call(node: Call) -> Object:
    function = FUNCTIONS[node.function]
    return {
        "type": "call",
        "func": {
            "name": function.name,
            "argTypes": [argument.value for argument in function.argument_types],
            "variadic": function.variadic,
            "returnType": function.return_type.value,
        },
        "args": [tree_object(argument) for argument in node.args],
    }


_TRANSLATORS: dict[type, Callable[[Any], Object]] = {
    NumberLiteral: _number,
    StringLiteral: _string,
    VectorSelector: _selector,
    MatrixSelector: _matrix,
    Subquery: _subquery,
    BinaryExpr: _binary,
    UnaryExpr: _unary,
    ParenExpr: _paren,
    Aggregation: _aggregation,
    Call: _call,
}
