"""Weighted sums of native histograms whose buckets need not agree.

Histograms of one layout add up column by column. Others are first brought to what they have in
common: the lowest resolution, a zero bucket that no populated bucket reaches into, the custom
bounds that all of them have; each bucket then counts where it is mapped to, and what the zero
bucket swallows counts there. Sums are compensated (Neumaier), so that the order of rows and large
opposites do no harm.
"""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.histogram_bounds import CUSTOM_SCHEMA, coarser, exponential_bound

SWALLOWED = -(1 << 31)
"""In place of a bucket's index: it became a part of the zero bucket."""

ALIKE, DIFFERENT = 0, 16

MIXED = 1
BOUNDS_RECONCILED = 2
HINT_COLLISION = 4
NOTHING = 8

UNKNOWN, RESET, NOT_RESET, GAUGE = 0, 1, 2, 3


@kernel("int64(const int64[::1])")
def longest_run(starts):
    """The most elements of a run, at least 1."""
    most = 1
    for k in range(starts.size - 1):
        most = max(most, starts[k + 1] - starts[k])
    return most


@kernel("int64(const int32[::1], const int64[::1], const int64[::1], const int64[::1])")
def first_sizes(layouts, layout_starts, list_starts, rows):
    """How many buckets the first rows of all lists have together: about those of all outputs."""
    total = 0
    for k in range(list_starts.size - 1):
        if list_starts[k] < list_starts[k + 1]:
            layout = layouts[rows[list_starts[k]]]
            total += layout_starts[layout + 1] - layout_starts[layout]
    return total


@kernel("float64[::1](float64[::1], int64)")
def without_slack(array, size):
    """The first elements, copied when much room behind them would stay unused."""
    return array[:size] if 4 * size > 3 * array.size else array[:size].copy()


@kernel("float64[::1](float64[::1], int64)")
def with_room(array, needed):
    """The array, or a larger copy when it is too small."""
    if needed <= array.size:
        return array
    larger = np.empty(max(needed, 2 * array.size), np.float64)
    larger[: array.size] = array
    return larger


@kernel("int32[::1](int32[::1], int64)")
def with_room_int(array, needed):
    """The array, or a larger copy when it is too small."""
    if needed <= array.size:
        return array
    larger = np.empty(max(needed, 2 * array.size), np.int32)
    larger[: array.size] = array
    return larger


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


@kernel(
    "float64(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int64[::1], int64, int64)"
)
def common_zero_threshold(
    schemas,
    fields,
    layouts,
    bucket_starts,
    buckets,
    layout_starts,
    indices,
    rows,
    start,
    end,
):
    """The least threshold, from the largest of these rows on, that cuts no populated bucket."""
    threshold = 0.0
    for j in range(start, end):
        threshold = max(threshold, fields[0, rows[j]])
    widened = True
    while widened:
        widened = False
        for j in range(start, end):
            row = rows[j]
            if fields[0, row] == threshold:
                continue
            layout = layouts[row]
            for b in range(layout_starts[layout + 1] - layout_starts[layout]):
                if buckets[bucket_starts[row] + b] == 0:
                    continue
                index = indices[layout_starts[layout] + b]
                if exponential_bound(schemas[row], index - 1) < threshold:
                    upper = exponential_bound(schemas[row], index)
                    if upper > threshold:
                        threshold = upper
                        widened = True
    return threshold


@kernel("int64(const float64[::1], int64, int64, float64[::1], int64)")
def keep_common(bounds, start, end, common, count):
    """Leave in `common[:count]` only bounds that are in `bounds[start:end]` too; how many."""
    kept = 0
    at = start
    for j in range(count):
        while at < end and bounds[at] < common[j]:
            at += 1
        if at < end and bounds[at] == common[j]:
            common[kept] = common[j]
            kept += 1
    return kept


@kernel("void(const int32[::1], int64, int64, int64, int64, float64, boolean, int32[::1])")
def map_exponential(indices, start, end, schema, target, threshold, swallows, mapped):
    """Write the bucket of schema `target` for each of `indices[start:end]` of `schema`.

    With `swallows`, buckets that begin below `threshold` are `SWALLOWED`.
    """
    for b in range(end - start):
        index = indices[start + b]
        if swallows and exponential_bound(schema, index - 1) < threshold:
            mapped[b] = SWALLOWED
        else:
            mapped[b] = coarser(index, schema - target)


