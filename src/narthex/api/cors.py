"""Cross-origin headers as Prometheus sends them: only when a request names its origin."""

from __future__ import annotations

from re2 import _Regexp

ALLOWED = [
    ("access-control-allow-headers", "Accept, Authorization, Content-Type, Origin"),
    ("access-control-allow-methods", "GET, POST, OPTIONS"),
    ("access-control-expose-headers", "Date"),
    ("vary", "Origin"),
]


def cors_headers(origin: str, allowed: _Regexp) -> list[tuple[str, str]]:
    """The headers for a request from `origin` (empty: none was named)."""
    if not origin:
        return []
    if allowed.pattern == "^(?s:.*)$":
        return [*ALLOWED, ("access-control-allow-origin", "*")]
    if allowed.match(origin):
        return [*ALLOWED, ("access-control-allow-origin", origin)]
    return []
