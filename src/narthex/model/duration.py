"""Prometheus durations: `1h30m` to milliseconds and back."""

from __future__ import annotations

import re

UNITS_MS = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
MAX_MS = (2**63 - 1) // 1_000_000
"""Prometheus holds durations as int64 nanoseconds; longer ones are refused."""

PATTERN = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?"
)


class BadDuration(ValueError):
    """Text that is no duration, or one out of range."""


def parse_duration_ms(text: str) -> int:
    """Milliseconds of `text`: units descending from years, each at most once; a bare `0` is fine.

    Raises BadDuration.
    """
    if text == "0":
        return 0
    match = PATTERN.fullmatch(text)
    if not text or match is None:
        raise BadDuration(f'not a valid duration string: "{text}"')
    parts = zip(match.groups(), UNITS_MS.values(), strict=True)
    total = sum(int(count) * unit for count, unit in parts if count)
    if total > MAX_MS:
        raise BadDuration(f'duration out of range: "{text}"')
    return total


def format_duration_ms(duration_ms: int) -> str:
    """The shortest spelling that Prometheus prints: years, weeks and days only when exact."""
    if duration_ms == 0:
        return "0s"
    sign, rest, text = ("-" if duration_ms < 0 else ""), abs(duration_ms), ""
    for unit, size in UNITS_MS.items():
        exact_only = unit in ("y", "w", "d")
        if exact_only and rest % size:
            continue
        count, rest = divmod(rest, size)
        if count:
            text += f"{count}{unit}"
    return sign + text