@kernel(
    "void(const int32[::1], int64, int64, const float64[::1], int64, int64, float64[::1], int64,"
    " int32[::1])"
)
def map_custom(indices, start, end, bounds, bounds_start, bounds_end, common, count, mapped):
    """Write the bucket among bounds `common[:count]` for each of `indices[start:end]`."""
    target = 0
    for b in range(end - start):
        at = bounds_start + indices[start + b]
        while target < count and (at >= bounds_end or common[target] < bounds[at]):
            target += 1
        mapped[b] = target


@kernel("int64(int32[::1], int64, int64, int32[::1], int64, int32[::1])")
def merge_ascending(mapped, start, end, held, count, out):
    """The union of `held[:count]` and `mapped[start:end]`, both ascending, into `out`; its size.

    Repeated and swallowed ones among `mapped` are left out.
    """
    size = 0
    at = 0
    for b in range(start, end):
        index = mapped[b]
        if index == SWALLOWED:
            continue
        while at < count and held[at] < index:
            out[size] = held[at]
            size += 1
            at += 1
        if at < count and held[at] == index:
            continue
        if size == 0 or out[size - 1] != index:
            out[size] = index
            size += 1
    while at < count:
        out[size] = held[at]
        size += 1
        at += 1
    return size


@kernel("boolean(const int8[::1], const float64[:, ::1], const int32[::1], int64, int64)")
def alike(schemas, fields, layouts, a, b):
    """Whether two rows have the very same buckets."""
    return layouts[a] == layouts[b] and schemas[a] == schemas[b] and fields[0, a] == fields[0, b]


@kernel(
    "int64(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1], int64,"
    " int64)"
)
def kinship(schemas, fields, layouts, rows, start, end):
    """Whether the rows of a list are all `ALIKE`, are to be brought together, or are `MIXED`."""
    if start == end:
        return NOTHING
    first = rows[start]
    found = ALIKE
    for j in range(start + 1, end):
        row = rows[j]
        if (schemas[row] == CUSTOM_SCHEMA) != (schemas[first] == CUSTOM_SCHEMA):
            return MIXED
        if not alike(schemas, fields, layouts, first, row):
            found = DIFFERENT
    return found


@kernel(
    "Tuple((int64, boolean))(const int32[::1], const int64[::1], const float64[::1],"
    " const int64[::1], int64, int64, float64[::1])"
)
def common_bounds(layouts, bound_starts, bounds, rows, start, end, common):
    """Write the custom bounds that all rows have; how many, and whether some had others."""
    layout = layouts[rows[start]]
    count = bound_starts[layout + 1] - bound_starts[layout]
    common[:count] = bounds[bound_starts[layout] : bound_starts[layout + 1]]
    reconciled = False
    for j in range(start + 1, end):
        layout = layouts[rows[j]]
        held = count
        count = keep_common(bounds, bound_starts[layout], bound_starts[layout + 1], common, held)
        own = bound_starts[layout + 1] - bound_starts[layout]
        reconciled = reconciled or count != held or count != own
    return count, reconciled


@kernel(
    "void(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const int32[::1], const int64[::1], const float64[::1], int64, int64, float64,"
    " float64[::1], int64, int32[::1])"
)
def map_row(
    schemas,
    fields,
    layouts,
    layout_starts,
    indices,
    bound_starts,
    bounds,
    row,
    target,
    threshold,
    common,
    common_count,
    mapped,
):
    """Write where each bucket of a row counts in a sum of schema `target`, or `SWALLOWED`."""
    layout = layouts[row]
    start = layout_starts[layout]
    end = layout_starts[layout + 1]
    if target == CUSTOM_SCHEMA:
        first = bound_starts[layout]
        last = bound_starts[layout + 1]
        map_custom(indices, start, end, bounds, first, last, common, common_count, mapped)
    else:
        swallows = fields[0, row] != threshold
        map_exponential(indices, start, end, schemas[row], target, threshold, swallows, mapped)


@kernel("void(int32[::1], int64, int64, int32[::1], int64, int32[::1])")
def to_places(mapped, positives, size, positive, positive_count, negative):
    """Replace bucket indices by their places among an output's positive and negative ones."""
    place = 0
    for b in range(positives):
        if mapped[b] != SWALLOWED:
            while positive[place] != mapped[b]:
                place += 1
            mapped[b] = place
    place = 0
    for b in range(positives, size):
        if mapped[b] != SWALLOWED:
            while negative[place] != mapped[b]:
                place += 1
            mapped[b] = positive_count + place


