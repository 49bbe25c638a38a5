"""Two native histograms against each other: did the counter restart between them, are they equal.

A counter that went on can only have grown, in every bucket, once both are brought to what the
later one can show.
"""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.histogram_bounds import CUSTOM_SCHEMA, exponential_bound
from narthex.model.kernels.histogram_maps import (
    SWALLOWED,
    alike,
    keep_common,
    longest_run,
    map_row,
)
from narthex.model.kernels.histogram_sums import NOT_RESET, RESET


@kernel(
    "boolean(const float64[::1], int32[::1], int64, int64, int64, int32[::1], int64, int64, int64)"
)
def fell(buckets, was, was_at, was_from, was_to, now, now_at, now_from, now_to):
    """Whether some bucket counts less than before.

    Buckets `b` in `was_from:was_to` counted `buckets[was_at + b]` in bucket `was[b]`, ascending and
    possibly several in one; the same for `now`.
    """
    c = now_from
    b = was_from
    while b < was_to:
        index = was[b]
        before = 0.0
        while b < was_to and was[b] == index:
            before += buckets[was_at + b]
            b += 1
        if index == SWALLOWED:
            continue
        while c < now_to and (now[c] == SWALLOWED or now[c] < index):
            c += 1
        after = 0.0
        while c < now_to and now[c] == index:
            after += buckets[now_at + c]
            c += 1
        if after < before:
            return True
    return False


@kernel(
    "float64(int64, float64, float64, const float64[::1], int64, const int32[::1], int64, int64,"
    " float64)"
)
def zero_count_up_to(schema, zero_count, own, buckets, at, indices, start, end, threshold):
    """What a zero bucket of `threshold`, at least its own, would count; NaN if it cuts a bucket."""
    total = zero_count
    if own == threshold:
        return total
    for b in range(end - start):
        count = buckets[at + b]
        index = indices[start + b]
        if count == 0 or exponential_bound(schema, index - 1) >= threshold:
            continue
        if exponential_bound(schema, index) > threshold:
            return math.nan
        total += count
    return total


@kernel("boolean(float64, float64)")
def same_number(a, b):
    """Equality in which NaN is equal to NaN."""
    return a == b or (math.isnan(a) and math.isnan(b))


@kernel("boolean(const float64[::1], const int32[::1], int64, int64, int64, int64, int64, int64)")
def same_buckets(buckets, indices, left_at, left, left_end, right_at, right, right_end):
    """Whether the populated buckets of two ascending runs of `indices` are the same."""
    left_at -= left
    right_at -= right
    while left < left_end or right < right_end:
        if left < left_end and buckets[left_at + left] == 0:
            left += 1
        elif right < right_end and buckets[right_at + right] == 0:
            right += 1
        elif (
            left == left_end
            or right == right_end
            or indices[left] != indices[right]
            or not same_number(buckets[left_at + left], buckets[right_at + right])
        ):
            return False
        else:
            left += 1
            right += 1
    return True


@kernel(
    "boolean(const float64[:, ::1], const int32[::1], const int64[::1], const float64[::1],"
    " const int64[::1], int64, int64)"
)
def fell_alike(fields, layouts, bucket_starts, buckets, layout_starts, p, c):
    """Whether a bucket or the zero bucket counts less in row c than in p, of the same buckets."""
    if fields[1, c] < fields[1, p]:
        return True
    layout = layouts[c]
    for b in range(layout_starts[layout + 1] - layout_starts[layout]):
        if buckets[bucket_starts[c] + b] < buckets[bucket_starts[p] + b]:
            return True
    return False


@kernel(
    "boolean(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], int64, int64)"
)
def zero_bucket_fell(
    schemas, fields, layouts, bucket_starts, buckets, layout_starts, indices, p, c
):
    """Whether row c cannot show what row p did: finer, narrower at zero, or fewer there."""
    if schemas[c] > schemas[p] or fields[0, c] < fields[0, p]:
        return True
    layout = layouts[p]
    before = zero_count_up_to(
        schemas[p], fields[1, p], fields[0, p], buckets, bucket_starts[p], indices,
        layout_starts[layout], layout_starts[layout + 1], fields[0, c],
    )  # fmt: skip
    return math.isnan(before) or fields[1, c] < before


