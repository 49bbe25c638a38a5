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