@kernel("boolean(int32[::1], int64, int32[::1], int64)")
def same_run(table, at, run, size):
    """Whether `table` has `run[:size]` at a place."""
    for b in range(size):
        if table[at + b] != run[b]:
            return False
    return True


@kernel("boolean(float64[::1], int64, float64[::1], int64)")
def same_bounds(table, at, run, size):
    """Whether `table` has `run[:size]` at a place."""
    for b in range(size):
        if table[at + b] != run[b]:
            return False
    return True


@kernel(
    "Tuple((float64[::1], int32[::1], int64[::1], int32[::1], int32[::1], int64[::1],"
    " float64[::1]))("
    "const int8[::1], const uint8[::1], const float64[:, ::1], const int32[::1],"
    " const int64[::1], const float64[::1],"
    " const int64[::1], const int32[::1], const int32[::1], const int64[::1], const float64[::1],"
    " const int64[::1], const int64[::1], const float64[::1], const float64[::1],"
    " int8[::1], uint8[::1], float64[:, ::1], int64[::1], uint8[::1])"
)
def combine_rows(
    schemas,
    hints,
    fields,
    layouts,
    bucket_starts,
    buckets,
    layout_starts,
    positives,
    indices,
    bound_starts,
    bounds,
    list_starts,
    rows,
    weights,
    factors,
    out_schema,
    out_hint,
    out_fields,
    out_starts,
    status,
):
    """Output k is `factors[k]` times the sum of `weights[j] * rows[j]` over its list.

    `list_starts` bounds the lists; `fields` are zero threshold, zero count, count and sum, one
    row each. Writes all of an output but its buckets, which come back first, and its layout, which
    comes second: a number below `positives.size` is an input's layout, others count the new ones,
    which come back as a table: (starts, positives, indices, bound starts, bounds). Outputs in a row
    that have the same new layout share it. A layout is mapped once an output: `held` and `placed`
    note the last output and row that it was mapped for, in the union of buckets and in adding up.
    """
    outputs = list_starts.size - 1
    known = positives.size
    layout_of = np.empty(outputs, np.int32)
    out_buckets = np.empty(first_sizes(layouts, layout_starts, list_starts, rows))
    new_starts = np.zeros(outputs + 1, np.int64)
    new_positives = np.empty(outputs, np.int32)
    new_indices = np.empty(64, np.int32)
    new_bound_starts = np.zeros(outputs + 1, np.int64)
    new_bounds = np.empty(8)
    new = 0
    widest = longest_run(layout_starts)
    mapped = np.empty(widest, np.int32)
    places = np.empty(indices.size, np.int32)
    held = np.full((2, known), -1)
    placed = np.full((2, known), -1)
    common = np.empty(longest_run(bound_starts))
    positive = np.empty(widest, np.int32)
    negative = np.empty(widest, np.int32)
    merged = np.empty(widest, np.int32)
    lost = np.empty(widest)
    totals = np.empty(3)
    lost_of_totals = np.empty(3)
    out_starts[0] = 0
    for k in range(outputs):
        start = list_starts[k]
        end = list_starts[k + 1]
        found = kinship(schemas, fields, layouts, rows, start, end)
        schema = 0
        threshold = 0.0
        common_count = 0
        positive_count = 0
        negative_count = 0
        out_hint[k] = UNKNOWN
        status[k] = found & (MIXED | NOTHING)
        if status[k] != 0:
            end = start
        else:
            out_hint[k], status[k] = summed_hint(hints, rows, weights, start, end)
            schema = schemas[rows[start]]
            threshold = fields[0, rows[start]]
        if found == ALIKE:
            layout = layouts[rows[start]]
            layout_of[k] = layout
            size = layout_starts[layout + 1] - layout_starts[layout]
        else:
            if schema == CUSTOM_SCHEMA:
                common_count, reconciled = common_bounds(
                    layouts, bound_starts, bounds, rows, start, end, common
                )
                if reconciled:
                    status[k] |= BOUNDS_RECONCILED
            elif start < end:
                for j in range(start + 1, end):
                    schema = min(schema, schemas[rows[j]])
                threshold = common_zero_threshold(
                    schemas,
                    fields,
                    layouts,
                    bucket_starts,
                    buckets,
                    layout_starts,
                    indices,
                    rows,
                    start,
                    end,
                )
            for j in range(start, end):
                row = rows[j]
                layout = layouts[row]
                if held[0, layout] == k and alike(schemas, fields, layouts, held[1, layout], row):
                    continue
                held[0, layout] = k
                held[1, layout] = row
                map_row(
                    schemas,
                    fields,
                    layouts,
                    layout_starts,
                    indices,
                    bound_starts,
                    bounds,
                    row,
                    schema,
                    threshold,
                    common,
                    common_count,
                    mapped,
                )
                split = positives[layout]
                own = layout_starts[layout + 1] - layout_starts[layout]
                merged = with_room_int(merged, positive_count + own)
                positive_count = merge_ascending(mapped, 0, split, positive, positive_count, merged)
                positive, merged = merged, positive
                merged = with_room_int(merged, negative_count + own)
                negative_count = merge_ascending(
                    mapped, split, own, negative, negative_count, merged
                )
                negative, merged = merged, negative
            size = positive_count + negative_count
            at = new_starts[max(new - 1, 0)]
            bound_at = new_bound_starts[max(new - 1, 0)]
            if (
                new == 0
                or new_starts[new] - at != size
                or new_positives[new - 1] != positive_count
                or new_bound_starts[new] - bound_at != common_count
                or not same_run(new_indices, at, positive, positive_count)
                or not same_run(new_indices, at + positive_count, negative, negative_count)
                or not same_bounds(new_bounds, bound_at, common, common_count)
            ):
                at = new_starts[new]
                new_indices = with_room_int(new_indices, at + size)
                new_indices[at : at + positive_count] = positive[:positive_count]
                new_indices[at + positive_count : at + size] = negative[:negative_count]
                new_starts[new + 1] = at + size
                at = new_bound_starts[new]
                new_bounds = with_room(new_bounds, at + common_count)
                new_bounds[at : at + common_count] = common[:common_count]
                new_bound_starts[new + 1] = at + common_count
                new_positives[new] = positive_count
                new += 1
            layout_of[k] = known + new - 1
        base = out_starts[k]
        out_starts[k + 1] = base + size
        out_buckets = with_room(out_buckets, base + size)
        run = out_buckets[base : base + size]
        run[:] = 0.0
        lost = with_room(lost, size)
        lost[:size] = 0.0
        totals[:] = 0.0
        lost_of_totals[:] = 0.0
        for j in range(start, end):
            row = rows[j]
            weight = weights[j]
            at = bucket_starts[row]
            for f in range(3):
                add(totals, f, lost_of_totals, f, weight * fields[f + 1, row])
            if found == ALIKE:
                add_run(run, lost, buckets[at : at + size], weight)
                continue
            layout = layouts[row]
            own = layout_starts[layout + 1] - layout_starts[layout]
            place = places[layout_starts[layout] :]
            if placed[0, layout] != k or not alike(
                schemas, fields, layouts, placed[1, layout], row
            ):
                placed[0, layout] = k
                placed[1, layout] = row
                map_row(
                    schemas,
                    fields,
                    layouts,
                    layout_starts,
                    indices,
                    bound_starts,
                    bounds,
                    row,
                    schema,
                    threshold,
                    common,
                    common_count,
                    place,
                )
                to_places(place, positives[layout], own, positive, positive_count, negative)
            for b in range(own):
                value = weight * buckets[at + b]
                if place[b] == SWALLOWED:
                    add(totals, 0, lost_of_totals, 0, value)
                else:
                    add(run, place[b], lost, place[b], value)
        out_schema[k] = schema
        out_fields[0, k] = threshold
        for f in range(3):
            out_fields[f + 1, k] = settled(totals[f], lost_of_totals[f], factors[k])
        factor = factors[k]
        for b in range(size):
            run[b] = settled(run[b], lost[b], factor)
    return (
        without_slack(out_buckets, out_starts[outputs]),
        layout_of,
        new_starts[: new + 1].copy(),
        new_positives[:new].copy(),
        new_indices[: new_starts[new]].copy(),
        new_bound_starts[: new + 1].copy(),
        new_bounds[: new_bound_starts[new]].copy(),
    )
