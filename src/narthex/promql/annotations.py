"""Doubts about an answer that travel beside it: warnings and infos, placed in the query text."""

from __future__ import annotations

from dataclasses import dataclass, field

from narthex.promql.position import Span, place

SHOWN_MAX = 10
"""More of a kind than this are counted, not shown, as Prometheus does."""


@dataclass(frozen=True, slots=True, order=True)
class Annotation:
    """One doubt, without the prefix and position that `rendered` adds."""

    message: str
    start: int
    end: int


@dataclass(slots=True)
class Annotations:
    """What was noticed during one query; the same doubt at the same place counts once."""

    warnings: dict[Annotation, None] = field(default_factory=dict)
    infos: dict[Annotation, None] = field(default_factory=dict)

    def warn(self, message: str, at: Span) -> None:
        """The answer may not be what was meant."""
        self.warnings[Annotation(message, at.start, at.end)] = None

    def info(self, message: str, at: Span) -> None:
        """Something a careful reader wants to know."""
        self.infos[Annotation(message, at.start, at.end)] = None

    def rendered_warnings(self, query: str, limit: int = SHOWN_MAX) -> list[str]:
        """`PromQL warning: ... (line:column)`, at most `limit` (0: all) and a line for the rest."""
        return _render("PromQL warning: ", "warning", self.warnings, query, limit)

    def rendered_infos(self, query: str, limit: int = SHOWN_MAX) -> list[str]:
        """`PromQL info: ... (line:column)`, at most `limit` (0: all) and a line for the rest."""
        return _render("PromQL info: ", "info", self.infos, query, limit)


def _render(
    prefix: str, kind: str, found: dict[Annotation, None], query: str, limit: int
) -> list[str]:
    shown = list(found) if limit == 0 else list(found)[:limit]
    lines = [f"{prefix}{a.message} ({place(query, a.start)})" for a in shown]
    omitted = len(found) - len(shown)
    if omitted:
        lines.append(f"{omitted} more {kind} annotations omitted")
    return lines
