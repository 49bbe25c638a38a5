"""Samples of the same series from several sources, brought together in order of time."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel


@kernel(
    "UniTuple(int64, 2)(const uint64[::1], const int64[::1], const int64[:, ::1],"
    " const int64[:, ::1], uint64[::1], int64[::1], int64[::1], int64[::1], int64)"
)
def merge_parts(
    values, times, starts, times_at, out_values, out_starts, out_times_at, own_times, own_base
):  # fmt: skip
    """Merge `p` parts of `n` series; of two samples at one time that of the later part is kept.

    `starts` int64[p, n + 1] and `times_at` int64[p, n] address `values` and `times`. A series that
    comes from one part keeps its place in `times`; else its times go to `own_times`, whose places
    count from `own_base`, shared with the series before when they are the same. Returns how many
    values and own times there are.
    """
    parts = starts.shape[0]
    n = times_at.shape[1]
    cursors = np.empty(parts, np.int64)
    at = 0
    own = 0
    for i in range(n):
        out_starts[i] = at
        sources = 0
        only = 0
        same_as_before = i > 0
        ordered = True
        last_ms = np.int64(-(2**63))
        for p in range(parts):
            size = starts[p, i + 1] - starts[p, i]
            if same_as_before and (
                times_at[p, i] != times_at[p, i - 1] or size != starts[p, i] - starts[p, i - 1]
            ):
                same_as_before = False
            if size == 0:
                continue
            sources += 1
            only = p
            if sources > 1 and times[times_at[p, i]] <= last_ms:
                ordered = False
            last_ms = times[times_at[p, i] + size - 1]
        if sources <= 1:
            out_times_at[i] = times_at[only, i]
            for j in range(starts[only, i], starts[only, i + 1]):
                out_values[at] = values[j]
                at += 1
            continue
        if ordered:
            if same_as_before:
                out_times_at[i] = out_times_at[i - 1]
            else:
                out_times_at[i] = own_base + own
            for p in range(parts):
                size = starts[p, i + 1] - starts[p, i]
                for j in range(size):
                    out_values[at] = values[starts[p, i] + j]
                    at += 1
                if not same_as_before:
                    for j in range(size):
                        own_times[own] = times[times_at[p, i] + j]
                        own += 1
            continue
        out_times_at[i] = own_base + own
        cursors[:] = 0
        while True:
            next_ms = np.int64(2**63 - 1)
            chosen = -1
            for p in range(parts):
                if cursors[p] < starts[p, i + 1] - starts[p, i]:
                    time = times[times_at[p, i] + cursors[p]]
                    if chosen < 0 or time <= next_ms:
                        next_ms = time
                        chosen = p
            if chosen < 0:
                break
            out_values[at] = values[starts[chosen, i] + cursors[chosen]]
            own_times[own] = next_ms
            at += 1
            own += 1
            for p in range(parts):
                left = starts[p, i + 1] - starts[p, i] - cursors[p]
                if left > 0 and times[times_at[p, i] + cursors[p]] == next_ms:
                    cursors[p] += 1
    out_starts[n] = at
    return at, own


@kernel("void(uint64[::1], uint64)")
def keep_markers(values, marker):
    """Make every value that is not the stale marker zero."""
    for i in range(values.size):
        if values[i] != marker:
            values[i] = np.uint64(0)
