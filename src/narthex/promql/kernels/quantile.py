"""Quantiles: of the values of a window or a group, and of classic histograms.

Values are ordered with NaN first, as Prometheus orders them. A quantile that lies between two
ranks is the weighted mean of both; below 0 it is -Inf, above 1 it is +Inf, and NaN stays NaN.
"""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel
from narthex.promql.kernels.over_time import longest_series

SMALL_DELTA = 1e-12
"""Counts of neighbouring buckets that differ by less, relatively, count as equal."""

SMALLEST_NORMAL = 2.2250738585072014e-308
LARGEST = 1.7976931348623157e308

SORTED_BY_INSERTION = 48
"""Up to this many new values are put into their places one by one; more are sorted at once."""


@kernel("int64(float64[::1], int64, float64)")
def insertion_place(ordered, count, value):
    """How many of the first `count` ascending values are below `value`."""
    low = 0
    high = count
    while low < high:
        middle = (low + high) >> 1
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@kernel("void(float64[::1], int64, float64)")
def insert_ordered(ordered, count, value):
    """Put a value (not NaN) among the first `count` ascending ones; there is room for one more."""
    place = insertion_place(ordered, count, value)
    for j in range(count, place, -1):
        ordered[j] = ordered[j - 1]
    ordered[place] = value


@kernel("void(float64[::1], int64, float64)")
def remove_ordered(ordered, count, value):
    """Take one value that is among the first `count` ascending ones away."""
    place = insertion_place(ordered, count, value)
    for j in range(place, count - 1):
        ordered[j] = ordered[j + 1]


@kernel("float64(float64, const float64[::1], int64, int64)")
def quantile_of_ordered(q, ordered, count, nans):
    """The q-quantile of `nans` NaN values and the first `count` values of `ordered`, ascending.

    There is at least one value.
    """
    if math.isnan(q):
        return math.nan
    if q < 0:
        return -math.inf
    if q > 1:
        return math.inf
    rank = q * float(nans + count - 1)
    below = math.floor(rank)
    weight = rank - below
    lower = max(np.int64(below), 0)
    upper = min(lower + 1, nans + count - 1)
    lower_value = math.nan if lower < nans else ordered[lower - nans]
    upper_value = math.nan if upper < nans else ordered[upper - nans]
    return lower_value * (1 - weight) + upper_value * weight


@kernel("UniTuple(int64, 2)(const float64[::1], int64, int64, float64[::1])")
def order_values(values, start, end, ordered):
    """Fill `ordered` with `values[start:end]` but NaN, ascending; returns how many of both."""
    count = 0
    if end - start <= SORTED_BY_INSERTION:
        for j in range(start, end):
            if not math.isnan(values[j]):
                insert_ordered(ordered, count, values[j])
                count += 1
    else:
        for j in range(start, end):
            if not math.isnan(values[j]):
                ordered[count] = values[j]
                count += 1
        ordered[:count].sort()
    return count, end - start - count


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], const float64[::1], float64[:, ::1])"
)
def quantile_over_time(values, starts, timeline, lower, upper, q, out):
    """The `q[t]`-quantile of each window.

    The ordered values of a window are kept and changed by what leaves and enters with the next.
    """
    ordered = np.empty(longest_series(starts) + 1)
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        first = 0
        end = 0
        count = 0
        nans = 0
        for t in range(lower.shape[1]):
            next_first = lower[line, t]
            next_end = upper[line, t]
            moved = (next_first - first) + (next_end - end)
            if next_first >= end or moved > SORTED_BY_INSERTION:
                count, nans = order_values(values, start + next_first, start + next_end, ordered)
            else:
                for j in range(first, next_first):
                    if math.isnan(values[start + j]):
                        nans -= 1
                    else:
                        remove_ordered(ordered, count, values[start + j])
                        count -= 1
                for j in range(end, next_end):
                    if math.isnan(values[start + j]):
                        nans += 1
                    else:
                        insert_ordered(ordered, count, values[start + j])
                        count += 1
            first = next_first
            end = next_end
            out[i, t] = 0.0
            if count + nans > 0:
                out[i, t] = quantile_of_ordered(q[t], ordered, count, nans)


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def mad_over_time(values, starts, timeline, lower, upper, out):
    """The median of the distances to the median of each window; NaN with a NaN among them."""
    room = longest_series(starts) + 1
    ordered = np.empty(room)
    distances = np.empty(room)
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(lower.shape[1]):
            first = starts[i] + lower[line, t]
            end = starts[i] + upper[line, t]
            out[i, t] = 0.0
            if end <= first:
                continue
            count, nans = order_values(values, first, end, ordered)
            if nans > 0:
                out[i, t] = math.nan
                continue
            median = quantile_of_ordered(0.5, ordered, count, 0)
            for j in range(first, end):
                distances[j - first] = abs(values[j] - median)
            count, nans = order_values(distances, 0, end - first, ordered)
            out[i, t] = quantile_of_ordered(0.5, ordered, count, nans)


