"""The populated buckets of a native histogram from the lowest to the highest, with their bounds.

Quantiles, fractions, variances and trimming all walk over these. The zero bucket reaches only to
one side of zero when the histogram has buckets on that side alone. Histograms come as columns:
`fields` float64[4, h] are zero threshold, zero count, count and sum, the rest as in `Histograms`.
"""

from __future__ import annotations

from narthex.jit import kernel
from narthex.model.kernels.histogram_bounds import lower_bound, upper_bound

ZERO_BUCKET = -1

ZERO_THRESHOLD, ZERO_COUNT, COUNT, SUM = 0, 1, 2, 3
"""Rows of `fields`."""

LOWER, UPPER, LOWS, HIGHS, COUNTS = 0, 1, 2, 3, 4
"""Rows of the room for edges: bounds by the layout's order, then what is populated, ascending."""


@kernel("int64(const int64[::1])")
def room_for_buckets(layout_starts):
    """How many buckets, with the zero bucket, the largest layout has."""
    widest = 1
    for layout in range(layout_starts.size - 1):
        widest = max(widest, layout_starts[layout + 1] - layout_starts[layout] + 1)
    return widest


@kernel(
    "void(int64, const int32[::1], const int32[::1], const int64[::1], const float64[::1],"
    " const int64[::1], int64, float64[::1], float64[::1])"
)
def layout_edges(schema, positives, indices, starts, bounds, bound_starts, layout, lower, upper):
    """Write the bounds of every bucket of a layout, in the layout's order."""
    first = bound_starts[layout]
    end = bound_starts[layout + 1]
    for b in range(starts[layout + 1] - starts[layout]):
        index = indices[starts[layout] + b]
        if b < positives[layout]:
            lower[b] = lower_bound(schema, bounds, first, index)
            upper[b] = upper_bound(schema, bounds, first, end, index)
        else:
            lower[b] = -upper_bound(schema, bounds, first, end, index)
            upper[b] = -lower_bound(schema, bounds, first, index)


@kernel(
    "int64(const float64[::1], int64, int64, int64, float64, float64, float64[::1],"
    " float64[::1], int64[::1], float64[::1], float64[::1], float64[::1])"
)
def ascend(
    buckets,
    start,
    positives,
    size,
    zero_count,
    zero_threshold,
    lower,
    upper,
    places,
    lows,
    highs,
    counts,
):
    """Write the populated buckets in ascending order; returns how many.

    Of the histogram's `buckets[start:start + size]` the first `positives` are positive; `lower` and
    `upper` are their bounds. `places` is a bucket's place in the layout, or `ZERO_BUCKET`.
    """
    found = 0
    for b in range(size - 1, positives - 1, -1):
        if buckets[start + b] != 0:
            places[found] = b
            found += 1
    negative = found
    if zero_count != 0:
        places[found] = ZERO_BUCKET
        found += 1
    before = found
    for b in range(positives):
        if buckets[start + b] != 0:
            places[found] = b
            found += 1
    for k in range(found):
        b = places[k]
        if b != ZERO_BUCKET:
            lows[k] = lower[b]
            highs[k] = upper[b]
            counts[k] = buckets[start + b]
            continue
        counts[k] = zero_count
        lows[k] = 0.0 if negative == 0 and found > before else -zero_threshold
        highs[k] = 0.0 if negative > 0 and found == before else zero_threshold
    return found


@kernel(
    "int64(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int32[::1],"
    " const int64[::1], const float64[::1], int64, float64[:, ::1],"
    " int64[::1], int64[::1])"
)
def ascending(
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
    row,
    edges,
    places,
    held,
):
    """Write the populated buckets of a row into the room `edges` and `places`; returns how many.

    `held` is the schema and layout whose bounds `edges` already has, (0, -1) at first.
    """
    layout = layouts[row]
    if held[0] != schemas[row] or held[1] != layout:
        layout_edges(
            schemas[row],
            positives,
            indices,
            layout_starts,
            bounds,
            bound_starts,
            layout,
            edges[LOWER],
            edges[UPPER],
        )
        held[0] = schemas[row]
        held[1] = layout
    return ascend(
        buckets,
        bucket_starts[row],
        positives[layout],
        layout_starts[layout + 1] - layout_starts[layout],
        fields[ZERO_COUNT, row],
        fields[ZERO_THRESHOLD, row],
        edges[LOWER],
        edges[UPPER],
        places,
        edges[LOWS],
        edges[HIGHS],
        edges[COUNTS],
    )
