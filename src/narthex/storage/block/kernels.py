"""Kernels between columns and chunks: which series share their times, and cutting to a range."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.hashing import HASH_KEY_1, HASH_KEY_2, multiply_128
from narthex.storage.page.kernels import STALE_BITS, read_timeline


@kernel("void(const int64[::1], const int64[::1], const int64[::1], uint64, uint64[:, ::1])")
def hash_timelines(times, at, counts, seed, digests):
    """128 bits, keyed by `seed`, of each `times[at[i]:at[i] + counts[i]]`."""
    for i in range(at.size):
        first = HASH_KEY_1 ^ seed ^ np.uint64(counts[i])
        second = HASH_KEY_2 ^ seed
        for j in range(at[i], at[i] + counts[i]):
            word = np.uint64(times[j])
            high, low = multiply_128(word ^ first, HASH_KEY_2)
            first = np.uint64(high ^ low)
            high, low = multiply_128(word ^ second, HASH_KEY_1)
            second = np.uint64(high ^ low) + first
        digests[i, 0] = first
        digests[i, 1] = second


@kernel("void(const float64[::1], const int64[::1], uint8[::1])")
def mark_stale_series(values, starts, marked):
    """Set `marked[i]` where series `i` holds a stale marker."""
    bits = values.view(np.int64)
    for i in range(starts.size - 1):
        found = np.int64(0)
        for j in range(starts[i], starts[i + 1]):
            found |= np.int64(bits[j] == STALE_BITS)
        marked[i] = found


@kernel("void(const float64[::1], const int64[::1], const int64[::1], float64[::1], int64[::1])")
def reorder_series(values, starts, order, out, out_starts):
    """The series in another order: series `k` of the result is series `order[k]`."""
    at = 0
    out_starts[0] = 0
    for k in range(order.size):
        for j in range(starts[order[k]], starts[order[k] + 1]):
            out[at] = values[j]
            at += 1
        out_starts[k + 1] = at


@kernel(
    "boolean(const int64[:, ::1], const int64[::1], int64, const int64[::1], int64[::1],"
    " int64[:, ::1])"
)
def count_timelines(cells, first_row, window, counts, ids, before):
    """The timeline of each group of rows in one window, and how many samples come before the next.

    `cells` int64[n, windows] of which group `g` is row `first_row[g]`; writes `ids` int64[groups]
    (none: -1) and column `window + 1` of `before` int64[groups, windows + 1]. Whether all ids are
    below the length of `counts`.
    """
    for g in range(ids.size):
        i = (cells[first_row[g], window] >> 1) - 1
        if i >= counts.size:
            return False
        ids[g] = i
        before[g, window + 1] = before[g, window] + (counts[i] if i >= 0 else 0)
    return True


@kernel(
    "boolean(const uint8[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int64[::1], int64[::1])"
)
def place_timelines(data, offsets, counts, ids, to, times):
    """Decode timeline `ids[k]` (none: -1) to `times[to[k]:]`; whether all were well formed."""
    for k in range(ids.size):
        i = ids[k]
        if i < 0:
            continue
        if read_timeline(data, offsets[i], counts[i], times, to[k]) != offsets[i + 1]:
            return False
    return True


@kernel("void(const int64[::1], const int64[::1], int64, int64, int64[::1], int64[::1])")
def cut_timelines(times, starts, start_ms, end_ms, lows, highs):
    """Where [start, end] begins and ends in each ascending `times[starts[i]:starts[i + 1]]`."""
    for i in range(starts.size - 1):
        part = times[starts[i] : starts[i + 1]]
        lows[i] = np.searchsorted(part, start_ms)
        highs[i] = max(lows[i], np.searchsorted(part, end_ms, side="right"))


@kernel(
    "void(const int32[::1], const int64[::1], const int64[:, ::1], const int64[::1],"
    " const int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])"
)
def lay_rows(
    group_of_row, first_time, before, lows, highs, at, starts, full_starts, froms, lengths
):
    """Where each row's times and samples lie, from what is known of its group.

    The group's times begin at `first_time[g]`, of which `lows[g]` to `highs[g]` are in the range;
    `before[g]` counts its samples before each window. Writes for each row where its times in the
    range begin (`at`) and how many there are (`lengths`); the bounds of its samples in the range
    (`starts`) and in whole windows (`full_starts`); and where those in the range begin among these
    (`froms`).
    """
    starts[0] = 0
    full_starts[0] = 0
    windows = before.shape[1] - 1
    for i in range(group_of_row.size):
        g = group_of_row[i]
        at[i] = first_time[g] + lows[g]
        lengths[i] = highs[g] - lows[g]
        starts[i + 1] = starts[i] + lengths[i]
        full_starts[i + 1] = full_starts[i] + before[g, windows]
        froms[i] = full_starts[i] + lows[g]


@kernel(
    "int64(const int64[:, ::1], int64, const int32[::1], const int64[:, ::1], const int64[::1],"
    " const int64[::1], const int64[::1], const int64[::1], int64[:, ::1])"
)
def list_pages(cells, needed, group_of_row, before, full_starts, chunk, step, series, pages):
    """The pages that hold the samples of `cells` that have any bit of `needed`, window by window.

    Row `i` is number `series[i]` of chunk `chunk[i] + w * step[i]` in window `w`. Writes for each
    page its chunk, its series, how many samples it must have and where they belong, int64[4, m]
    (room for all cells), and returns how many there are.
    """
    count = 0
    for w in range(cells.shape[1]):
        for i in range(cells.shape[0]):
            if cells[i, w] & needed:
                g = group_of_row[i]
                pages[0, count] = chunk[i] + w * step[i]
                pages[1, count] = series[i]
                pages[2, count] = before[g, w + 1] - before[g, w]
                pages[3, count] = full_starts[i] + before[g, w]
                count += 1
    return count


@kernel("boolean(const int64[::1], const int64[::1], const int64[::1])")
def counts_agree(held, series, counts):
    """Whether a chunk that holds `held[s]` samples of series `s` has `counts[k]` of `series[k]`."""
    for k in range(series.size):
        if series[k] >= held.size or held[series[k]] != counts[k]:
            return False
    return True


@kernel("void(float64[::1], const int64[::1], const int64[::1], const int64[::1])")
def close_gaps(values, froms, lengths, starts):
    """Move `lengths[i]` values from `froms[i]` down to `starts[i]`, in place, in order."""
    for i in range(froms.size):
        source = froms[i]
        target = starts[i]
        if source == target:
            continue
        for j in range(lengths[i]):
            values[target + j] = values[source + j]
