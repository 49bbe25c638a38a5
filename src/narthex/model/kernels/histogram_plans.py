"""What a sum of native histograms will look like, before anything is added up.

Rows of one layout have the layout of their sum at once. Others are brought to common buckets, the
union of which is a new layout; sums in a row that come to the same new layout share it.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.histogram_bounds import CUSTOM_SCHEMA
from narthex.model.kernels.histogram_maps import (
    alike,
    common_bounds,
    common_zero_threshold,
    longest_run,
    map_row,
    merge_ascending,
)

ALIKE, MIXED, BOUNDS_RECONCILED, HINT_COLLISION, NOTHING, DIFFERENT = 0, 1, 2, 4, 8, 16
"""How the rows of a list are to each other; those below 16 are bits of an output's status too."""


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
    "Tuple((int32[::1], int32[::1], int32[::1], int64, int64))("
    "const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const int32[::1], const int32[::1], const int64[::1], const float64[::1],"
    " const int64[::1], int64, int64, int64, int64, float64, float64[::1], int64,"
    " int32[::1], int64[:, ::1], int32[::1], int32[::1], int32[::1])"
)
def unite(
    schemas, fields, layouts, layout_starts, positives, indices, bound_starts, bounds,
    rows, start, end, output, target, threshold, common, common_count,
    mapped, held, positive, negative, spare,
):  # fmt: skip
    """The positive and the negative buckets that rows have once they are mapped.

    Returns (positive, negative, spare) room, maybe larger, and how many of the first two. `held`
    notes the last output and row that a layout was mapped for, so that it is once an output.
    """
    positive_count = 0
    negative_count = 0
    for j in range(start, end):
        row = rows[j]
        layout = layouts[row]
        if held[0, layout] == output and alike(schemas, fields, layouts, held[1, layout], row):
            continue
        held[0, layout] = output
        held[1, layout] = row
        map_row(
            schemas, fields, layouts, layout_starts, indices, bound_starts, bounds,
            row, target, threshold, common, common_count, mapped,
        )  # fmt: skip
        split = positives[layout]
        size = layout_starts[layout + 1] - layout_starts[layout]
        spare = with_room_int(spare, positive_count + split)
        positive_count = merge_ascending(mapped, 0, split, positive, positive_count, spare)
        positive, spare = spare, positive
        spare = with_room_int(spare, negative_count + size - split)
        negative_count = merge_ascending(mapped, split, size, negative, negative_count, spare)
        negative, spare = spare, negative
    return positive, negative, spare, positive_count, negative_count


@kernel(
    "Tuple((int64, float64, int64, boolean))("
    "const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], int64, int64, float64[::1])"
)
def common_shape(
    schemas, fields, layouts, bucket_starts, buckets, layout_starts, indices, bound_starts,
    bounds, rows, start, end, common,
):  # fmt: skip
    """What rows have in common: schema, zero threshold, how many bounds, whether some differed."""
    if start == end:
        return 0, 0.0, 0, False
    schema = np.int64(schemas[rows[start]])
    if schema == CUSTOM_SCHEMA:
        count, reconciled = common_bounds(layouts, bound_starts, bounds, rows, start, end, common)
        return schema, 0.0, count, reconciled
    for j in range(start + 1, end):
        schema = min(schema, np.int64(schemas[rows[j]]))
    threshold = common_zero_threshold(
        schemas, fields, layouts, bucket_starts, buckets, layout_starts, indices, rows, start, end
    )
    return schema, threshold, 0, False


@kernel(
    "Tuple((int64[::1], int32[::1], int32[::1], int64[::1], float64[::1]))("
    "const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int32[::1],"
    " const int64[::1], const float64[::1], const int64[::1], const int64[::1],"
    " int8[::1], float64[::1], int32[::1], uint8[::1])"
)
def plan_outputs(
    schemas, fields, layouts, bucket_starts, buckets, layout_starts, positives, indices,
    bound_starts, bounds, list_starts, rows, out_schema, out_threshold, out_layout, status,
):  # fmt: skip
    """Write the schema, zero threshold, layout and status of each list's sum.

    `fields` are zero threshold, zero count, count and sum. A layout below `positives.size` is an
    input's, others count the new ones, which come back: starts, positives, indices, bound starts,
    bounds.
    """
    outputs = list_starts.size - 1
    starts, bound_ends = np.zeros(outputs + 1, np.int64), np.zeros(outputs + 1, np.int64)
    splits, found, ends = np.empty(outputs, np.int32), np.empty(64, np.int32), np.empty(8)
    widest = longest_run(layout_starts)
    mapped, spare = np.empty(widest, np.int32), np.empty(widest, np.int32)
    positive, negative = np.empty(widest, np.int32), np.empty(widest, np.int32)
    held = np.full((2, positives.size), -1)
    common = np.empty(longest_run(bound_starts))
    new = 0
    for k in range(outputs):
        start, end = list_starts[k], list_starts[k + 1]
        relation = kinship(schemas, fields, layouts, rows, start, end)
        status[k] = relation & (MIXED | NOTHING)
        if relation == ALIKE:
            out_schema[k] = schemas[rows[start]]
            out_threshold[k] = fields[0, rows[start]]
            out_layout[k] = layouts[rows[start]]
            continue
        end = start if status[k] != 0 else end
        schema, threshold, count, reconciled = common_shape(
            schemas, fields, layouts, bucket_starts, buckets, layout_starts, indices, bound_starts,
            bounds, rows, start, end, common,
        )  # fmt: skip
        positive, negative, spare, above, below = unite(
            schemas, fields, layouts, layout_starts, positives, indices, bound_starts, bounds,
            rows, start, end, k, schema, threshold, common, count,
            mapped, held, positive, negative, spare,
        )  # fmt: skip
        status[k] |= BOUNDS_RECONCILED if reconciled else 0
        at, bound_at = starts[max(new - 1, 0)], bound_ends[max(new - 1, 0)]
        if (
            new == 0
            or (starts[new] - at != above + below or splits[new - 1] != above)
            or bound_ends[new] - bound_at != count
            or not same_run(found, at, positive, above)
            or not same_run(found, at + above, negative, below)
            or not same_bounds(ends, bound_at, common, count)
        ):
            at, bound_at = starts[new], bound_ends[new]
            found = with_room_int(found, at + above + below)
            found[at : at + above] = positive[:above]
            found[at + above : at + above + below] = negative[:below]
            ends = with_room(ends, bound_at + count)
            ends[bound_at : bound_at + count] = common[:count]
            splits[new] = above
            new += 1
            starts[new], bound_ends[new] = at + above + below, bound_at + count
        out_schema[k], out_threshold[k] = schema, threshold
        out_layout[k] = positives.size + new - 1
    return (
        starts[: new + 1].copy(), splits[:new].copy(), found[: starts[new]].copy(),
        bound_ends[: new + 1].copy(), ends[: bound_ends[new]].copy(),
    )  # fmt: skip
