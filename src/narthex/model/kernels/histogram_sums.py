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

MIXED = 1
BOUNDS_RECONCILED = 2
HINT_COLLISION = 4
NOTHING = 8

UNKNOWN, RESET, NOT_RESET, GAUGE = 0, 1, 2, 3


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


@kernel("void(float64[::1], float64[::1], int64, float64)")
def add(totals, lost, at, value):
    """Add to one total and note in `lost` what rounding took."""
    total = totals[at]
    new = total + value
    if math.isinf(new):
        lost[at] = 0.0
    elif abs(total) >= abs(value):
        lost[at] += (total - new) + value
    else:
        lost[at] += (value - new) + total
    totals[at] = new


@kernel("float64(float64, float64, float64)")
def settled(total, lost, factor):
    """A compensated total times a factor."""
    return total * factor if math.isinf(total) else (total + lost) * factor


@kernel(
    "Tuple((uint8, uint8))(const uint8[::1], const int64[::1], const float64[::1], int64, int64)"
)
def summed_hint(hints, rows, weights, start, end):
    """The reset hint of a sum, and whether hints contradict each other (`HINT_COLLISION` or 0).

    A gauge among them makes a gauge and so does subtraction; equal hints stay, others are unknown.
    """
    seen = np.zeros(4, np.bool_)
    negative = False
    for j in range(start, end):
        seen[hints[rows[j]]] = True
        negative = negative or weights[j] < 0
    collision = np.uint8(HINT_COLLISION if seen[RESET] and seen[NOT_RESET] else 0)
    if negative or seen[GAUGE]:
        return np.uint8(GAUGE), collision
    if seen[UNKNOWN] or (seen[RESET] and seen[NOT_RESET]):
        return np.uint8(UNKNOWN), collision
    return np.uint8(RESET if seen[RESET] else NOT_RESET), collision


