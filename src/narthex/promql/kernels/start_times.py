"""Counters whose samples tell when they began to count: restarts that no value shows, exact starts.

A sample's start time is in ms, 0 where it has none. One inside the window and before the window's
first sample is a sample of 0.0 at that time, in the place of an extrapolation.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel


@kernel("boolean(int64, int64, int64, int64)")
def started_between(previous_start_ms, previous_ms, start_ms, time_ms):
    """Whether a counter began anew after the sample before, by the start times of both.

    To begin with the previous sample is to begin anew (a delta), unless that one's own start is
    unknown: not given, its own time, or invalid as it is later.
    """
    if start_ms == 0 or start_ms >= time_ms or start_ms < previous_ms:
        return False
    if start_ms > previous_ms:
        return True
    return previous_start_ms != 0 and previous_start_ms < previous_ms


@kernel(
    "void(const float64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int64[::1], boolean[::1])"
)
def find_restarts(values, starts, times, times_at, start_times, out):
    """Which samples begin a counter anew, bool[m]: it fell, or says so. A series' first does not.

    Where a sample is a native histogram its value is 0.0, and only start times tell.
    """
    for i in range(times_at.size):
        start = starts[i]
        at = times_at[i]
        for j in range(starts[i + 1] - start):
            k = start + j
            out[k] = j > 0 and (
                values[k] < values[k - 1]
                or started_between(
                    start_times[k - 1], times[at + j - 1], start_times[k], times[at + j]
                )
            )


@kernel(
    "void(const int64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int32[::1], const int32[:, ::1], const int32[:, ::1], boolean[::1])"
)
def find_overlaps(starts, times, times_at, start_times, timeline, lower, upper, out):
    """Which series have a window where a sample began before the one before it was taken, bool[n].

    A start that stays the same is that of a cumulative counter and overlaps nothing.
    """
    longest = 1
    for i in range(timeline.size):
        longest = max(longest, starts[i + 1] - starts[i])
    seen = np.zeros(longest, np.int32)
    for i in range(timeline.size):
        start = starts[i]
        at = times_at[i]
        for j in range(1, starts[i + 1] - start):
            began = start_times[start + j]
            overlaps = (
                began != 0 and began < times[at + j - 1] and began != start_times[start + j - 1]
            )
            seen[j] = seen[j - 1] + np.int32(overlaps)
        line = timeline[i]
        out[i] = False
        for t in range(lower.shape[1]):
            first = lower[line, t]
            last = upper[line, t] - 1
            if last > first and seen[last] > seen[first]:
                out[i] = True
                break


@kernel(
    "void(boolean[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def count_restarts(restarts, starts, timeline, lower, upper, out):
    """How many samples of each window but its first begin a counter anew (resets)."""
    longest = 1
    for i in range(timeline.size):
        longest = max(longest, starts[i + 1] - starts[i])
    seen = np.zeros(longest, np.int32)
    for i in range(timeline.size):
        start = starts[i]
        for j in range(1, starts[i + 1] - start):
            seen[j] = seen[j - 1] + np.int32(restarts[start + j])
        line = timeline[i]
        for t in range(lower.shape[1]):
            first = lower[line, t]
            last = upper[line, t] - 1
            out[i, t] = float(seen[last] - seen[first]) if last >= first else 0.0


@kernel(
    "void(const float64[::1], boolean[::1], const int64[::1], const int64[::1],"
    " const int64[::1], const int32[::1], const int32[:, ::1], const int32[:, ::1],"
    " float64[:, ::1])"
)
def instant_rate(values, restarts, starts, times, times_at, timeline, lower, upper, out):
    """The gain per second between the last two samples of each window (irate)."""
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(lower.shape[1]):
            last = upper[line, t] - 1
            if last <= lower[line, t]:
                out[i, t] = 0.0
                continue
            at = starts[i] + last
            gained = values[at]
            if not restarts[at]:
                gained -= values[at - 1]
            at = times_at[i] + last
            out[i, t] = gained / (float(times[at] - times[at - 1]) / 1000)


@kernel(
    "void(const float64[::1], boolean[::1], const int64[::1], const int64[::1],"
    " const int64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], const int64[::1], int64, const float64[:, :, ::1], float64,"
    " float64[:, ::1], uint8[:, ::1])"
)
def counter_increase(
    values, restarts, starts, times, times_at, start_times, timeline, lower, upper, ends_ms,
    range_ms, reach, divisor_s, out, kind,
):  # fmt: skip
    """What a counter gained in each window, from its start if that is in it (rate, increase).

    `reach` as `rate.extrapolation` writes it. A window whose start is known needs one sample only;
    `kind` is 1 where there is an answer, else 0.
    """
    longest = 1
    for i in range(timeline.size):
        longest = max(longest, starts[i + 1] - starts[i])
    places = np.empty(longest, np.int32)
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        count = 0
        for j in range(starts[i + 1] - start):
            if restarts[start + j]:
                places[count] = j
                count += 1
        next_restart = 0
        for t in range(lower.shape[1]):
            first = lower[line, t]
            last = upper[line, t] - 1
            out[i, t] = 0.0
            kind[i, t] = 0
            if last < first:
                continue
            began = start_times[start + first]
            from_start = (
                began != 0 and began > ends_ms[t] - range_ms and began < times[times_at[i] + first]
            )
            if last == first and not from_start:
                continue
            first_value = values[start + first]
            gained = values[start + last] - first_value
            while next_restart < count and places[next_restart] <= first:
                next_restart += 1
            k = next_restart
            while k < count and places[k] <= last:
                gained += values[start + places[k] - 1]
                k += 1
            if from_start:
                gained += first_value
                sampled = float(times[times_at[i] + last] - began) / 1000
                to_start = 0.0
                # Without a second sample nobody knows how far the series reaches.
                to_end = reach[line, t, 2] if last > first else 0.0
            else:
                sampled = reach[line, t, 0]
                to_start = reach[line, t, 1]
                to_end = reach[line, t, 2]
                if gained > 0 and first_value >= 0:
                    to_start = min(to_start, sampled * (first_value / gained))
            out[i, t] = gained * ((sampled + to_start + to_end) / sampled / divisor_s)
            kind[i, t] = 1
