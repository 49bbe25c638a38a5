"""What follows a selector or a subquery: `[5m]`, `[1h:1m]`, `offset`, `@`, `anchored`."""

from __future__ import annotations

import math
from dataclasses import replace

from narthex.model.value import format_float_plain
from narthex.promql.position import Span
from narthex.promql.syntax.durations import EXPECTED, offset_duration, positive_duration
from narthex.promql.syntax.features import EXTENDED_RANGE_SELECTORS
from narthex.promql.syntax.literals import NUMBERS, number, seconds_to_ms
from narthex.promql.syntax.nodes import (
    AtEdge,
    DurationExpr,
    DurationOperand,
    Expr,
    Extension,
    MatrixSelector,
    NumberLiteral,
    Subquery,
    TimeShift,
    VectorSelector,
)
from narthex.promql.syntax.stream import TokenStream
from narthex.promql.syntax.tokens import EXTENSIONS, Kind

_MAX_INT64 = 2.0**63
_PRECEDED = "must be preceded by an instant vector selector or range vector selector or a subquery"


def modified(stream: TokenStream, expr: Expr) -> Expr:
    """`expr` with all the modifiers that come next."""
    while True:
        token = stream.peek()
        if token.is_(Kind.PUNCTUATION, "["):
            expr = _ranged(stream, expr)
        elif token.is_(Kind.KEYWORD, "offset"):
            expr = _offset(stream, expr)
        elif token.is_(Kind.OPERATOR, "@"):
            expr = _pinned(stream, expr)
        elif token.is_(Kind.KEYWORD, *EXTENSIONS):
            expr = _extended(stream, expr)
        else:
            return expr


def _ranged(stream: TokenStream, expr: Expr) -> Expr:
    opening = stream.take()
    with stream.within("subquery or range selector", EXPECTED):
        length = positive_duration(stream)
    with stream.within("subquery or range", '":" or "]"'):
        closing = stream.expect(Kind.PUNCTUATION, ":", "]")
    if closing.word == ":":
        return _subquery(stream, expr, length)
    fault = _range_fault(expr)
    if fault:
        raise stream.error(fault, Span(opening.span.start, closing.span.end))
    assert isinstance(expr, VectorSelector)
    range_ms, range_expr = _settled(length)
    span = Span(expr.span.start, closing.span.end)
    return MatrixSelector(expr, range_ms, range_expr, span=span)


def _range_fault(expr: Expr) -> str:
    if not isinstance(expr, VectorSelector):
        return "ranges only allowed for vector selectors"
    if expr.shift.offset_ms or expr.shift.offset_expr is not None:
        return "no offset modifiers allowed before range"
    if expr.shift.at is not None:
        return "no @ modifiers allowed before range"
    return ""


def _subquery(stream: TokenStream, expr: Expr, length: DurationOperand) -> Subquery:
    step_ms, step_expr = 0, None
    if not stream.take_if(Kind.PUNCTUATION, "]"):
        with stream.within("subquery selector", f'{EXPECTED.replace(" or", "")}, or "]"'):
            step_ms, step_expr = _settled(positive_duration(stream))
        with stream.within("subquery selector", '"]"'):
            stream.expect(Kind.PUNCTUATION, "]")
    range_ms, range_expr = _settled(length)
    span = Span(expr.span.start, stream.last_end)
    return Subquery(expr, range_ms, step_ms, TimeShift(), range_expr, step_expr, span=span)


def _settled(duration: DurationOperand) -> tuple[int, DurationExpr | None]:
    """Milliseconds of a literal; 0 and the expression of anything else."""
    if isinstance(duration, NumberLiteral):
        return seconds_to_ms(duration.value), None
    return 0, duration


def _offset(stream: TokenStream, expr: Expr) -> Expr:
    stream.take()
    with stream.within("offset", EXPECTED):
        offset_ms, offset_expr = _settled(offset_duration(stream))
    shift = _shift_of(expr)
    if shift is None:
        raise stream.error(f"offset modifier {_PRECEDED}", expr.span)
    if shift.offset_ms or shift.offset_expr is not None:
        raise stream.error("offset may not be set multiple times", expr.span)
    return _shifted(stream, expr, replace(shift, offset_ms=offset_ms, offset_expr=offset_expr))


def _pinned(stream: TokenStream, expr: Expr) -> Expr:
    stream.take()
    with stream.within("@", "timestamp"):
        edge = stream.take_if(Kind.CONTEXT, "start", "end")
        if edge is not None:
            stream.expect(Kind.PUNCTUATION, "(")
            stream.expect(Kind.PUNCTUATION, ")")
            at: int | AtEdge = AtEdge(edge.word)
        else:
            at = _moment(stream, expr)
    shift = _shift_of(expr)
    if shift is None:
        raise stream.error(f"@ modifier {_PRECEDED}", expr.span)
    if shift.at is not None:
        raise stream.error("@ <timestamp> may not be set multiple times", expr.span)
    return _shifted(stream, expr, replace(shift, at=at))


def _moment(stream: TokenStream, expr: Expr) -> int:
    sign = stream.take_if(Kind.OPERATOR, "+", "-")
    if stream.peek().kind not in NUMBERS:
        raise stream.unexpected()
    seconds = number(stream).value
    if sign is not None and sign.word == "-":
        seconds = -seconds
    if not -_MAX_INT64 < seconds < _MAX_INT64:
        shown = f"{seconds:.6f}" if math.isfinite(seconds) else format_float_plain(seconds)
        raise stream.error(f"timestamp out of bounds for @ modifier: {shown}", expr.span)
    # Go rounds halves away from zero.
    return int(math.copysign(math.floor(abs(seconds) * 1000 + 0.5), seconds))


def _shift_of(expr: Expr) -> TimeShift | None:
    """The shift of what can have one, None of what cannot."""
    if isinstance(expr, MatrixSelector):
        return expr.selector.shift
    return expr.shift if isinstance(expr, (VectorSelector, Subquery)) else None


def _shifted(stream: TokenStream, expr: Expr, shift: TimeShift) -> Expr:
    span = Span(expr.span.start, stream.last_end)
    if isinstance(expr, MatrixSelector):
        return replace(expr, selector=replace(expr.selector, shift=shift), span=span)
    assert isinstance(expr, (VectorSelector, Subquery))
    return replace(expr, shift=shift, span=span)


def _extended(stream: TokenStream, expr: Expr) -> Expr:
    word = stream.take().word
    if EXTENDED_RANGE_SELECTORS not in stream.features:
        message = f"{word} modifier is experimental and not enabled"
        raise stream.error(message, expr.span)
    if isinstance(expr, Subquery):
        raise stream.error(f"{word} modifier is not supported for subqueries", expr.span)
    if not isinstance(expr, (VectorSelector, MatrixSelector)):
        raise stream.error(f"{word} modifier not implemented", expr.span)
    selector = expr.selector if isinstance(expr, MatrixSelector) else expr
    extension = Extension(word)
    if selector.extension not in (None, extension):
        message = "anchored and smoothed modifiers cannot be used together"
        raise stream.error(message, expr.span)
    extended = replace(selector, extension=extension)
    return replace(expr, selector=extended) if isinstance(expr, MatrixSelector) else extended
