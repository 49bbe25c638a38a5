"""Range vectors: window bounds once per timeline, and columns without their stale markers."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel
from narthex.promql.kernels.select import STALE_BITS


@kernel(
    "void(const int64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int64[::1], int64, int32[:, ::1], int32[:, ::1])"
)
def window_bounds(times, starts, times_at, first_row, ends, range_ms, lower, upper):
    """For each timeline and step the samples in (end - range, end]: lower <= j < upper.

    `first_row` int64[L], `ends` int64[T] never descending; writes int32[L, T], counted from the
    series' first sample.
    """
    for line in range(first_row.size):
        row = first_row[line]
        at = times_at[row]
        length = starts[row + 1] - starts[row]
        low = 0
        high = 0
        for t in range(ends.size):
            end = ends[t]
            while high < length and times[at + high] <= end:
                high += 1
            while low < high and times[at + low] <= end - range_ms:
                low += 1
            lower[line, t] = low
            upper[line, t] = high


@kernel(
    "int64(const float64[::1], const int64[::1], const int64[::1], const int64[::1], int64,"
    " float64[::1], int64[::1], int64[::1], int64[::1])"
)
def drop_stale(
    values, starts, times_at, times, times_used, out_values, out_starts, out_times_at, out_times
):
    """Copy samples without stale markers; a series that loses some gets times of its own.

    `out_times` begins with a copy of all `times` (`times_used` of them) and has room for those of
    the series concerned behind it. Returns how much of it is used.
    """
    at = 0
    for i in range(times_at.size):
        out_starts[i] = at
        lost = 0
        for j in range(starts[i], starts[i + 1]):
            v = values[j]
            if np.float64(v).view(np.uint64) == STALE_BITS:
                lost += 1
            else:
                out_values[at] = v
                at += 1
        out_times_at[i] = times_at[i]
        if lost:
            out_times_at[i] = times_used
            for j in range(starts[i + 1] - starts[i]):
                if np.float64(values[starts[i] + j]).view(np.uint64) != STALE_BITS:
                    out_times[times_used] = times[times_at[i] + j]
                    times_used += 1
    out_starts[times_at.size] = at
    return times_used


@kernel("int64(const int32[:, ::1], const int32[:, ::1], const int32[::1])")
def samples_in_windows(lower, upper, timeline):
    """Samples in all windows of all series together."""
    lines = np.zeros(lower.shape[0], np.int64)
    for line in range(lower.shape[0]):
        for t in range(lower.shape[1]):
            lines[line] += upper[line, t] - lower[line, t]
    count = 0
    for i in range(timeline.size):
        count += lines[timeline[i]]
    return count
