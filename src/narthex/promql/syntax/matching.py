"""What may stand between a binary operator and its right side: how the two sides are matched."""

from __future__ import annotations

from dataclasses import dataclass

from narthex.promql.syntax.label_lists import label_list
from narthex.promql.syntax.literals import NUMBERS, number
from narthex.promql.syntax.nodes import MatchCardinality, VectorMatching
from narthex.promql.syntax.stream import TokenStream
from narthex.promql.syntax.tokens import Kind


@dataclass(frozen=True, slots=True)
class Modifiers:
    """`bool`, and the matching that is meant when both sides turn out to be vectors."""

    return_bool: bool
    matching: VectorMatching


def modifiers(stream: TokenStream) -> Modifiers:
    """`[bool] [on|ignoring (..) [group_left|group_right [(..)]]] [fill..(..)]`, in that order."""
    return_bool = stream.take_if(Kind.KEYWORD, "bool") is not None
    cardinality = MatchCardinality.ONE_TO_ONE
    labels: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    chosen = stream.take_if(Kind.KEYWORD, "on", "ignoring")
    if chosen is not None:
        labels = label_list(stream)
        cardinality, include = _group(stream)
    fill_left, fill_right = _fill(stream)
    matching = VectorMatching(
        cardinality,
        chosen is not None and chosen.word == "on",
        labels,
        include,
        fill_left,
        fill_right,
    )
    return Modifiers(return_bool, matching)


def _group(stream: TokenStream) -> tuple[MatchCardinality, tuple[str, ...]]:
    """A parenthesis behind `group_left` is always its list, never the right side."""
    group = stream.take_if(Kind.KEYWORD, "group_left", "group_right")
    if group is None:
        return MatchCardinality.ONE_TO_ONE, ()
    left = group.word == "group_left"
    cardinality = MatchCardinality.MANY_TO_ONE if left else MatchCardinality.ONE_TO_MANY
    has_list = stream.peek().is_(Kind.PUNCTUATION, "(")
    return cardinality, label_list(stream) if has_list else ()


def _fill(stream: TokenStream) -> tuple[float | None, float | None]:
    """The values of a missing left and right side: one for both, or one for each, in any order."""
    if stream.take_if(Kind.KEYWORD, "fill"):
        value = _fill_value(stream)
        return value, value
    values: dict[str, float] = {}
    while stream.peek().is_(Kind.KEYWORD, "fill_left", "fill_right"):
        if stream.peek().word in values:
            break
        side = stream.take().word
        values[side] = _fill_value(stream)
    return values.get("fill_left"), values.get("fill_right")


def _fill_value(stream: TokenStream) -> float:
    stream.expect(Kind.PUNCTUATION, "(")
    sign = stream.take_if(Kind.OPERATOR, "+", "-")
    if stream.peek().kind not in NUMBERS:
        raise stream.unexpected()
    value = number(stream).value
    stream.expect(Kind.PUNCTUATION, ")")
    return -value if sign is not None and sign.word == "-" else value
