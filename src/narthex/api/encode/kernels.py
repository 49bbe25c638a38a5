"""Samples to JSON bytes: `[time,"value"]` without an object per point."""

from __future__ import annotations

from narthex.jit import kernel
from narthex.model.kernels.float_text import put_float, put_time_s

POINT_BYTES_MAX = 56
"""Room for one point: a time (24), a float with an exponent (25), punctuation (6)."""


@kernel("int64(uint8[::1], int64, int64, float64)")
def put_point(out, at, time_ms, value):
    """`[1435781451.781,"1.5"]`"""
    out[at] = 91
    at = put_time_s(out, at + 1, time_ms)
    out[at] = 44
    out[at + 1] = 34
    at = put_float(out, at + 2, value, True)
    out[at] = 34
    out[at + 1] = 93
    return at + 2


@kernel("int64(uint8[::1], const int64[::1], const float64[::1])")
def put_points(out, times_ms, values):
    """`[[t,"v"],...]` of one series; `out` has POINT_BYTES_MAX a point and two more."""
    out[0] = 91
    at = 1
    for i in range(values.size):
        if i:
            out[at] = 44
            at += 1
        at = put_point(out, at, times_ms[i], values[i])
    out[at] = 93
    return at + 1


@kernel(
    "int64(uint8[::1], const int64[::1], const int64[::1], const float64[::1], int64, int64,"
    " int64[::1])"
)
def put_series(out, starts, times_ms, values, first, last, ends):
    """Point lists of the series [first, last), one after the other.

    Series i holds the samples `starts[i]` to `starts[i + 1]`; `ends[i - first]` is where its text
    ends in `out`, which has room as `put_points` asks for each. Returns the end of all.
    """
    at = 0
    for i in range(first, last):
        begin, end = starts[i], starts[i + 1]
        at += put_points(out[at:], times_ms[begin:end], values[begin:end])
        ends[i - first] = at
    return at


@kernel("void(uint8[::1], int64[::1], const float64[::1], int64)")
def put_instant(out, ends, values, time_ms):
    """`[t,"v"]` of each value at one moment; `ends[i]` is where that of value i ends."""
    at = 0
    for i in range(values.size):
        at = put_point(out, at, time_ms, values[i])
        ends[i] = at


@kernel("int64(uint8[::1], float64)")
def put_scalar(out, value):
    """A scalar's value: never an exponent; `out` has 400 bytes."""
    return put_float(out, 0, value, False)