@kernel("boolean(float64, float64)")
def nearly_equal(a, b):
    """Whether two counts differ by no more than rounding could explain."""
    total = abs(a) + abs(b)
    if a == 0 or b == 0 or total < SMALLEST_NORMAL:
        return abs(a - b) < SMALL_DELTA * SMALLEST_NORMAL
    return abs(a - b) / min(total, LARGEST) < SMALL_DELTA


@kernel(
    "int64(const float64[:, ::1], const uint8[:, ::1], const int64[::1], const float64[::1],"
    " int64, int64, int64, float64[::1], float64[::1])"
)
def gather_buckets(values, kind, rows, bounds, start, end, t, edges, counts):
    """The buckets of one histogram at step t, ascending, equal bounds made one.

    `rows[start:end]` are its rows of `values`, ordered by `bounds`. Returns how many buckets.
    """
    buckets = 0
    for k in range(start, end):
        if kind[rows[k], t] != 1:
            continue
        count = values[rows[k], t]
        if buckets > 0 and edges[buckets - 1] == bounds[k]:
            counts[buckets - 1] += count
        else:
            edges[buckets] = bounds[k]
            counts[buckets] = count
            buckets += 1
    return buckets


@kernel("boolean(float64[::1], float64[::1], int64, float64[::1])")
def make_monotonic(edges, counts, buckets, repair):
    """Let no count be below the one before: small deltas pass as rounding, others are repaired.

    Returns whether anything was repaired, and widens `repair`: (lowest and highest bound that
    needed it, largest difference).
    """
    repaired = False
    previous = counts[0]
    for b in range(1, buckets):
        count = counts[b]
        if count == previous:
            continue
        if nearly_equal(previous, count):
            counts[b] = previous
        elif count < previous:
            counts[b] = previous
            repaired = True
            repair[0] = min(repair[0], edges[b])
            repair[1] = max(repair[1], edges[b])
            repair[2] = max(repair[2], previous - count)
        else:
            previous = count
    return repaired


@kernel("float64(float64, float64[::1], float64[::1], int64)")
def quantile_of_buckets(q, edges, counts, buckets):
    """The q-quantile (0 to 1) of cumulative `counts` with upper `edges`, the last one +Inf.

    Linear within a bucket. The lowest begins at 0 when its bound is positive; in the highest the
    answer is the bound before.
    """
    if buckets < 2 or counts[buckets - 1] == 0:
        return math.nan
    rank = q * counts[buckets - 1]
    low = 0
    high = buckets - 1
    while low < high:
        middle = (low + high) >> 1
        if counts[middle] >= rank:
            high = middle
        else:
            low = middle + 1
    if low == buckets - 1:
        return edges[buckets - 2]
    if low == 0:
        if edges[0] <= 0:
            return edges[0]
        return edges[0] * (rank / counts[0])
    begin = edges[low - 1]
    inside = counts[low] - counts[low - 1]
    return begin + (edges[low] - begin) * ((rank - counts[low - 1]) / inside)


