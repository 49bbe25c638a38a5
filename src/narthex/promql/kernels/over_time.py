"""The `*_over_time` functions that add up, pick or describe the values of a window.

Windows are `lower[timeline, t]:upper[timeline, t]`, counted from a series' first sample, and move
forward only. An empty window gets 0.0; its absence is the caller's to note. Windows that overlap
much share work: sums come from prefixes, extremes from a monotonic queue.
"""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel
from narthex.promql.kernels.sums import (
    PREFIX_MARGIN,
    compensated_add,
    compensated_mean,
    compensated_sum,
    prefix_squares,
    prefix_sums,
    window_deviation,
    window_overlap,
    window_sum,
)

PREFIX_OVERLAP = 3.0
"""Prefixes cost as much as adding each sample about three times."""

QUEUE_OVERLAP = 16.0
"""A monotonic queue costs as much as looking at each sample about this often."""

SQUARES_MARGIN = 4 * PREFIX_MARGIN
"""As `PREFIX_MARGIN`, for what is made of two prefixes."""

SPREAD_MARGIN = 2.0**-20
"""A deviation this small beside the values depends on how the mean was rounded, to 1e-10."""


@kernel("int64(const int64[::1])")
def longest_series(starts):
    """The most samples of one series, for sizing scratch."""
    longest = 0
    for i in range(starts.size - 1):
        longest = max(longest, starts[i + 1] - starts[i])
    return longest


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def sum_over_time(values, starts, timeline, lower, upper, out):
    """The sum of each window, compensated as Prometheus does it."""
    room = longest_series(starts) + 1
    high = np.empty(room)
    low = np.empty(room)
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        floor = math.inf
        if window_overlap(lower, upper, line) > PREFIX_OVERLAP:
            largest = prefix_sums(values, start, starts[i + 1], high, low)
            floor = largest * PREFIX_MARGIN * float(starts[i + 1] - start)
        for t in range(lower.shape[1]):
            first = lower[line, t]
            end = upper[line, t]
            if floor < math.inf:
                total = window_sum(high, low, first, end)
                if abs(total) > floor:
                    out[i, t] = total
                    continue
            out[i, t] = compensated_sum(values, start + first, start + end)


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def avg_over_time(values, starts, timeline, lower, upper, out):
    """The mean of each window, compensated as Prometheus does it."""
    room = longest_series(starts) + 1
    high = np.empty(room)
    low = np.empty(room)
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        floor = math.inf
        if window_overlap(lower, upper, line) > PREFIX_OVERLAP:
            largest = prefix_sums(values, start, starts[i + 1], high, low)
            floor = largest * PREFIX_MARGIN * float(starts[i + 1] - start)
        for t in range(lower.shape[1]):
            first = lower[line, t]
            end = upper[line, t]
            if end <= first:
                out[i, t] = 0.0
                continue
            if floor < math.inf:
                total = window_sum(high, low, first, end)
                if abs(total) > floor:
                    out[i, t] = total / float(end - first)
                    continue
            out[i, t] = compensated_mean(values, start + first, start + end)


@kernel("float64(const float64[::1], int64, int64)")
def largest_size(values, start, end):
    """The largest magnitude among `values[start:end]`, none of which is NaN."""
    largest = 0.0
    for j in range(start, end):
        largest = max(largest, abs(values[j]))
    return largest


@kernel("float64(const float64[::1], int64, int64)")
def compensated_variance(values, start, end):
    """The population variance of `values[start:end]`: Welford's method, compensated."""
    count = 0.0
    mean = 0.0
    mean_rest = 0.0
    squares = 0.0
    squares_rest = 0.0
    for j in range(start, end):
        count += 1.0
        delta = values[j] - (mean + mean_rest)
        mean, mean_rest = compensated_add(delta / count, mean, mean_rest)
        squares, squares_rest = compensated_add(
            delta * (values[j] - (mean + mean_rest)), squares, squares_rest
        )
    return (squares + squares_rest) / count


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def stdvar_over_time(values, starts, timeline, lower, upper, out):
    """The population variance of each window.

    From prefixes where the spread is not lost beside the values' size: there Prometheus's own
    rounding shows, and it is repeated.
    """
    room = longest_series(starts) + 1
    high = np.empty(room)
    low = np.empty(room)
    squares_high = np.empty(room)
    squares_low = np.empty(room)
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        end = starts[i + 1]
        floor = math.inf
        tiny = 0.0
        if window_overlap(lower, upper, line) > PREFIX_OVERLAP:
            largest = prefix_sums(values, start, end, high, low)
            squares = prefix_squares(values, start, end, squares_high, squares_low)
            if largest < math.inf:
                floor = squares * SQUARES_MARGIN * float(end - start)
                tiny = largest_size(values, start, end) * SPREAD_MARGIN
        for t in range(lower.shape[1]):
            first = lower[line, t]
            stop = upper[line, t]
            if stop <= first:
                out[i, t] = 0.0
                continue
            if floor < math.inf:
                spread = window_deviation(high, low, squares_high, squares_low, first, stop)
                variance = spread / float(stop - first)
                if spread > floor and variance > tiny * tiny:
                    out[i, t] = variance
                    continue
            out[i, t] = compensated_variance(values, start + first, start + stop)


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def stddev_over_time(values, starts, timeline, lower, upper, out):
    """The population standard deviation of each window."""
    stdvar_over_time(values, starts, timeline, lower, upper, out)
    for i in range(out.shape[0]):
        for t in range(out.shape[1]):
            out[i, t] = math.sqrt(out[i, t])


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def first_over_time(values, starts, timeline, lower, upper, out):
    """The oldest value of each window."""
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(lower.shape[1]):
            first = lower[line, t]
            out[i, t] = values[starts[i] + first] if upper[line, t] > first else 0.0


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def last_over_time(values, starts, timeline, lower, upper, out):
    """The newest value of each window."""
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(lower.shape[1]):
            end = upper[line, t]
            out[i, t] = values[starts[i] + end - 1] if end > lower[line, t] else 0.0