@kernel(
    "float64(const int8[::1], const float64[::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int64[::1], int64, int64)"
)
def common_zero_threshold(
    schemas,
    thresholds,
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
        threshold = max(threshold, thresholds[rows[j]])
    widened = True
    while widened:
        widened = False
        for j in range(start, end):
            row = rows[j]
            if thresholds[row] == threshold:
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


@kernel(
    "Tuple((float64[::1], int32[::1], int64[::1], int32[::1], int32[::1], int64[::1],"
    " float64[::1], int64))("
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
    which come back as a table: (starts, positives, indices, bound starts, bounds, how many).
    """
    outputs = list_starts.size - 1
    known = positives.size
    layout_of = np.empty(outputs, np.int32)
    out_buckets = np.empty(max(1, buckets.size // 4), np.float64)
    new_starts = np.zeros(outputs + 1, np.int64)
    new_positives = np.empty(outputs, np.int32)
    new_indices = np.empty(64, np.int32)
    new_bound_starts = np.zeros(outputs + 1, np.int64)
    new_bounds = np.empty(8, np.float64)
    new = 0
    widest = 1
    most_bounds = 1
    for layout in range(known):
        widest = max(widest, layout_starts[layout + 1] - layout_starts[layout])
        most_bounds = max(most_bounds, bound_starts[layout + 1] - bound_starts[layout])
    mapped = np.empty(widest, np.int32)
    common = np.empty(most_bounds, np.float64)
    positive = np.empty(widest, np.int32)
    negative = np.empty(widest, np.int32)
    merged = np.empty(widest, np.int32)
    lost = np.empty(widest, np.float64)
    totals = np.empty(3, np.float64)
    field_lost = np.empty(3, np.float64)
    out_starts[0] = 0
    for k in range(outputs):
        start = list_starts[k]
        end = list_starts[k + 1]
        status[k] = 0
        schema = 0
        threshold = 0.0
        common_count = 0
        positive_count = 0
        negative_count = 0
        custom = False
        dropped = start == end
        if dropped:
            status[k] = NOTHING
            out_hint[k] = UNKNOWN
        uniform = not dropped
        if not dropped:
            first = rows[start]
            schema = schemas[first]
            threshold = fields[0, first]
            custom = schema == CUSTOM_SCHEMA
            for j in range(start + 1, end):
                row = rows[j]
                if (schemas[row] == CUSTOM_SCHEMA) != custom:
                    dropped = True
                if (
                    layouts[row] != layouts[first]
                    or schemas[row] != schema
                    or fields[0, row] != threshold
                ):
                    uniform = False
            if dropped:
                status[k] = MIXED
                out_hint[k] = UNKNOWN
                schema = 0
                threshold = 0.0
                custom = False
                uniform = False
            else:
                out_hint[k], collision = summed_hint(hints, rows, weights, start, end)
                status[k] |= collision
        if uniform:
            layout_of[k] = layouts[first]
            size = layout_starts[layouts[first] + 1] - layout_starts[layouts[first]]
        else:
            if not dropped:
                if custom:
                    layout = layouts[first]
                    common_count = bound_starts[layout + 1] - bound_starts[layout]
                    common[:common_count] = bounds[bound_starts[layout] : bound_starts[layout + 1]]
                    for j in range(start + 1, end):
                        layout = layouts[rows[j]]
                        held = common_count
                        own = bound_starts[layout + 1] - bound_starts[layout]
                        common_count = keep_common(
                            bounds, bound_starts[layout], bound_starts[layout + 1], common, held
                        )
                        if common_count != held or common_count != own:
                            status[k] |= BOUNDS_RECONCILED
                else:
                    for j in range(start + 1, end):
                        schema = min(schema, schemas[rows[j]])
                    threshold = common_zero_threshold(
                        schemas,
                        fields[0],
                        layouts,
                        bucket_starts,
                        buckets,
                        layout_starts,
                        indices,
                        rows,
                        start,
                        end,
                    )
            previous = -1
            for j in range(start, end if not dropped else start):
                row = rows[j]
                layout = layouts[row]
                if (
                    previous >= 0
                    and layouts[previous] == layout
                    and schemas[previous] == schemas[row]
                    and fields[0, previous] == fields[0, row]
                ):
                    continue
                previous = row
                if custom:
                    map_custom(
                        indices,
                        layout_starts[layout],
                        layout_starts[layout + 1],
                        bounds,
                        bound_starts[layout],
                        bound_starts[layout + 1],
                        common,
                        common_count,
                        mapped,
                    )
                else:
                    map_exponential(
                        indices,
                        layout_starts[layout],
                        layout_starts[layout + 1],
                        schemas[row],
                        schema,
                        threshold,
                        fields[0, row] != threshold,
                        mapped,
                    )
                size = layout_starts[layout + 1] - layout_starts[layout]
                merged = with_room_int(merged, positive_count + size)
                positive_count = merge_ascending(
                    mapped, 0, positives[layout], positive, positive_count, merged
                )
                positive, merged = merged, positive
                merged = with_room_int(merged, negative_count + size)
                negative_count = merge_ascending(
                    mapped, positives[layout], size, negative, negative_count, merged
                )
                negative, merged = merged, negative
            size = positive_count + negative_count
            same = (
                new > 0
                and new_positives[new - 1] == positive_count
                and new_starts[new] - new_starts[new - 1] == size
                and new_bound_starts[new] - new_bound_starts[new - 1] == common_count
            )
            if same:
                at = new_starts[new - 1]
                for b in range(positive_count):
                    same = same and new_indices[at + b] == positive[b]
                for b in range(negative_count):
                    same = same and new_indices[at + positive_count + b] == negative[b]
                for b in range(common_count):
                    same = same and new_bounds[new_bound_starts[new - 1] + b] == common[b]
            if not same:
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
        out_buckets[base : base + size] = 0.0
        lost = with_room(lost, size)
        lost[:size] = 0.0
        totals[:] = 0.0
        field_lost[:] = 0.0
        previous = -1
        for j in range(start, end if not dropped else start):
            row = rows[j]
            weight = weights[j]
            layout = layouts[row]
            for f in range(3):
                add(totals, field_lost, f, weight * fields[f + 1, row])
            at = bucket_starts[row]
            own_size = layout_starts[layout + 1] - layout_starts[layout]
            if uniform:
                for b in range(size):
                    add(out_buckets[base:], lost, b, weight * buckets[at + b])
                continue
            if (
                previous < 0
                or layouts[previous] != layout
                or schemas[previous] != schemas[row]
                or fields[0, previous] != fields[0, row]
            ):
                previous = row
                if custom:
                    map_custom(
                        indices,
                        layout_starts[layout],
                        layout_starts[layout + 1],
                        bounds,
                        bound_starts[layout],
                        bound_starts[layout + 1],
                        common,
                        common_count,
                        mapped,
                    )
                else:
                    map_exponential(
                        indices,
                        layout_starts[layout],
                        layout_starts[layout + 1],
                        schemas[row],
                        schema,
                        threshold,
                        fields[0, row] != threshold,
                        mapped,
                    )
                place = 0
                for b in range(own_size):
                    if b == positives[layout]:
                        place = positive_count
                    if mapped[b] == SWALLOWED:
                        continue
                    if b < positives[layout]:
                        while positive[place] != mapped[b]:
                            place += 1
                    else:
                        while negative[place - positive_count] != mapped[b]:
                            place += 1
                    mapped[b] = place
            for b in range(own_size):
                value = weight * buckets[at + b]
                if mapped[b] == SWALLOWED:
                    add(totals, field_lost, 0, value)
                else:
                    add(out_buckets[base:], lost, mapped[b], value)
        factor = factors[k]
        out_schema[k] = schema
        out_fields[0, k] = threshold
        for f in range(3):
            out_fields[f + 1, k] = settled(totals[f], field_lost[f], factor)
        for b in range(size):
            out_buckets[base + b] = settled(out_buckets[base + b], lost[b], factor)
    return (
        out_buckets[: out_starts[outputs]].copy(),
        layout_of,
        new_starts[: new + 1].copy(),
        new_positives[:new].copy(),
        new_indices[: new_starts[new]].copy(),
        new_bound_starts[: new + 1].copy(),
        new_bounds[: new_bound_starts[new]].copy(),
        new,
    )
