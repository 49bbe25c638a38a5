"""Types: what may stand where, and what is only known once both sides of an operator are.

The tree comes out as it went in, but for the matching of binary expressions: settled between
vectors, dropped elsewhere. The order of checks is Prometheus's, so that of several mistakes the
same one is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from narthex.model.labels import METRIC_NAME
from narthex.promql.position import Span
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.functions import FUNCTIONS, Function
from narthex.promql.syntax.nodes import (
    Aggregation,
    BinaryExpr,
    Call,
    Expr,
    MatchCardinality,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    Subquery,
    UnaryExpr,
    ValueType,
    VectorMatching,
    VectorSelector,
)
from narthex.promql.syntax.quoting import go_quote
from narthex.promql.syntax.tokens import COMPARISONS, SET_OPERATORS
from narthex.promql.syntax.types import value_type

_OPERANDS = (ValueType.SCALAR, ValueType.VECTOR)
_GROUPED = (MatchCardinality.MANY_TO_ONE, MatchCardinality.ONE_TO_MANY)


def check(tree: Expr, query: str) -> Expr:
    """The settled tree. Raises ParseError."""
    return _Checker(query).check(tree)


@dataclass(frozen=True, slots=True)
class _Checker:
    query: str

    def check(self, expr: Expr) -> Expr:  # noqa: PLR0911 - a node a return
        if isinstance(expr, (NumberLiteral, StringLiteral)):
            return expr
        if isinstance(expr, VectorSelector):
            self._selector(expr)
            return expr
        if isinstance(expr, MatrixSelector):
            self._selector(expr.selector)
            return expr
        if isinstance(expr, BinaryExpr):
            return self._binary(expr)
        if isinstance(expr, Call):
            return self._call(expr)
        if isinstance(expr, Aggregation):
            return self._aggregation(expr)
        if isinstance(expr, Subquery):
            return self._subquery(expr)
        if isinstance(expr, UnaryExpr):
            return self._unary(expr)
        assert isinstance(expr, ParenExpr)
        return replace(expr, expr=self.check(expr.expr))

    def _error(self, message: str, at: Span) -> ParseError:
        return ParseError(message, at, self.query)

    def _expect(self, expr: Expr, wanted: ValueType, context: str) -> Expr:
        checked = self.check(expr)
        found = value_type(checked)
        if found is not wanted:
            message = f"expected type {wanted.described} in {context}, got {found.described}"
            raise self._error(message, expr.span)
        return checked

    def _selector(self, selector: VectorSelector) -> None:
        if not selector.name:
            if all(matcher.matches_empty for matcher in selector.matchers):
                message = "vector selector must contain at least one non-empty matcher"
                raise self._error(message, selector.span)
            return
        for matcher in selector.matchers[:-1]:
            if matcher.name == METRIC_NAME:
                both = f"{go_quote(selector.name)} or {go_quote(matcher.value)}"
                raise self._error(f"metric name must not be set twice: {both}", selector.span)

    def _aggregation(self, expr: Aggregation) -> Aggregation:
        inner = self._expect(expr.expr, ValueType.VECTOR, "aggregation expression")
        if expr.parameter is None:
            return replace(expr, expr=inner)
        text = expr.operator == "count_values"
        wanted = ValueType.STRING if text else ValueType.SCALAR
        parameter = self._expect(expr.parameter, wanted, "aggregation parameter")
        return replace(expr, expr=inner, parameter=parameter)

    def _unary(self, expr: UnaryExpr) -> UnaryExpr:
        inner = self.check(expr.expr)
        found = value_type(inner)
        if found not in _OPERANDS:
            message = (
                "unary expression only allowed on expressions of type scalar or instant vector, "
                f'got "{found.described}"'
            )
            raise self._error(message, expr.span)
        return replace(expr, expr=inner)

    def _subquery(self, expr: Subquery) -> Subquery:
        inner = self.check(expr.expr)
        found = value_type(inner)
        if found is not ValueType.VECTOR:
            message = f"subquery is only allowed on instant vector, got {found.value} instead"
            raise self._error(message, expr.span)
        return replace(expr, expr=inner)

    def _call(self, expr: Call) -> Call:
        function = FUNCTIONS[expr.function]
        self._argument_count(expr, function)
        if function.name == "info" and len(expr.args) > 1:
            return replace(expr, args=self._info_args(expr))
        context = f"call to function {go_quote(function.name)}"
        args = (
            self._expect(arg, function.argument_type(i), context) for i, arg in enumerate(expr.args)
        )
        return replace(expr, args=tuple(args))

    def _argument_count(self, expr: Call, function: Function) -> None:
        wanted, given = len(function.argument_types), len(expr.args)
        where = f"argument(s) in call to {go_quote(function.name)}, got {given}"
        if function.variadic == 0:
            if given != wanted:
                raise self._error(f"expected {wanted} {where}", expr.span)
            return
        least = wanted - 1
        if given < least:
            raise self._error(f"expected at least {least} {where}", expr.span)
        if 0 < function.variadic < given - least:
            most = least + function.variadic
            raise self._error(f"expected at most {most} {where}", expr.span)

    def _info_args(self, expr: Call) -> tuple[Expr, ...]:
        """The second argument of `info` is conditions only, and they may match what is empty."""
        base, conditions = expr.args
        context = 'call to function "info"'
        found = value_type(conditions)
        if found is not ValueType.VECTOR:
            message = (
                f"expected type {ValueType.VECTOR.described} in {context}, got {found.described}"
            )
            raise self._error(message, expr.span)
        if not isinstance(conditions, VectorSelector):
            raise self._error("expected label selectors only", conditions.span)
        if conditions.name:
            message = "expected label selectors only, got vector selector instead"
            raise self._error(message, conditions.span)
        return self._expect(base, ValueType.VECTOR, context), conditions

    def _binary(self, expr: BinaryExpr) -> BinaryExpr:
        left, right = self.check(expr.left), self.check(expr.right)
        types = (value_type(left), value_type(right))
        is_set = expr.operator in SET_OPERATORS
        matching = expr.matching
        assert matching is not None, "the parser always says how, in case both are vectors"
        if is_set and matching.cardinality is MatchCardinality.ONE_TO_ONE:
            matching = replace(matching, cardinality=MatchCardinality.MANY_TO_MANY)
        self._operator(expr, types, matching)
        for operand, found in zip((left, right), types, strict=True):
            if found not in _OPERANDS:
                message = "binary expression must contain only scalar and instant vector types"
                raise self._error(message, operand.span)
        if types == (ValueType.VECTOR, ValueType.VECTOR):
            if is_set:
                self._set_operation(expr, matching)
            return replace(expr, left=left, right=right, matching=matching)
        self._no_matching(expr, matching)
        if is_set:
            message = f'set operator "{expr.operator}" not allowed in binary scalar expression'
            raise self._error(message, expr.span)
        return replace(expr, left=left, right=right, matching=None)

    def _operator(
        self, expr: BinaryExpr, types: tuple[ValueType, ValueType], matching: VectorMatching
    ) -> None:
        comparison = expr.operator in COMPARISONS
        if expr.return_bool and not comparison:
            message = "bool modifier can only be used on comparison operators"
            raise self._error(message, self._operator_span(expr))
        scalars = types == (ValueType.SCALAR, ValueType.SCALAR)
        if comparison and not expr.return_bool and scalars:
            message = "comparisons between scalars must use BOOL modifier"
            raise self._error(message, self._operator_span(expr))
        both = set(matching.labels) & set(matching.include) if matching.on else ()
        if both:
            label = next(name for name in matching.labels if name in both)
            message = f"label {go_quote(label)} must not occur in ON and GROUP clause at once"
            raise self._error(message, self._operator_span(expr))

    def _operator_span(self, expr: BinaryExpr) -> Span:
        start, end = expr.left.span.end, expr.right.span.start
        between = self.query[start:end]
        return Span(start + len(between) - len(between.lstrip(" \t\r\n")), end)

    def _set_operation(self, expr: BinaryExpr, matching: VectorMatching) -> None:
        if matching.cardinality in _GROUPED:
            message = f'no grouping allowed for "{expr.operator}" operation'
            raise self._error(message, expr.span)
        if (matching.fill_left, matching.fill_right) != (None, None):
            message = "filling in missing series not allowed for set operators"
            raise self._error(message, expr.span)

    def _no_matching(self, expr: BinaryExpr, matching: VectorMatching) -> None:
        if matching.labels:
            message = "vector matching only allowed between instant vectors"
            raise self._error(message, expr.span)
        if (matching.fill_left, matching.fill_right) != (None, None):
            message = "filling in missing series only allowed between instant vectors"
            raise self._error(message, expr.span)