@kernel(
    "void(const float64[::1], int64, const int32[:, ::1], const int32[:, ::1], int64, float64,"
    " boolean, int32[::1], int32[::1])"
)
def extreme_places(values, start, lower, upper, line, sign, latest, queue, places):
    """Where in each window of one series the largest value of `sign * value` is.

    `latest`: the last of several equal ones, else the first. NaN is passed over; -1 when a window
    holds nothing else. `queue` is scratch for as many samples as the series has.
    """
    head = 0
    tail = 0
    taken = 0
    for t in range(lower.shape[1]):
        first = lower[line, t]
        taken = max(taken, first)
        for j in range(taken, upper[line, t]):
            value = sign * values[start + j]
            if math.isnan(value):
                continue
            while tail > head:
                back = sign * values[start + queue[tail - 1]]
                if back > value or (back == value and not latest):
                    break
                tail -= 1
            queue[tail] = j
            tail += 1
        taken = max(taken, upper[line, t])
        while head < tail and queue[head] < first:
            head += 1
        if head == tail:
            head = 0
            tail = 0
            places[t] = -1
        else:
            places[t] = queue[head]


@kernel("float64(const float64[::1], int64, int64, float64)")
def scanned_extreme(values, start, end, sign):
    """The largest (`sign` 1.0) or smallest (-1.0) of `values[start:end]`, the first of equal ones.

    NaN is passed over; NaN when there is nothing else.
    """
    best = math.nan
    for j in range(start, end):
        if sign * values[j] > sign * best or math.isnan(best):
            best = values[j]
    return best


@kernel("float64(const float64[::1], int64, int64, float64)")
def quick_extreme(values, start, end, sign):
    """As `scanned_extreme`, four values at a time, so that no comparison waits for the last.

    Infinity of the wrong sign may stand for nothing but NaN, and of zeros the sign depends on the
    order: those are scanned again.
    """
    a = -math.inf
    b = -math.inf
    c = -math.inf
    d = -math.inf
    j = start
    while j + 4 <= end:
        a = max(a, sign * values[j])
        b = max(b, sign * values[j + 1])
        c = max(c, sign * values[j + 2])
        d = max(d, sign * values[j + 3])
        j += 4
    while j < end:
        a = max(a, sign * values[j])
        j += 1
    a = max(a, b)
    c = max(c, d)
    a = max(a, c)
    if a == -math.inf or a == 0:
        return scanned_extreme(values, start, end, sign)
    return sign * a


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64, float64[:, ::1])"
)
def extreme_over_time(values, starts, timeline, lower, upper, sign, out):
    """The largest (`sign` 1.0) or smallest (-1.0) value of each window; NaN if all are NaN."""
    queue = np.empty(longest_series(starts) + 1, np.int32)
    places = np.empty(lower.shape[1], np.int32)
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        queued = window_overlap(lower, upper, line) > QUEUE_OVERLAP
        if queued:
            extreme_places(values, start, lower, upper, line, sign, False, queue, places)
        for t in range(lower.shape[1]):
            first = lower[line, t]
            end = upper[line, t]
            if end <= first:
                out[i, t] = 0.0
            elif queued:
                out[i, t] = values[start + places[t]] if places[t] >= 0 else math.nan
            else:
                out[i, t] = quick_extreme(values, start + first, start + end, sign)


@kernel(
    "void(const float64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int32[::1], const int32[:, ::1], const int32[:, ::1], float64, float64[:, ::1])"
)
def extreme_time_over_time(values, starts, times, times_at, timeline, lower, upper, sign, out):
    """When (in seconds) each window last had its largest (1.0) or smallest (-1.0) value.

    A window of nothing but NaN answers with its last sample.
    """
    queue = np.empty(longest_series(starts) + 1, np.int32)
    places = np.empty(lower.shape[1], np.int32)
    for i in range(timeline.size):
        line = timeline[i]
        extreme_places(values, starts[i], lower, upper, line, sign, True, queue, places)
        for t in range(lower.shape[1]):
            place = places[t] if places[t] >= 0 else upper[line, t] - 1
            if upper[line, t] > lower[line, t]:
                out[i, t] = float(times[times_at[i] + place]) / 1000
            else:
                out[i, t] = 0.0


@kernel(
    "void(const int64[::1], const int64[::1], const int32[:, ::1], const int32[:, ::1],"
    " float64[:, ::1])"
)
def first_times(times, times_at, lower, upper, out):
    """When (in seconds) each window of each timeline has its first sample: `out[timeline, t]`."""
    for line in range(lower.shape[0]):
        for t in range(lower.shape[1]):
            first = lower[line, t]
            out[line, t] = 0.0
            if upper[line, t] > first:
                out[line, t] = float(times[times_at[line] + first]) / 1000


@kernel(
    "void(const int64[::1], const int64[::1], const int32[:, ::1], const int32[:, ::1],"
    " float64[:, ::1])"
)
def last_times(times, times_at, lower, upper, out):
    """When (in seconds) each window of each timeline has its last sample: `out[timeline, t]`."""
    for line in range(lower.shape[0]):
        for t in range(lower.shape[1]):
            end = upper[line, t]
            out[line, t] = 0.0
            if end > lower[line, t]:
                out[line, t] = float(times[times_at[line] + end - 1]) / 1000
