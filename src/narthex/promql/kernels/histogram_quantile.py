"""Quantiles of native histograms and fractions of their observations: each other's inverse.

Inside a bucket of an exponential schema observations are taken to be spread evenly on a logarithmic
scale, inside the zero bucket and custom buckets on a linear one. Observations of NaN count, but lie
in no bucket; a histogram has some when its sum is NaN.
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

NAN_RESULT = 1
"""There are observations of NaN and the quantile is among them."""
NAN_SKEW = 2
"""There are observations of NaN, which push the quantile up."""


@kernel("float64(boolean, float64, float64, float64)")
def value_at(linear, low, high, fraction):
    """The value with this fraction of a bucket's observations below it."""
    if linear:
        return low + (high - low) * fraction
    if low > 0:
        bottom = math.log2(low)
        return math.pow(2.0, bottom + (math.log2(high) - bottom) * fraction)
    top = math.log2(-high)
    return -math.pow(2.0, top + (math.log2(-low) - top) * (1 - fraction))


@kernel("float64(boolean, float64, float64, float64)")
def fraction_below(linear, low, high, value):
    """The fraction of a bucket's observations that are below a value inside of it."""
    if linear:
        if math.isinf(low):
            return 1.0
        return (value - low) / (high - low)
    if low > 0:
        bottom = math.log2(low)
        return (math.log2(value) - bottom) / (math.log2(high) - bottom)
    top = math.log2(-high)
    return 1 - (math.log2(-value) - top) / (math.log2(-low) - top)


@kernel("float64(float64, boolean, float64, float64, int64, const float64[:, ::1])")
def quantile(phi, custom, count, total, found, edges):
    """The phi-quantile of `count` observations with sum `total` in ascending buckets.

    NaN when they are fewer than its rank, which only observations of NaN explain.
    """
    if found == 0:
        return math.nan
    forward = math.isnan(total) or phi < 0.5
    rank = phi * count if forward else (1 - phi) * count
    seen = 0.0
    at = 0
    for k in range(found):
        at = k if forward else found - 1 - k
        seen += edges[COUNTS, at]
        if seen >= rank:
            break
    low = edges[LOWS, at]
    high = edges[HIGHS, at]
    seen = min(seen, count)
    if seen < rank:
        return math.nan if math.isnan(total) else high
    if custom and math.isinf(low):
        if high <= 0:
            return high
        low = 0.0
    if custom and math.isinf(high):
        return low
    within = rank - (seen - edges[COUNTS, at]) if forward else seen - rank
    linear = custom or (low <= 0 and high >= 0)
    return value_at(linear, low, high, within / edges[COUNTS, at])


@kernel("float64(float64, float64, boolean, float64, float64, int64, const float64[:, ::1])")
def fraction(lower, upper, custom, count, total, found, edges):
    """The fraction of `count` observations between two values, lower < upper, neither NaN."""
    rank = 0.0
    lower_rank = 0.0
    upper_rank = 0.0
    lower_set = False
    upper_set = False
    for k in range(found):
        low = edges[LOWS, k]
        high = edges[HIGHS, k]
        inside = edges[COUNTS, k]
        if custom and math.isinf(low) and high > 0:
            low = 0.0
        linear = custom or (low <= 0 and high >= 0)
        if not lower_set and high > lower:
            lower_set = True
            lower_rank = rank
            if low < lower:
                lower_rank += inside * fraction_below(linear, low, high, lower)
        if not upper_set and high > upper:
            upper_set = True
            upper_rank = rank
            if low < upper:
                upper_rank += inside * fraction_below(linear, low, high, upper)
        rank += inside
    most = rank if math.isnan(total) else count
    if not lower_set or lower_rank > most:
        lower_rank = most
    if not upper_set or upper_rank > most:
        upper_rank = most
    return (upper_rank - lower_rank) / count


@kernel(
    "void(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int32[::1],"
    " const int64[::1], const float64[::1], const float64[::1],"
    " float64[::1], uint8[::1])"
)
def native_quantiles(
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
    phis,
    out,
    flags,
):
    """Write the quantile `phis[i]` of histogram i; `flags` are `NAN_RESULT` and `NAN_SKEW`."""
    widest = room_for_buckets(layout_starts)
    edges = np.empty((5, widest))
    places = np.empty(widest, np.int64)
    held = np.array([0, -1])
    for i in range(schemas.size):
        phi = phis[i]
        count = fields[COUNT, i]
        flags[i] = 0
        if phi < 0 or phi > 1:
            out[i] = -math.inf if phi < 0 else math.inf
            continue
        if count == 0 or math.isnan(phi):
            out[i] = math.nan
            continue
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
        out[i] = quantile(phi, custom, count, fields[SUM, i], found, edges)
        if math.isnan(fields[SUM, i]):
            flags[i] = NAN_RESULT if math.isnan(out[i]) else NAN_SKEW


@kernel(
    "void(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int32[::1],"
    " const int64[::1], const float64[::1], const float64[::1],"
    " const float64[::1], float64[::1])"
)
def native_fractions(
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
    lowers,
    uppers,
    out,
):
    """Write the fraction of histogram i's observations between `lowers[i]` and `uppers[i]`."""
    widest = room_for_buckets(layout_starts)
    edges = np.empty((5, widest))
    places = np.empty(widest, np.int64)
    held = np.array([0, -1])
    for i in range(schemas.size):
        lower = lowers[i]
        upper = uppers[i]
        count = fields[COUNT, i]
        if count == 0 or math.isnan(lower) or math.isnan(upper):
            out[i] = math.nan
            continue
        if lower >= upper:
            out[i] = 0.0
            continue
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
        out[i] = fraction(lower, upper, custom, count, fields[SUM, i], found, edges)
