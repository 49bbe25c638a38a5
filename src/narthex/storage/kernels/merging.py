"""Samples of the same series from several sources, brought together in order of time."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel


@kernel("boolean(const int64[:, ::1], const int64[:, ::1], int64)")
def same_times_as_before(starts, times_at, i):
    """Whether series `i` has, part by part, the times of series `i - 1`."""
    if i == 0:
        return False
    for p in range(times_at.shape[0]):
        size = starts[p, i + 1] - starts[p, i]
        if times_at[p, i] != times_at[p, i - 1] or size != starts[p, i] - starts[p, i - 1]:
            return False
    return True


@kernel("UniTuple(int64, 2)(const int64[::1], const int64[:, ::1], const int64[:, ::1], int64)")
def order_of_parts(times, starts, times_at, i):
    """How many parts have samples of series `i`, as a negative number if they overlap; the last."""
    sources = 0
    last_part = 0
    last_ms = np.int64(-(2**63))
    ordered = True
    for p in range(times_at.shape[0]):
        size = starts[p, i + 1] - starts[p, i]
        if size > 0:
            if sources > 0 and times[times_at[p, i]] <= last_ms:
                ordered = False
            sources += 1
            last_part = p
            last_ms = times[times_at[p, i] + size - 1]
    return (sources if ordered else -sources), last_part


@kernel(
    "int64(const uint64[::1], const int64[::1], const int64[:, ::1], const int64[:, ::1], int64,"
    " uint64[::1], int64, int64[::1], int64, int64[::1])"
)
def interleave(values, times, starts, times_at, i, out_values, at, own_times, own, cursors):
    """Merge the parts of series `i` whose times overlap; returns how many samples that makes."""
    parts = times_at.shape[0]
    cursors[:] = 0
    count = 0
    while True:
        chosen = -1
        next_ms = np.int64(0)
        for p in range(parts):
            if cursors[p] < starts[p, i + 1] - starts[p, i]:
                time = times[times_at[p, i] + cursors[p]]
                if chosen < 0 or time <= next_ms:
                    next_ms = time
                    chosen = p
        if chosen < 0:
            return count
        out_values[at + count] = values[starts[chosen, i] + cursors[chosen]]
        own_times[own + count] = next_ms
        count += 1
        for p in range(parts):
            left = starts[p, i + 1] - starts[p, i] - cursors[p]
            if left > 0 and times[times_at[p, i] + cursors[p]] == next_ms:
                cursors[p] += 1


@kernel(
    "UniTuple(int64, 2)(const uint64[::1], const int64[::1], const int64[:, ::1],"
    " const int64[:, ::1], uint64[::1], int64[::1], int64[::1], int64[::1], int64)"
)
def merge_parts(
    values, times, starts, times_at, out_values, out_starts, out_times_at, own_times, own_base
):
    """Merge `p` parts of `n` series; of two samples at one time that of the later part is kept.

    `starts` int64[p, n + 1] and `times_at` int64[p, n] address `values` and `times`. A series that
    comes from one part keeps its place in `times`; else its times go to `own_times`, whose places
    count from `own_base`, shared with the series before when they are the same. Returns how many
    values and own times there are.
    """
    parts, n = times_at.shape
    cursors = np.empty(parts, np.int64)
    at = 0
    own = 0
    for i in range(n):
        out_starts[i] = at
        sources, last_part = order_of_parts(times, starts, times_at, i)
        if sources < 0:
            out_times_at[i] = own_base + own
            count = interleave(
                values, times, starts, times_at, i, out_values, at, own_times, own, cursors
            )
            at += count
            own += count
            continue
        shared = sources > 1 and same_times_as_before(starts, times_at, i)
        if sources <= 1:
            out_times_at[i] = times_at[last_part, i]
        elif shared:
            out_times_at[i] = out_times_at[i - 1]
        else:
            out_times_at[i] = own_base + own
        for p in range(parts):
            size = starts[p, i + 1] - starts[p, i]
            for j in range(size):
                out_values[at] = values[starts[p, i] + j]
                at += 1
            if sources > 1 and not shared:
                for j in range(size):
                    own_times[own] = times[times_at[p, i] + j]
                    own += 1
    out_starts[n] = at
    return at, own


@kernel(
    "int64(const int64[::1], const int64[:, ::1], const int64[:, ::1], int64[::1], int64[::1],"
    " int64[::1], int64)"
)
def join_times(times, starts, times_at, out_starts, out_times_at, own_times, own_base):
    """As `merge_parts` of parts that do not overlap, but for the values; -1 when some do."""
    parts, n = times_at.shape
    own = 0
    out_starts[0] = 0
    for i in range(n):
        sources, last_part = order_of_parts(times, starts, times_at, i)
        if sources < 0:
            return -1
        count = 0
        for p in range(parts):
            count += starts[p, i + 1] - starts[p, i]
        out_starts[i + 1] = out_starts[i] + count
        if sources <= 1:
            out_times_at[i] = times_at[last_part, i]
        elif same_times_as_before(starts, times_at, i):
            out_times_at[i] = out_times_at[i - 1]
        else:
            out_times_at[i] = own_base + own
            for p in range(parts):
                size = starts[p, i + 1] - starts[p, i]
                own_times[own : own + size] = times[times_at[p, i] : times_at[p, i] + size]
                own += size
    return own


@kernel("void(const float64[::1], const int64[::1], float64[::1], int64[::1])")
def append_part(values, starts, out, filled):
    """Copy the values of each series to `out[filled[i]:]`, and move `filled[i]` behind them."""
    for i in range(filled.size):
        size = starts[i + 1] - starts[i]
        out[filled[i] : filled[i] + size] = values[starts[i] : starts[i + 1]]
        filled[i] += size


@kernel("void(uint64[::1], uint64)")
def keep_markers(values, marker):
    """Make every value that is not the stale marker zero."""
    for i in range(values.size):
        if values[i] != marker:
            values[i] = np.uint64(0)
