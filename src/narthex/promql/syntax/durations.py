"""Durations in `[]` and behind `offset`: literals, and arithmetic on them.

In brackets the whole of it is arithmetic; behind `offset` only one operand is, so that
`foo offset -2^2` is `(foo offset -2)^2` and arithmetic there needs parentheses.
"""

from __future__ import annotations

from dataclasses import replace

from narthex.promql.position import Span
from narthex.promql.syntax.literals import NUMBERS, is_duration_out_of_range, number
from narthex.promql.syntax.nodes import DurationExpr, DurationOperand, NumberLiteral
from narthex.promql.syntax.stream import TokenStream
from narthex.promql.syntax.tokens import PRECEDENCE, UNARY_PRECEDENCE, Kind, Token

EXPECTED = "number, duration, step(), or range()"
_ARITHMETIC = ("+", "-", "*", "/", "%", "^")
_ZERO_FAULTS = {"/": "division by zero", "%": "modulo by zero"}


def positive_duration(stream: TokenStream) -> DurationOperand:
    """A range or step: arithmetic, above zero when it is a plain literal."""
    parsed = _arithmetic(stream, 1)
    if isinstance(parsed, NumberLiteral) and parsed.value <= 0:
        raise stream.error("duration must be greater than 0", parsed.span)
    return parsed


def offset_duration(stream: TokenStream) -> DurationOperand:
    """What `offset` takes: one operand, which may have a sign."""
    sign = stream.take_if(Kind.OPERATOR, "+", "-")
    return _operand(stream) if sign is None else _signed(sign, _operand(stream))


def _arithmetic(stream: TokenStream, least: int) -> DurationOperand:
    sign = stream.take_if(Kind.OPERATOR, "+", "-")
    if sign is None:
        left = _operand(stream)
    else:
        with stream.nested(sign.span):
            left = _signed(sign, _arithmetic(stream, UNARY_PRECEDENCE))
    while True:
        operator = stream.peek()
        if not operator.is_(Kind.OPERATOR, *_ARITHMETIC) or PRECEDENCE[operator.word] < least:
            return left
        stream.take()
        tighter = PRECEDENCE[operator.word] + (operator.word != "^")
        with stream.nested(operator.span):
            right = _arithmetic(stream, tighter)
        if isinstance(right, NumberLiteral) and right.value == 0 and operator.word in _ZERO_FAULTS:
            raise stream.error(_ZERO_FAULTS[operator.word], operator.span)
        span = Span(left.span.start, right.span.end)
        left = DurationExpr(operator.word, left, right, span=span)


def _operand(stream: TokenStream) -> DurationOperand:
    token = stream.peek()
    if token.kind in NUMBERS:
        literal = number(stream)
        if is_duration_out_of_range(literal.value):
            raise stream.error("duration out of range", literal.span)
        return literal
    if token.is_(Kind.CONTEXT, "step", "range"):
        stream.take()
        stream.expect(Kind.PUNCTUATION, "(")
        stream.expect(Kind.PUNCTUATION, ")")
        return DurationExpr(token.word, span=Span(token.span.start, stream.last_end))
    if token.is_(Kind.CONTEXT, "min_of", "max_of"):
        return _choice(stream, stream.take())
    return _parenthesised(stream)


def _choice(stream: TokenStream, name: Token) -> DurationExpr:
    stream.expect(Kind.PUNCTUATION, "(")
    with stream.nested(name.span):
        left = _arithmetic(stream, 1)
        stream.expect(Kind.PUNCTUATION, ",")
        right = _arithmetic(stream, 1)
    stream.expect(Kind.PUNCTUATION, ")")
    return DurationExpr(name.word, left, right, span=Span(name.span.start, stream.last_end))


def _parenthesised(stream: TokenStream) -> DurationOperand:
    start = stream.expect(Kind.PUNCTUATION, "(").span
    with stream.nested(start):
        inner = _arithmetic(stream, 1)
    stream.expect(Kind.PUNCTUATION, ")")
    # A literal has no parentheses of its own: it stands under a plus sign that has.
    if isinstance(inner, NumberLiteral):
        span = Span(start.start, stream.last_end)
        return DurationExpr("+", None, inner, parenthesised=True, span=span)
    return replace(inner, parenthesised=True)


def _signed(sign: Token, operand: DurationOperand) -> DurationOperand:
    span = Span(sign.span.start, operand.span.end)
    if isinstance(operand, NumberLiteral):
        value = -operand.value if sign.word == "-" else operand.value
        return replace(operand, value=value, span=span)
    return DurationExpr("-", None, operand, span=span) if sign.word == "-" else operand
