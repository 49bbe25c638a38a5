"""Two native histograms against each other: did the counter restart between them, are they equal.

A counter that went on can only have grown, in every bucket, once both are brought to what the
later one can show.
"""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.histogram_bounds import CUSTOM_SCHEMA, exponential_bound
from narthex.model.kernels.histogram_sums import (
    NOT_RESET,
    RESET,
    SWALLOWED,
    keep_common,
    longest_run,
    map_custom,
    map_exponential,
)


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
    "void(const int8[::1], const uint8[::1], const float64[:, ::1], const int32[::1],"
    " const int64[::1], const float64[::1], const int64[::1], const int32[::1],"
    " const int32[::1], const int64[::1], const float64[::1], const int64[::1],"
    " const int64[::1], boolean[::1])"
)
def detect_resets(
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
    previous,
    current,
    out,
):
    """Write whether the counter was reset between rows `previous[k]` and `current[k]`.

    `fields` are zero threshold, zero count, count and sum, one row each.
    """
    widest = longest_run(layout_starts)
    was = np.empty(widest, np.int32)
    now = np.empty(widest, np.int32)
    common = np.empty(longest_run(bound_starts), np.float64)
    for k in range(out.size):
        p = previous[k]
        c = current[k]
        schema = schemas[c]
        custom = schema == CUSTOM_SCHEMA
        out[k] = True
        if hints[c] == RESET or hints[c] == NOT_RESET:
            out[k] = hints[c] == RESET
            continue
        if fields[2, c] < fields[2, p] or custom != (schemas[p] == CUSTOM_SCHEMA):
            continue
        p_layout = layouts[p]
        c_layout = layouts[c]
        p_start = layout_starts[p_layout]
        p_end = layout_starts[p_layout + 1]
        c_start = layout_starts[c_layout]
        c_end = layout_starts[c_layout + 1]
        if p_layout == c_layout and schemas[p] == schema and fields[0, p] == fields[0, c]:
            out[k] = fields[1, c] < fields[1, p]
            for b in range(p_end - p_start):
                if buckets[bucket_starts[c] + b] < buckets[bucket_starts[p] + b]:
                    out[k] = True
                    break
            continue
        if custom:
            count = bound_starts[c_layout + 1] - bound_starts[c_layout]
            common[:count] = bounds[bound_starts[c_layout] : bound_starts[c_layout + 1]]
            count = keep_common(
                bounds, bound_starts[p_layout], bound_starts[p_layout + 1], common, count
            )
            map_custom(
                indices,
                p_start,
                p_end,
                bounds,
                bound_starts[p_layout],
                bound_starts[p_layout + 1],
                common,
                count,
                was,
            )
            map_custom(
                indices,
                c_start,
                c_end,
                bounds,
                bound_starts[c_layout],
                bound_starts[c_layout + 1],
                common,
                count,
                now,
            )
        else:
            threshold = fields[0, c]
            if schema > schemas[p] or threshold < fields[0, p]:
                continue
            before = zero_count_up_to(
                schemas[p],
                fields[1, p],
                fields[0, p],
                buckets,
                bucket_starts[p],
                indices,
                p_start,
                p_end,
                threshold,
            )
            if math.isnan(before) or fields[1, c] < before:
                continue
            swallows = fields[0, p] != threshold
            map_exponential(indices, p_start, p_end, schemas[p], schema, threshold, swallows, was)
            map_exponential(indices, c_start, c_end, schema, schema, threshold, False, now)
        p_positives = positives[p_layout]
        c_positives = positives[c_layout]
        out[k] = fell(
            buckets,
            was,
            bucket_starts[p],
            0,
            p_positives,
            now,
            bucket_starts[c],
            0,
            c_positives,
        ) or fell(
            buckets,
            was,
            bucket_starts[p],
            p_positives,
            p_end - p_start,
            now,
            bucket_starts[c],
            c_positives,
            c_end - c_start,
        )


@kernel(
    "void(const int8[::1], const float64[:, ::1], const int32[::1],"
    " const int64[::1], const float64[::1], const int64[::1], const int32[::1],"
    " const int32[::1], const int64[::1], const float64[::1], const int64[::1],"
    " const int64[::1], boolean[::1])"
)
def compare_rows(
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
    left,
    right,
    out,
):
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
