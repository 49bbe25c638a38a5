"""Prometheus sizes: `10MB` to bytes and back, always powers of 1024."""

from __future__ import annotations

import re

UNITS_BYTES = {
    unit: 1024**power for power, unit in enumerate(("B", "KB", "MB", "GB", "TB", "PB", "EB"))
}
MAX_BYTES = 2**63 - 1

PATTERN = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([KMGTPE]?)(i?)B", re.ASCII)


class BadSize(ValueError):
    """Text that is no size, or one out of range."""


def parse_size_bytes(text: str) -> int:
    """Bytes of `text`: numbers with units, added up (`1GB512MB`); the unit may be left out of `0`.

    `KB` and `KiB` both mean 1024 bytes, as in Prometheus. Raises BadSize.
    """
    if text == "0":
        return 0
    total, position = 0, 0
    while match := PATTERN.match(text, position):
        number, prefix, _ = match.groups()
        unit = UNITS_BYTES[f"{prefix}B"]
        total += int(number) * unit if number.isdigit() else int(float(number) * unit)
        position = match.end()
    if not text or position != len(text):
        raise BadSize(f'not a valid size: "{text}" (a number and one of B, KB, MB, GB, TB, PB, EB)')
    if total > MAX_BYTES:
        raise BadSize(f'size out of range: "{text}"')
    return total


def format_size_bytes(size_bytes: int) -> str:
    """The spelling that Prometheus prints: `10MiB`, `1GiB512MiB`; `0B` for nothing."""
    rest, text = size_bytes, ""
    for unit, bytes_each in reversed(UNITS_BYTES.items()):
        count, rest = divmod(rest, bytes_each)
        if count:
            text += f"{count}{unit[0]}iB" if len(unit) > 1 else f"{count}B"
    return text or "0B"
