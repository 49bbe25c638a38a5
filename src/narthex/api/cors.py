"""Cross-origin headers as Prometheus sends them: only when a request names its origin.

`Vary` is sent always, so that no cache hands an answer without these headers to who needs them.
"""

from __future__ import annotations

from re2 import _Regexp

VARY = ("vary", "Origin")
ALLOWED = [
    ("access-control-allow-headers", "Accept, Authorization, Content-Type, Origin"),
    ("access-control-allow-methods", "GET, POST, OPTIONS"),
    ("access-control-expose-headers", "Date"),
]


def cors_headers(origin: str, allowed: _Regexp) -> list[tuple[str, str]]:
    """The headers for a request from `origin` (empty: none was named)."""
    if not origin:
        return [VARY]
    if allowed.pattern == "^(?s:.*)$":
        return [VARY, *ALLOWED, ("access-control-allow-origin", "*")]
    if allowed.match(origin):
        return [VARY, *ALLOWED, ("access-control-allow-origin", origin)]
    return [VARY]
