"""Number, duration and string tokens to their values."""

from __future__ import annotations

from narthex.promql.syntax.nodes import NumberLiteral
from narthex.promql.syntax.numbers import (
    DURATION_SECONDS_MAX,
    BadNumber,
    parse_duration_seconds,
    parse_number,
)
from narthex.promql.syntax.quoting import unquote
from narthex.promql.syntax.stream import TokenStream
from narthex.promql.syntax.tokens import Kind, Token

NUMBERS = (Kind.NUMBER, Kind.DURATION)


def number(stream: TokenStream) -> NumberLiteral:
    """The number or duration that comes next; a duration is its seconds."""
    token = stream.take()
    assert token.kind in NUMBERS
    try:
        if token.kind is Kind.DURATION:
            seconds = parse_duration_seconds(token.text)
            return NumberLiteral(seconds, duration=True, span=token.span)
        return NumberLiteral(parse_number(token.text), span=token.span)
    except BadNumber as error:
        is_number = token.kind is Kind.NUMBER
        message = f"error parsing number: {error}" if is_number else str(error)
        raise stream.error(message, token.span) from error


def string(token: Token) -> str:
    """What a string token stands for; the lexer has checked its escapes."""
    return unquote(token.text)


def seconds_to_ms(seconds: float) -> int:
    """Whole milliseconds of a duration; what is below one is cut, as Prometheus does."""
    nanoseconds = round(seconds * 1e9)
    whole = abs(nanoseconds) // 1_000_000
    return -whole if nanoseconds < 0 else whole


def is_duration_out_of_range(seconds: float) -> bool:
    """Whether int64 nanoseconds cannot hold it."""
    return not -DURATION_SECONDS_MAX <= seconds <= DURATION_SECONDS_MAX
