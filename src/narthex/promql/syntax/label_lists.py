"""Lists of label names in parentheses: behind `by`, `without`, `on`, `ignoring`, `group_*`."""

from __future__ import annotations

from narthex.model.labels import is_valid_label_name
from narthex.promql.syntax.literals import string
from narthex.promql.syntax.quoting import go_quote
from narthex.promql.syntax.stream import TokenStream
from narthex.promql.syntax.tokens import Kind, may_name_label

_CONTEXT = "grouping opts"


def label_list(stream: TokenStream) -> tuple[str, ...]:
    """`(a, "b.c", sum)`: any word names a label, other names are quoted; a last comma is fine."""
    with stream.within(_CONTEXT, '"("'):
        stream.expect(Kind.PUNCTUATION, "(")
    if stream.take_if(Kind.PUNCTUATION, ")"):
        return ()
    names = [_label_name(stream)]
    while True:
        with stream.within(_CONTEXT, '"," or ")"'):
            separator = stream.expect(Kind.PUNCTUATION, ",", ")")
        if separator.word == ")" or stream.take_if(Kind.PUNCTUATION, ")"):
            return tuple(names)
        names.append(_label_name(stream))


def _label_name(stream: TokenStream) -> str:
    token = stream.peek()
    if token.kind is Kind.STRING:
        stream.take()
        name = string(token)
        if not is_valid_label_name(name):
            message = f"invalid label name for grouping: {go_quote(name)}"
            raise stream.error(message, token.span)
        return name
    if not may_name_label(token):
        with stream.within(_CONTEXT, "label"):
            raise stream.unexpected()
    return stream.take().text
