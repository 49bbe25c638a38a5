"""What is wrong with a query text, and where: the only error that parsing one raises."""

from __future__ import annotations

from narthex.promql.position import Span, place


class ParseError(ValueError):
    """A text that is no query. `str` is `line:column: parse error: message`, as Prometheus's."""

    def __init__(self, message: str, span: Span, query: str) -> None:
        where = place(query, span.start) if query else "unknown position"
        super().__init__(f"{where}: parse error: {message}")
        self.message, self.span, self.query = message, span, query