@kernel(
    "void(const float64[:, ::1], const uint8[:, ::1], const int64[::1], const int64[::1],"
    " const float64[::1], const float64[::1], float64[:, ::1], uint8[:, ::1], int64[:, ::1],"
    " float64[:, ::1])"
)
def histogram_quantile(values, kind, rows, group_starts, bounds, q, out, out_kind, seen, repair):
    """The `q[t]`-quantile of every classic histogram at every step.

    Histogram g has the buckets `rows[group_starts[g]:group_starts[g + 1]]`, rows of `values`
    ordered by their upper `bounds`. Writes `out[g, t]` and `out_kind` (absent without a bucket),
    and what had to be made monotonic: `seen[g]` is (how often, first step, last step), `repair[g]`
    as `make_monotonic` widens it from (inf, -inf, 0).
    """
    edges = np.empty(max(bounds.size, 1))
    counts = np.empty(max(bounds.size, 1))
    for g in range(group_starts.size - 1):
        for t in range(values.shape[1]):
            buckets = gather_buckets(
                values, kind, rows, bounds, group_starts[g], group_starts[g + 1], t, edges, counts
            )
            out_kind[g, t] = 1 if buckets > 0 else 0
            out[g, t] = 0.0
            if buckets == 0:
                continue
            if not (q[t] >= 0 and q[t] <= 1):
                out[g, t] = -math.inf if q[t] < 0 else q[t] * math.inf
                continue
            if edges[buckets - 1] != math.inf:
                out[g, t] = math.nan
                continue
            if make_monotonic(edges, counts, buckets, repair[g]):
                if seen[g, 0] == 0:
                    seen[g, 1] = t
                seen[g, 0] += 1
                seen[g, 2] = t
            out[g, t] = quantile_of_buckets(q[t], edges, counts, buckets)


@kernel("float64(float64, float64[::1], float64[::1], int64)")
def rank_in_buckets(limit, edges, counts, buckets):
    """How many observations lie below `limit`, linear within a bucket."""
    total = counts[buckets - 1]
    before = 0.0
    begin = 0.0 if edges[0] > 0 else -math.inf
    for b in range(buckets):
        if begin >= limit:
            return min(before, total)
        if edges[b] > limit:
            if begin == -math.inf:
                return min(counts[b], total)
            inside = (counts[b] - before) * (limit - begin) / (edges[b] - begin)
            return min(before + inside, total)
        before = counts[b]
        begin = edges[b]
    return total


@kernel(
    "void(const float64[:, ::1], const uint8[:, ::1], const int64[::1], const int64[::1],"
    " const float64[::1], const float64[::1], const float64[::1], float64[:, ::1],"
    " uint8[:, ::1])"
)
def histogram_fraction(values, kind, rows, group_starts, bounds, low, high, out, out_kind):
    """The share of observations between `low[t]` and `high[t]` of every classic histogram.

    Histograms are given as to `histogram_quantile`.
    """
    edges = np.empty(max(bounds.size, 1))
    counts = np.empty(max(bounds.size, 1))
    for g in range(group_starts.size - 1):
        for t in range(values.shape[1]):
            buckets = gather_buckets(
                values, kind, rows, bounds, group_starts[g], group_starts[g + 1], t, edges, counts
            )
            out_kind[g, t] = 1 if buckets > 0 else 0
            out[g, t] = 0.0
            if buckets == 0:
                continue
            total = counts[buckets - 1]
            unknown = math.isnan(low[t]) or math.isnan(high[t])
            if unknown or edges[buckets - 1] != math.inf or total == 0:
                out[g, t] = math.nan
            elif low[t] < high[t]:
                above = rank_in_buckets(high[t], edges, counts, buckets)
                below = rank_in_buckets(low[t], edges, counts, buckets)
                out[g, t] = (above - below) / total
