"""`name{label="value"} points`: one line of a load, or of what is expected."""

from __future__ import annotations

from narthex.cli.tool.promql_test.errors import BadItem
from narthex.cli.tool.promql_test.points import Point, parse_points
from narthex.model.labels import METRIC_NAME, Labels
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.features import NO_FEATURES
from narthex.promql.syntax.literals import string
from narthex.promql.syntax.stream import TokenStream
from narthex.promql.syntax.tokens import Kind, may_name_metric

_CONTEXT = "label set"


def parse_series(line: str) -> tuple[Labels, list[Point]]:
    """The series and its points. Raises BadItem."""
    labels, end = parse_name(line)
    return labels, parse_points(line[end:])


def parse_name(line: str) -> tuple[Labels, int]:
    """The series that a line begins with, and where it ends. Raises BadItem."""
    stream = TokenStream(line, NO_FEATURES)
    pairs: dict[str, str] = {}
    try:
        if may_name_metric(stream.peek()):
            pairs[METRIC_NAME] = stream.take().text
        if line.startswith("{", stream.last_end) and not line.startswith("{{", stream.last_end):
            pairs |= _label_set(stream)
    except ParseError as error:
        raise BadItem(error.message) from error
    return Labels.of(pairs), stream.last_end


def _label_set(stream: TokenStream) -> dict[str, str]:
    """Labels in braces; a quoted text alone is the metric's name."""
    stream.expect(Kind.PUNCTUATION, "{")
    pairs: dict[str, str] = {}
    while not stream.take_if(Kind.PUNCTUATION, "}"):
        if stream.peek().kind not in (Kind.IDENTIFIER, Kind.STRING):
            with stream.within(_CONTEXT, 'identifier or "}"'):
                raise stream.unexpected()
        token = stream.take()
        quoted = token.kind is Kind.STRING
        name = string(token) if quoted else token.text
        if quoted and not stream.peek().is_(Kind.PUNCTUATION, "="):
            pairs[METRIC_NAME] = name
        else:
            with stream.within(_CONTEXT, '"="'):
                stream.expect(Kind.PUNCTUATION, "=")
            with stream.within(_CONTEXT, "string"):
                pairs[name] = string(stream.expect(Kind.STRING))
        with stream.within(_CONTEXT, '"," or "}"'):
            if stream.expect(Kind.PUNCTUATION, ",", "}").word == "}":
                break
    return pairs
