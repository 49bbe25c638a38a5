"""How observations of native histograms are spread: their variance.

A bucket's observations are taken to be at its middle, the geometric mean of its bounds for an
exponential one, and at zero for the zero bucket.
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
    ascending,
    room_for_buckets,
)
from narthex.promql.kernels.sums import compensated_add


@kernel("float64(boolean, float64, float64)")
def middle(custom, low, high):
    """Where the observations of a bucket are taken to be."""
    if custom:
        return (low + high) / 2
    if low <= 0 and high >= 0:
        return 0.0
    return math.copysign(math.sqrt(low * high), high)


@kernel(
    "void(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int32[::1],"
    " const int64[::1], const float64[::1], float64[::1])"
)
def native_variances(
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
    out,
):
    """Write the population variance of each histogram's observations."""
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
        mean = fields[SUM, i] / fields[COUNT, i]
        total = 0.0
        lost = 0.0
        for k in range(found):
            away = middle(custom, edges[LOWS, k], edges[HIGHS, k]) - mean
            total, lost = compensated_add(edges[COUNTS, k] * away * away, total, lost)
        out[i] = (total + lost) / fields[COUNT, i]
