"""Functions of how a series moves between its samples: rate, increase, delta, irate, resets.

What depends on times only (how far a window's samples reach, how much to extrapolate) is settled
once per timeline by `extrapolation`; a series then costs one pass over its samples and a few
operations a window. Windows are `lower[timeline, t]:upper[timeline, t]`, counted from a series'
first sample; a window with too few samples gets 0.0, and its absence is the caller's to note.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

THRESHOLD = 1.1
"""A gap at the edge below this many average spacings means that the series reaches the edge."""

ZERO_MARGIN = 1.0 + 1e-9
"""Surely no clamp at zero when the first value exceeds its limit by this: saves a division."""


@kernel(
    "void(const int64[::1], const int64[::1], const int32[:, ::1], const int32[:, ::1],"
    " const int64[::1], int64, float64, float64[:, :, ::1])"
)
def extrapolation(times, times_at, lower, upper, ends_ms, range_ms, divisor_s, reach):
    """How far each window's samples reach, for windows of at least two samples.

    `times_at[l]` is where timeline l begins in `times`. Writes `reach[l, t]`: (seconds between
    first and last sample, seconds to extrapolate at the start, at the end, and the factor that
    the difference of the last and first sample is multiplied by). `divisor_s` is the range for a
    rate, 1 for an increase.
    """
    for line in range(lower.shape[0]):
        at = times_at[line]
        for t in range(lower.shape[1]):
            first = lower[line, t]
            last = upper[line, t] - 1
            if last <= first:
                continue
            first_ms = times[at + first]
            last_ms = times[at + last]
            sampled = float(last_ms - first_ms) / 1000
            spacing = sampled / float(last - first)
            to_start = float(first_ms - (ends_ms[t] - range_ms)) / 1000
            to_end = float(ends_ms[t] - last_ms) / 1000
            if to_start >= spacing * THRESHOLD:
                to_start = spacing / 2
            if to_end >= spacing * THRESHOLD:
                to_end = spacing / 2
            reach[line, t, 0] = sampled
            reach[line, t, 1] = to_start
            reach[line, t, 2] = to_end
            reach[line, t, 3] = (sampled + to_start + to_end) / sampled / divisor_s


@kernel("int64(const float64[::1], int64, int64, int32[::1])")
def find_resets(values, start, end, found):
    """Where `values[start:end]` falls below its predecessor; returns how many places.

    `found` gets the places counted from `start`.
    """
    count = 0
    previous = values[start]
    for j in range(start + 1, end):
        value = values[j]
        if value < previous:
            found[count] = j - start
            count += 1
        previous = value
    return count


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], const float64[:, :, ::1], float64, float64[:, ::1])"
)
def extrapolated_increase(values, starts, timeline, lower, upper, reach, divisor_s, out):
    """What a counter gained in each window, extrapolated to its edges (rate, increase).

    At a reset the counter started from zero again. The start is not extrapolated beyond the
    moment where the counter would have been zero.
    """
    steps = lower.shape[1]
    longest = 1
    for i in range(timeline.size):
        longest = max(longest, starts[i + 1] - starts[i])
    resets = np.empty(longest, np.int32)
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        count = 0
        if starts[i + 1] > start:
            count = find_resets(values, start, starts[i + 1], resets)
        next_reset = 0
        for t in range(steps):
            first = lower[line, t]
            last = upper[line, t] - 1
            if last <= first:
                out[i, t] = 0.0
                continue
            first_value = values[start + first]
            gained = values[start + last] - first_value
            while next_reset < count and resets[next_reset] <= first:
                next_reset += 1
            k = next_reset
            while k < count and resets[k] <= last:
                gained += values[start + resets[k] - 1]
                k += 1
            factor = reach[line, t, 3]
            if gained > 0 and first_value >= 0:
                sampled = reach[line, t, 0]
                to_start = reach[line, t, 1]
                if first_value * sampled <= gained * to_start * ZERO_MARGIN:
                    to_zero = sampled * (first_value / gained)
                    if to_zero < to_start:
                        factor = (sampled + to_zero + reach[line, t, 2]) / sampled / divisor_s
            out[i, t] = gained * factor


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], const float64[:, :, ::1], float64[:, ::1])"
)
def extrapolated_delta(values, starts, timeline, lower, upper, reach, out):
    """How much a gauge changed in each window, extrapolated to its edges (delta)."""
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        for t in range(lower.shape[1]):
            first = lower[line, t]
            last = upper[line, t] - 1
            if last <= first:
                out[i, t] = 0.0
                continue
            out[i, t] = (values[start + last] - values[start + first]) * reach[line, t, 3]


@kernel(
    "void(const float64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int32[::1], const int32[:, ::1], const int32[:, ::1], float64[:, ::1])"
)
def instant_rate(values, starts, times, times_at, timeline, lower, upper, out):
    """The gain per second between the last two samples of each window (irate).

    After a reset it is the last value alone.
    """
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(lower.shape[1]):
            last = upper[line, t] - 1
            if last <= lower[line, t]:
                out[i, t] = 0.0
                continue
            at = starts[i] + last
            gained = values[at]
            if not gained < values[at - 1]:
                gained -= values[at - 1]
            at = times_at[i] + last
            out[i, t] = gained / (float(times[at] - times[at - 1]) / 1000)


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def instant_delta(values, starts, timeline, lower, upper, out):
    """The difference of the last two samples of each window (idelta)."""
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(lower.shape[1]):
            last = upper[line, t] - 1
            if last <= lower[line, t]:
                out[i, t] = 0.0
                continue
            at = starts[i] + last
            out[i, t] = values[at] - values[at - 1]


@kernel("void(int32[::1], const int32[:, ::1], const int32[:, ::1], int64, int64, float64[:, ::1])")
def write_counts(seen, lower, upper, line, i, out):
    """What happened within each window, from a running count of what happened before a sample."""
    for t in range(lower.shape[1]):
        first = lower[line, t]
        last = upper[line, t] - 1
        out[i, t] = float(seen[last] - seen[first]) if last >= first else 0.0


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def count_resets(values, starts, timeline, lower, upper, out):
    """How often a value fell below its predecessor within each window (resets)."""
    longest = 1
    for i in range(timeline.size):
        longest = max(longest, starts[i + 1] - starts[i])
    seen = np.zeros(longest, np.int32)
    for i in range(timeline.size):
        start = starts[i]
        for j in range(1, starts[i + 1] - start):
            fell = values[start + j] < values[start + j - 1]
            seen[j] = seen[j - 1] + np.int32(fell)
        write_counts(seen, lower, upper, timeline[i], i, out)


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], float64[:, ::1])"
)
def count_changes(values, starts, timeline, lower, upper, out):
    """How often a value differed from its predecessor within each window (changes).

    NaN after NaN is no change.
    """
    longest = 1
    for i in range(timeline.size):
        longest = max(longest, starts[i + 1] - starts[i])
    seen = np.zeros(longest, np.int32)
    for i in range(timeline.size):
        start = starts[i]
        for j in range(1, starts[i + 1] - start):
            value = values[start + j]
            previous = values[start + j - 1]
            changed = value != previous and not (np.isnan(value) and np.isnan(previous))
            seen[j] = seen[j - 1] + np.int32(changed)
        write_counts(seen, lower, upper, timeline[i], i, out)
