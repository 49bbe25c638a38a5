"""Selectors: a metric's name, conditions in braces."""

from __future__ import annotations

from narthex.model.labels import METRIC_NAME
from narthex.model.matcher import BadRegex, Matcher, MatchType
from narthex.promql.position import Span
from narthex.promql.syntax.literals import string
from narthex.promql.syntax.nodes import VectorSelector
from narthex.promql.syntax.stream import TokenStream
from narthex.promql.syntax.tokens import Kind, Token, may_name_metric

_CONTEXT = "label matching"
_OPERATORS = tuple(match.value for match in MatchType)


def vector_selector(stream: TokenStream) -> VectorSelector:
    """`name`, `name{..}` or `{..}`; raises ParseError when none of them comes next."""
    if may_name_metric(stream.peek()):
        return named_selector(stream, stream.take())
    return _braces(stream, None)


def named_selector(stream: TokenStream, name: Token) -> VectorSelector:
    """`name` or `name{..}`, from behind the name on."""
    if stream.peek().is_(Kind.PUNCTUATION, "{"):
        return _braces(stream, name)
    return VectorSelector(name.text, (_name_matcher(name.text),), span=name.span)


def _braces(stream: TokenStream, name: Token | None) -> VectorSelector:
    opening = stream.expect(Kind.PUNCTUATION, "{")
    found: list[Matcher] = []
    while not stream.take_if(Kind.PUNCTUATION, "}"):
        found.append(_matcher(stream))
        with stream.within(_CONTEXT, '"," or "}"'):
            if stream.expect(Kind.PUNCTUATION, ",", "}").word == "}":
                break
    if name is not None:
        found.append(_name_matcher(name.text))
    start = opening.span.start if name is None else name.span.start
    text = "" if name is None else name.text
    return VectorSelector(text, tuple(found), span=Span(start, stream.last_end))


def _matcher(stream: TokenStream) -> Matcher:
    """`name op "value"`; a quoted text alone is a metric's name."""
    token = stream.peek()
    if token.kind not in (Kind.IDENTIFIER, Kind.STRING):
        with stream.within(_CONTEXT, 'identifier or "}"'):
            raise stream.unexpected()
    stream.take()
    operator = stream.take() if stream.peek().text in _OPERATORS else None
    if token.kind is Kind.STRING and operator is None:
        return _name_matcher(string(token))
    if operator is None:
        with stream.within(_CONTEXT, "label matching operator"):
            raise stream.unexpected()
    with stream.within(_CONTEXT, "string"):
        value = stream.expect(Kind.STRING)
    name = string(token) if token.kind is Kind.STRING else token.text
    try:
        return Matcher(MatchType(operator.word), name, string(value))
    except BadRegex as error:
        span = Span(token.span.start, value.span.end)
        raise stream.error(str(error), span) from error


def _name_matcher(name: str) -> Matcher:
    return Matcher.equal(METRIC_NAME, name)
