"""Function calls and aggregations: a name and arguments in parentheses."""

from __future__ import annotations

from collections.abc import Callable

from narthex.promql.position import Span
from narthex.promql.syntax.features import EXPERIMENTAL_FUNCTIONS
from narthex.promql.syntax.functions import FUNCTIONS
from narthex.promql.syntax.label_lists import label_list
from narthex.promql.syntax.nodes import Aggregation, Call, Expr
from narthex.promql.syntax.quoting import go_quote
from narthex.promql.syntax.stream import TokenStream
from narthex.promql.syntax.tokens import (
    AGGREGATORS_WITH_PARAMETER,
    EXPERIMENTAL_AGGREGATORS,
    Kind,
    Token,
    may_begin_expression,
)

ParseExpression = Callable[[TokenStream], Expr]


def call(stream: TokenStream, name: Token, expression: ParseExpression) -> Call:
    """`name(args)`, from the opening parenthesis on."""
    args = _arguments(stream, expression)
    function = FUNCTIONS.get(name.text)
    if function is None:
        message = f"unknown function with name {go_quote(name.text)}"
        raise stream.error(message, name.span)
    if function.experimental and EXPERIMENTAL_FUNCTIONS not in stream.features:
        raise stream.error(f"function {go_quote(name.text)} is not enabled", name.span)
    return Call(function.name, args, span=Span(name.span.start, stream.last_end))


def aggregation(stream: TokenStream, operator: Token, expression: ParseExpression) -> Aggregation:
    """`sum by (a) (expr)`, `sum(expr) by (a)` or `sum(expr)`, from behind the operator on."""
    with stream.within("aggregation"):
        modifier = stream.take_if(Kind.KEYWORD, "by", "without")
        grouping = label_list(stream) if modifier is not None else ()
        args = _arguments(stream, expression)
        if modifier is None:
            modifier = stream.take_if(Kind.KEYWORD, "by", "without")
            grouping = label_list(stream) if modifier is not None else ()
    span = Span(operator.span.start, stream.last_end)
    parameter = _checked_parameter(stream, operator, args, span)
    without = modifier is not None and modifier.word == "without"
    return Aggregation(operator.word, args[-1], parameter, grouping, without, span=span)


def _checked_parameter(
    stream: TokenStream, operator: Token, args: tuple[Expr, ...], span: Span
) -> Expr | None:
    """The parameter, of operators that take one; raises ParseError for a wrong count."""
    if not args:
        raise stream.error("no arguments for aggregate expression provided", span)
    experimental = operator.word in EXPERIMENTAL_AGGREGATORS
    if experimental and EXPERIMENTAL_FUNCTIONS not in stream.features:
        message = (
            f"{operator.word}() is experimental and must be enabled "
            "with --enable-feature=promql-experimental-functions"
        )
        raise stream.error(message, span)
    wanted = 2 if operator.word in AGGREGATORS_WITH_PARAMETER else 1
    if len(args) != wanted:
        message = (
            "wrong number of arguments for aggregate expression provided, "
            f"expected {wanted}, got {len(args)}"
        )
        raise stream.error(message, span)
    return args[0] if wanted == 2 else None


def _arguments(stream: TokenStream, expression: ParseExpression) -> tuple[Expr, ...]:
    opening = stream.expect(Kind.PUNCTUATION, "(")
    args: list[Expr] = []
    if stream.take_if(Kind.PUNCTUATION, ")"):
        return ()
    while True:
        with stream.nested(opening.span):
            args.append(expression(stream))
        separator = stream.expect(Kind.PUNCTUATION, ",", ")")
        if separator.word == ")":
            return tuple(args)
        if not may_begin_expression(stream.peek()):
            message = "trailing commas not allowed in function call args"
            raise stream.error(message, separator.span)
