"""Weighted sums of native histograms, by the plan of what they look like.

Histograms of one layout add up column by column; a bucket of another one counts where it is mapped
to, and what the zero bucket swallows counts there. Sums are compensated, so that the order of rows
and large opposites do no harm.
"""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.histogram_maps import SWALLOWED, alike, longest_run, map_row
from narthex.model.kernels.histogram_plans import HINT_COLLISION, MIXED, NOTHING

UNKNOWN, RESET, NOT_RESET, GAUGE = 0, 1, 2, 3


@kernel("void(float64[::1], int64, float64[::1], int64, float64)")
def add(totals, at, lost, lost_at, value):
    """Add to one total and note in `lost` what rounding took (Knuth's exact sum of two)."""
    total = totals[at]
    new = total + value
    rounded = new - total
    lost[lost_at] += (total - (new - rounded)) + (value - rounded)
    totals[at] = new


@kernel("void(float64[::1], float64[::1], const float64[::1], float64)")
def add_run(totals, lost, values, weight):
    """Add `weight` times each value to its total, as `add` does."""
    for b in range(values.size):
        total = totals[b]
        value = weight * values[b]
        new = total + value
        rounded = new - total
        lost[b] += (total - (new - rounded)) + (value - rounded)
        totals[b] = new


@kernel("float64(float64, float64, float64)")
def settled(total, lost, factor):
    """A compensated total times a factor; an infinite one has lost nothing."""
    return (total + lost) * factor if math.isfinite(total) else total * factor


@kernel(
    "Tuple((uint8, uint8))(const uint8[::1], const int64[::1], const float64[::1], int64, int64)"
)
def summed_hint(hints, rows, weights, start, end):
    """The reset hint of a sum, and whether hints contradict each other (`HINT_COLLISION` or 0).

    A gauge among them makes a gauge and so does subtraction; equal hints stay, others are unknown.
    """
    seen = 0
    negative = False
    for j in range(start, end):
        seen |= 1 << hints[rows[j]]
        negative = negative or weights[j] < 0
    contrary = 1 << RESET | 1 << NOT_RESET
    collision = np.uint8(HINT_COLLISION if seen & contrary == contrary else 0)
    if negative or seen & 1 << GAUGE:
        return np.uint8(GAUGE), collision
    if seen == 1 << RESET:
        return np.uint8(RESET), collision
    return np.uint8(NOT_RESET if seen == 1 << NOT_RESET else UNKNOWN), collision


@kernel("void(int32[::1], int64, int64, const int32[::1], int64, int64, int64)")
def to_places(mapped, split, size, indices, start, out_split, end):
    """Replace bucket indices by their places in the layout `indices[start:end]` of the sum."""
    place = start
    for b in range(size):
        if b == split:
            place = start + out_split
        if mapped[b] != SWALLOWED:
            while place < end and indices[place] != mapped[b]:
                place += 1
            mapped[b] = place - start


@kernel(
    "void(float64[::1], float64[::1], float64[::1], float64[::1], const float64[::1],"
    " int32[::1], float64)"
)
def add_mapped(run, lost, totals, lost_of_totals, values, places, weight):
    """Add `weight` times each value where it is placed, to the first of `totals` if swallowed."""
    for b in range(values.size):
        if places[b] == SWALLOWED:
            add(totals, 0, lost_of_totals, 0, weight * values[b])
        else:
            add(run, places[b], lost, places[b], weight * values[b])


@kernel(
    "void(const int8[::1], const uint8[::1], const float64[:, ::1], const int32[::1],"
    " const int64[::1], const float64[::1],"
    " const int64[::1], const int32[::1], const int32[::1], const int64[::1], const float64[::1],"
    " const int64[::1], const int64[::1], const float64[::1], const float64[::1],"
    " const int8[::1], const int32[::1], const int64[::1],"
    " uint8[::1], float64[:, ::1], float64[::1], uint8[::1])"
)
def add_outputs(
    schemas, hints, fields, layouts, bucket_starts, buckets,
    layout_starts, positives, indices, bound_starts, bounds,
    list_starts, rows, weights, factors, out_schema, out_layout, out_starts,
    out_hint, out_fields, out_buckets, status,
):  # fmt: skip
    """Output k is `factors[k]` times the sum of `weights[j] * rows[j]` over its list.

    Layouts are those of the rows and of the outputs in one table. `out_fields[0]` is the planned
    zero threshold; writes the rest of `fields`, the buckets between `out_starts`, hints and what
    these add to `status`.
    """
    places = np.empty(indices.size, np.int32)
    placed = np.full((2, positives.size), -1)
    lost, common = np.empty(longest_run(out_starts)), np.empty(longest_run(bound_starts))
    totals, lost_of_totals = np.empty(3), np.empty(3)
    for k in range(list_starts.size - 1):
        start, end = list_starts[k], list_starts[k + 1]
        out_hint[k], collision = summed_hint(hints, rows, weights, start, end)
        if status[k] & (MIXED | NOTHING):
            out_hint[k], collision, end = UNKNOWN, 0, start
        status[k] |= collision
        target = out_layout[k]
        first, size = layout_starts[target], out_starts[k + 1] - out_starts[k]
        count = bound_starts[target + 1] - bound_starts[target]
        common[:count] = bounds[bound_starts[target] : bound_starts[target + 1]]
        run = out_buckets[out_starts[k] : out_starts[k + 1]]
        run[:] = 0.0
        lost[:size] = 0.0
        totals[:] = 0.0
        lost_of_totals[:] = 0.0
        for j in range(start, end):
            row, weight = rows[j], weights[j]
            layout = layouts[row]
            own = layout_starts[layout + 1] - layout_starts[layout]
            values = buckets[bucket_starts[row] : bucket_starts[row] + own]
            for f in range(3):
                add(totals, f, lost_of_totals, f, weight * fields[f + 1, row])
            same = schemas[row] == out_schema[k] and fields[0, row] == out_fields[0, k]
            if same and layout == target:
                add_run(run, lost, values, weight)
                continue
            place = places[layout_starts[layout] : layout_starts[layout + 1]]
            if placed[0, layout] != k or not alike(
                schemas, fields, layouts, placed[1, layout], row
            ):
                placed[0, layout], placed[1, layout] = k, row
                map_row(
                    schemas, fields, layouts, layout_starts, indices, bound_starts, bounds,
                    row, out_schema[k], out_fields[0, k], common, count, place,
                )  # fmt: skip
                to_places(
                    place, positives[layout], own, indices, first, positives[target], first + size
                )
            add_mapped(run, lost, totals, lost_of_totals, values, place, weight)
        for f in range(3):
            out_fields[f + 1, k] = settled(totals[f], lost_of_totals[f], factors[k])
        for b in range(size):
            run[b] = settled(run[b], lost[b], factors[k])
