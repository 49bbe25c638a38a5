"""A query text to a tree: precedence climbing over operators, a file for each other concern.

`parse` is the entrance. It takes any text and gives a checked tree or raises ParseError, in time
linear in the text. Trees are bounded in depth, so that whoever walks one may recurse.
"""

from __future__ import annotations

from dataclasses import replace

from narthex.model.matcher import Matcher
from narthex.promql.position import Span
from narthex.promql.syntax.calls import aggregation, call
from narthex.promql.syntax.check import check
from narthex.promql.syntax.depth import check_depth
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.features import FILL_MODIFIERS, NO_FEATURES
from narthex.promql.syntax.literals import NUMBERS, number, string
from narthex.promql.syntax.matching import modifiers
from narthex.promql.syntax.modifiers import modified
from narthex.promql.syntax.nodes import (
    BinaryExpr,
    Expr,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    UnaryExpr,
)
from narthex.promql.syntax.selectors import named_selector, vector_selector
from narthex.promql.syntax.stream import TokenStream
from narthex.promql.syntax.tokens import PRECEDENCE, UNARY_PRECEDENCE, Kind

__all__ = ["ParseError", "parse", "parse_metric_selector"]


def parse(text: str, features: frozenset[str] = NO_FEATURES) -> Expr:
    """The tree of a query, with types checked. Raises ParseError with Prometheus's texts.

    `features` switches on what is experimental; see `features`.
    """
    stream = TokenStream(text, features)
    if stream.peek().kind is Kind.END:
        raise stream.error("no expression found in input", Span(0, 0))
    tree = _expression(stream)
    if stream.peek().kind is not Kind.END:
        raise stream.unexpected()
    check_depth(tree, text)
    return check(tree, text)


def parse_metric_selector(text: str) -> tuple[Matcher, ...]:
    """The matchers of a selector alone, as `match[]` takes it. Raises ParseError."""
    stream = TokenStream(text, NO_FEATURES)
    selector = vector_selector(stream)
    if stream.peek().kind is not Kind.END:
        raise stream.unexpected()
    return selector.matchers


def _expression(stream: TokenStream) -> Expr:
    return _binary(stream, 1)


def _binary(stream: TokenStream, least: int) -> Expr:
    """Operands joined by operators of at least this precedence."""
    left = _operand(stream)
    while True:
        operator = stream.peek()
        precedence = PRECEDENCE.get(operator.word, 0) if operator.kind is Kind.OPERATOR else 0
        if precedence < max(least, 1):
            return left
        stream.take()
        modifier = modifiers(stream)
        # Only the power associates to the right: its right side may be another power.
        with stream.nested(operator.span):
            right = _binary(stream, precedence + (operator.word != "^"))
        span = Span(left.span.start, right.span.end)
        fills = (modifier.matching.fill_left, modifier.matching.fill_right)
        if fills != (None, None) and FILL_MODIFIERS not in stream.features:
            raise stream.error("binop fill modifiers are experimental and not enabled", span)
        left = BinaryExpr(
            operator.word, left, right, modifier.return_bool, modifier.matching, span=span
        )


def _operand(stream: TokenStream) -> Expr:
    """One operand with its sign and the modifiers behind it."""
    sign = stream.take_if(Kind.OPERATOR, "+", "-")
    if sign is None:
        return modified(stream, _primary(stream))
    with stream.nested(sign.span):
        operand = _binary(stream, UNARY_PRECEDENCE)
    span = Span(sign.span.start, operand.span.end)
    if isinstance(operand, NumberLiteral):
        value = -operand.value if sign.word == "-" else operand.value
        return replace(operand, value=value, span=span)
    return UnaryExpr(sign.word, operand, span=span)


def _primary(stream: TokenStream) -> Expr:
    token = stream.peek()
    if token.kind in NUMBERS:
        return number(stream)
    if token.kind is Kind.STRING:
        stream.take()
        return StringLiteral(string(token), span=token.span)
    if token.is_(Kind.PUNCTUATION, "("):
        return _parenthesised(stream)
    if token.kind in (Kind.IDENTIFIER, Kind.CONTEXT, Kind.AGGREGATOR):
        return _named(stream)
    return vector_selector(stream)


def _parenthesised(stream: TokenStream) -> ParenExpr:
    opening = stream.take()
    with stream.nested(opening.span):
        inner = _expression(stream)
    stream.expect(Kind.PUNCTUATION, ")")
    return ParenExpr(inner, span=Span(opening.span.start, stream.last_end))


def _named(stream: TokenStream) -> Expr:
    """A word that may begin a call or an aggregation, and names a metric where it does neither."""
    name = stream.take()
    follows = stream.peek()
    if name.kind is Kind.AGGREGATOR:
        if follows.is_(Kind.PUNCTUATION, "(") or follows.is_(Kind.KEYWORD, "by", "without"):
            return aggregation(stream, name, _expression)
    elif follows.is_(Kind.PUNCTUATION, "("):
        return call(stream, name, _expression)
    return named_selector(stream, name)
