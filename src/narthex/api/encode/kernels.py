"""Samples to JSON bytes: `[time,"value"]` without an object per point."""

from __future__ import annotations

from narthex.jit import kernel
from narthex.model.kernels.float_text import put_float, put_time_s
from narthex.model.kernels.histogram_bounds import CUSTOM_SCHEMA, lower_bound, upper_bound

POINT_BYTES_MAX = 56
"""Room for one point: a time (24), a float with an exponent (25), punctuation (6)."""

HISTOGRAM_BYTES_MAX = 128
"""Room for a histogram with its time, without buckets."""

BUCKET_BYTES_MAX = 96
"""Room for a bucket: three floats and punctuation."""

LEFT_OPEN, RIGHT_OPEN, BOTH_CLOSED = 0, 1, 3
"""Which bounds belong to a bucket."""


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


@kernel("int64(uint8[::1], int64, float64)")
def put_quoted(out, at, value):
    """`"1.5"`"""
    out[at] = 34
    at = put_float(out, at + 1, value, True)
    out[at] = 34
    return at + 1


@kernel("int64(uint8[::1], int64, boolean, int64, float64, float64, float64)")
def put_bucket(out, at, is_first, rule, low, high, count):
    """`[0,"1","2","3"]` in a list, which the first of them begins: `,"buckets":[`."""
    if is_first:
        for byte in b',"buckets":[':
            out[at] = byte
            at += 1
    else:
        out[at] = 44
        at += 1
    out[at] = 91
    out[at + 1] = 48 + rule
    out[at + 2] = 44
    at = put_quoted(out, at + 3, low)
    out[at] = 44
    at = put_quoted(out, at + 1, high)
    out[at] = 44
    at = put_quoted(out, at + 1, count)
    out[at] = 93
    return at + 1


@kernel(
    "int64(uint8[::1], int64, int64, float64, float64, const float64[::1], int64,"
    " const int32[::1], const float64[::1])"
)
def put_buckets(out, at, schema, zero_threshold, zero_count, counts, positives, indices, bounds):
    """The list of all buckets that are not empty, from the lowest; nothing when none is.

    The first `positives` of `indices` are positive buckets ascending, then negative ones.
    """
    start = at
    for b in range(indices.size - 1, positives - 1, -1):
        if counts[b] != 0:
            low = -upper_bound(schema, bounds, 0, bounds.size, indices[b])
            high = -lower_bound(schema, bounds, 0, indices[b])
            at = put_bucket(out, at, at == start, RIGHT_OPEN, low, high, counts[b])
    if zero_count != 0:
        at = put_bucket(
            out, at, at == start, BOTH_CLOSED, -zero_threshold, zero_threshold, zero_count
        )
    for b in range(positives):
        if counts[b] != 0:
            low = lower_bound(schema, bounds, 0, indices[b])
            high = upper_bound(schema, bounds, 0, bounds.size, indices[b])
            whole = schema == CUSTOM_SCHEMA and indices[b] == 0
            rule = BOTH_CLOSED if whole else LEFT_OPEN
            at = put_bucket(out, at, at == start, rule, low, high, counts[b])
    if at > start:
        out[at] = 93
        at += 1
    return at


@kernel(
    "void(uint8[::1], int64[::1], const int64[::1], const int8[::1], const float64[:, ::1],"
    " const int32[::1], const int64[::1], const float64[::1], const int64[::1],"
    " const int32[::1], const int32[::1], const int64[::1], const float64[::1])"
)
def put_histograms(
    out,
    ends,
    times_ms,
    schemas,
    fields,
    layouts,
    starts,
    buckets,
    layout_starts,
    positives,
    indices,
    bound_starts,
    bounds,
):
    """`[t,{"count":"3","sum":"4.5","buckets":[...]}]` of each histogram; `ends[i]` its end.

    `fields` float64[4, h]: zero threshold, zero count, count, sum; the rest as in `Histograms`.
    """
    at = 0
    for i in range(schemas.size):
        layout = layouts[i]
        out[at] = 91
        at = put_time_s(out, at + 1, times_ms[i])
        for byte in b',{"count":':
            out[at] = byte
            at += 1
        at = put_quoted(out, at, fields[2, i])
        for byte in b',"sum":':
            out[at] = byte
            at += 1
        at = put_quoted(out, at, fields[3, i])
        at = put_buckets(
            out,
            at,
            schemas[i],
            fields[0, i],
            fields[1, i],
            buckets[starts[i] : starts[i + 1]],
            positives[layout],
            indices[layout_starts[layout] : layout_starts[layout + 1]],
            bounds[bound_starts[layout] : bound_starts[layout + 1]],
        )
        out[at] = 125
        out[at + 1] = 93
        at += 2
        ends[i] = at
