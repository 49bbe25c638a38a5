"""Native histograms without the observations above or below a value.

A bucket that the value cuts is split by interpolation; one without a bound on the far side cannot
be, and is kept or dropped as a whole. What was cut has a new sum, estimated from the middles of
the buckets that are left.
"""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.histogram_bounds import CUSTOM_SCHEMA
from narthex.promql.kernels.histogram_edges import (
    COUNT,
    COUNTS,
    HIGHS,
    LOWS,
    SUM,
    ZERO_BUCKET,
    ZERO_COUNT,
    ascending,
    room_for_buckets,
)
from narthex.promql.kernels.histogram_quantile import fraction_below
from narthex.promql.kernels.sums import compensated_add


@kernel("float64(boolean, float64, float64)")
def estimate(linear, low, high):
    """The mean of a bucket's observations: its middle, or the bound it has."""
    if math.isinf(low):
        return high
    if math.isinf(high):
        return low
    if linear:
        return (low + high) / 2
    return math.copysign(math.sqrt(low * high), high)


@kernel("Tuple((float64, float64, boolean))(boolean, boolean, float64, float64, float64)")
def kept_part(custom, below, low, high, value):
    """How much of a bucket is on the wanted side of `value`, its mean, and whether it was cut."""
    endless = custom and math.isinf(low)
    if endless and high > 0 and not math.isinf(high) and value >= 0:
        low = 0.0
        endless = False
    linear = custom or (low <= 0 and high >= 0)
    if (high <= value) if below else (low >= value):
        return 1.0, estimate(linear, low, high), False
    if math.isnan(value) or ((low >= value) if below else (high <= value)):
        return 0.0, 0.0, True
    if endless or math.isinf(high):
        whole = high <= 0 if below else not math.isinf(low)
        return 1.0 if whole else 0.0, value, True
    part = fraction_below(linear, low, high, value)
    if below:
        return part, estimate(linear, low, value), True
    return 1.0 - part, estimate(linear, value, high), True


@kernel(
    "void(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int32[::1],"
    " const int64[::1], const float64[::1], const float64[::1],"
    " boolean, float64[:, ::1], float64[::1])"
)
def native_trimmed(
    schemas,
    fields,
    layouts,
    bucket_starts,
    buckets,
    layout_starts,
    positives,
    indices,
    bound_starts,
    bounds,
    values,
    below,
    out_fields,
    out_buckets,
):
    """Keep of histogram i what is at most (`below`) or at least `values[i]`.

    `out_fields` and `out_buckets` begin as copies of `fields` and `buckets`. A histogram that loses
    nothing keeps its count and sum.
    """
    widest = room_for_buckets(layout_starts)
    edges = np.empty((5, widest))
    places = np.empty(widest, np.int64)
    held = np.array([0, -1])
    for i in range(schemas.size):
        found = ascending(
            schemas,
            fields,
            layouts,
            bucket_starts,
            buckets,
            layout_starts,
            positives,
            indices,
            bound_starts,
            bounds,
            i,
            edges,
            places,
            held,
        )
        custom = schemas[i] == CUSTOM_SCHEMA
        value = values[i]
        if math.isinf(value) and (value > 0) == below:
            continue
        count = 0.0
        total = 0.0
        lost = 0.0
        cut = False
        for k in range(found):
            inside = edges[COUNTS, k]
            part, mean, split = kept_part(custom, below, edges[LOWS, k], edges[HIGHS, k], value)
            cut = cut or split
            kept = inside * part
            count += kept
            if kept != 0:
                total, lost = compensated_add(kept * mean, total, lost)
            if places[k] == ZERO_BUCKET:
                out_fields[ZERO_COUNT, i] = kept
            else:
                out_buckets[bucket_starts[i] + places[k]] = kept
        if cut:
            out_fields[COUNT, i] = count
            out_fields[SUM, i] = total + lost
