"""How the buckets of different native histograms are brought to common ones.

That is the lowest resolution, a zero bucket that no populated bucket reaches into, and the custom
bounds that all have. What a wider zero bucket covers is swallowed by it.
"""

from __future__ import annotations

from narthex.jit import kernel
from narthex.model.kernels.histogram_bounds import CUSTOM_SCHEMA, coarser, exponential_bound

SWALLOWED = -(1 << 31)
"""In place of a bucket's index: it became a part of the zero bucket."""


@kernel("int64(const int64[::1])")
def longest_run(starts):
    """The most elements of a run, at least 1."""
    most = 1
    for k in range(starts.size - 1):
        most = max(most, starts[k + 1] - starts[k])
    return most


@kernel("boolean(const int8[::1], const float64[:, ::1], const int32[::1], int64, int64)")
def alike(schemas, fields, layouts, a, b):
    """Whether two rows have the very same buckets."""
    return layouts[a] == layouts[b] and schemas[a] == schemas[b] and fields[0, a] == fields[0, b]


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
