"""Sample values and times as text and bits: the stale marker, Prometheus's spelling of floats.

The stale marker is a NaN with a payload of its own. It exists in storage and on the wire only and
is always compared as bits: payloads do not survive arithmetic.
"""

from __future__ import annotations

import math
import struct
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

STALE_NAN_BITS = 0x7FF0000000000002
"""The bits of the marker that ends a series until its next sample (Prometheus `value.StaleNaN`)."""

NORMAL_NAN_BITS = 0x7FF8000000000001
"""The bits of every other NaN that is stored (Prometheus `value.NormalNaN`)."""

STALE_NAN: float = struct.unpack("<d", struct.pack("<Q", STALE_NAN_BITS))[0]

MIN_TIME_MS = -(2**63) // 1000 * 1000
MAX_TIME_MS = (2**63 - 1) // 1000 * 1000


def is_stale(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of `values` are stale markers."""
    marks: NDArray[np.bool_] = values.view(np.uint64) == np.uint64(STALE_NAN_BITS)
    return marks


def format_float(value: float) -> str:
    """Shortest text that reads back as `value`, in Prometheus's spelling of samples.

    Exponents appear below 1e-6 and from 1e21, as Go's JSON encoding writes them there.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = np.format_float_scientific(value, trim="-").partition("e")
        return f"{mantissa}e{exponent}"
    return np.format_float_positional(value, trim="-")


def format_float_plain(value: float) -> str:
    """Shortest text without any exponent (scalars, `count_values`: Go's `%f` with precision -1)."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return np.format_float_positional(value, trim="-")


def format_float_general(value: float) -> str:
    """Shortest text, with an exponent below 1e-4 and from 1e6 on (Go's `%g`)."""
    if not math.isfinite(value) or value == 0 or 1e-4 <= abs(value) < 1e6:
        return format_float_plain(value)
    return np.format_float_scientific(value, trim="-", exp_digits=2)


def format_time_s(time_ms: int) -> str:
    """Unix seconds as the API writes them: whole, or with three decimals."""
    seconds, rest = divmod(abs(time_ms), 1000)
    sign = "-" if time_ms < 0 else ""
    return f"{sign}{seconds}.{rest:03d}" if rest else f"{sign}{seconds}"


def format_rfc3339_ms(time_ms: int) -> str:
    """A moment as `2026-01-02T03:04:05.678Z`."""
    moment = datetime.fromtimestamp(time_ms / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