@kernel(
    "boolean(const int8[::1], const float64[:, ::1], const int32[::1], const int64[::1],"
    " const float64[::1], const int64[::1], const int32[::1], const int32[::1],"
    " const int64[::1], const float64[::1], int64, int64, float64[::1], int32[::1], int32[::1])"
)
def buckets_fell(
    schemas, fields, layouts, bucket_starts, buckets, layout_starts, positives, indices,
    bound_starts, bounds, p, c, common, was, now,
):  # fmt: skip
    """Whether a bucket counts less in row c than in p, both brought to what c and both can show."""
    count = 0
    layout, before = layouts[c], layouts[p]
    if schemas[c] == CUSTOM_SCHEMA:
        count = bound_starts[layout + 1] - bound_starts[layout]
        common[:count] = bounds[bound_starts[layout] : bound_starts[layout + 1]]
        count = keep_common(bounds, bound_starts[before], bound_starts[before + 1], common, count)
    map_row(
        schemas, fields, layouts, layout_starts, indices, bound_starts, bounds,
        p, schemas[c], fields[0, c], common, count, was,
    )  # fmt: skip
    map_row(
        schemas, fields, layouts, layout_starts, indices, bound_starts, bounds,
        c, schemas[c], fields[0, c], common, count, now,
    )  # fmt: skip
    split_before, split = positives[before], positives[layout]
    end_before = layout_starts[before + 1] - layout_starts[before]
    end = layout_starts[layout + 1] - layout_starts[layout]
    was_at, now_at = bucket_starts[p], bucket_starts[c]
    return fell(buckets, was, was_at, 0, split_before, now, now_at, 0, split) or fell(
        buckets, was, was_at, split_before, end_before, now, now_at, split, end
    )


@kernel(
    "void(const int8[::1], const uint8[::1], const float64[:, ::1], const int32[::1],"
    " const int64[::1], const float64[::1], const int64[::1], const int32[::1],"
    " const int32[::1], const int64[::1], const float64[::1], const int64[::1],"
    " const int64[::1], boolean[::1])"
)
def detect_resets(
    schemas, hints, fields, layouts, bucket_starts, buckets, layout_starts, positives, indices,
    bound_starts, bounds, previous, current, out,
):  # fmt: skip
    """Write whether the counter was reset between rows `previous[k]` and `current[k]`.

    `fields` are zero threshold, zero count, count and sum, one row each.
    """
    widest = longest_run(layout_starts)
    was, now = np.empty(widest, np.int32), np.empty(widest, np.int32)
    common = np.empty(longest_run(bound_starts))
    for k in range(out.size):
        p, c = previous[k], current[k]
        custom = schemas[c] == CUSTOM_SCHEMA
        if hints[c] == RESET or hints[c] == NOT_RESET:
            out[k] = hints[c] == RESET
        elif fields[2, c] < fields[2, p] or custom != (schemas[p] == CUSTOM_SCHEMA):
            out[k] = True
        elif alike(schemas, fields, layouts, p, c):
            out[k] = fell_alike(fields, layouts, bucket_starts, buckets, layout_starts, p, c)
        else:
            out[k] = (
                not custom
                and zero_bucket_fell(
                    schemas, fields, layouts, bucket_starts, buckets, layout_starts, indices, p, c
                )
            ) or buckets_fell(
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
                p,
                c,
                common,
                was,
                now,
            )


@kernel(
    "void(const int8[::1], const float64[:, ::1], const int32[::1],"
    " const int64[::1], const float64[::1], const int64[::1], const int32[::1],"
    " const int32[::1], const int64[::1], const float64[::1], const int64[::1],"
    " const int64[::1], boolean[::1])"
)
def compare_rows(
    schemas, fields, layouts, bucket_starts, buckets, layout_starts, positives, indices,
    bound_starts, bounds, left, right, out,
):  # fmt: skip
    """Write whether rows `left[k]` and `right[k]` are equal, empty buckets and hints aside."""
    for k in range(out.size):
        a = left[k]
        b = right[k]
        out[k] = schemas[a] == schemas[b] and fields[0, a] == fields[0, b]
        for f in range(1, 4):
            out[k] = out[k] and same_number(fields[f, a], fields[f, b])
        if not out[k]:
            continue
        a_layout = layouts[a]
        b_layout = layouts[b]
        a_bound = bound_starts[a_layout]
        b_bound = bound_starts[b_layout]
        a_bounds = bound_starts[a_layout + 1] - a_bound
        if bound_starts[b_layout + 1] - b_bound != a_bounds:
            out[k] = False
            continue
        for j in range(a_bounds):
            out[k] = out[k] and bounds[a_bound + j] == bounds[b_bound + j]
        a_start = layout_starts[a_layout]
        b_start = layout_starts[b_layout]
        out[k] = (
            out[k]
            and same_buckets(
                buckets,
                indices,
                bucket_starts[a],
                a_start,
                a_start + positives[a_layout],
                bucket_starts[b],
                b_start,
                b_start + positives[b_layout],
            )
            and same_buckets(
                buckets,
                indices,
                bucket_starts[a] + positives[a_layout],
                a_start + positives[a_layout],
                layout_starts[a_layout + 1],
                bucket_starts[b] + positives[b_layout],
                b_start + positives[b_layout],
                layout_starts[b_layout + 1],
            )
        )
