"""Where in the query text something stands: the lowest word of this room."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of the query text."""

    start: int
    end: int


NOWHERE = Span(0, 0)


def place(query: str, offset: int) -> str:
    """`line:column` of a character, both from 1; columns count bytes of UTF-8, as Prometheus's."""
    before = query[:offset]
    line_start = before.rfind("\n") + 1
    column = len(before[line_start:].encode("utf-8", "surrogatepass")) + 1
    return f"{before.count(chr(10)) + 1}:{column}"
