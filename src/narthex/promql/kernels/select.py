"""From columns of samples to cells: which sample a step sees, found once per timeline.

Series of one target have the same times, so the walk over times is done for a timeline and the
series only pick up their values at the places found. The stale marker is compared as bits.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.hashing import HASH_KEY_1, HASH_KEY_2, TABLE_SHIFT

STALE_BITS = np.uint64(0x7FF0000000000002)


@kernel("int64(const int64[::1], const int64[::1], int32[::1], int64[::1])")
def number_timelines(starts, times_at, timeline, first_row):
    """Number the distinct (times_at, length) of n series, in order of appearance.

    Writes `timeline` int32[n] and for each number the series where it appeared first (`first_row`,
    room for n). Returns how many there are.
    """
    n = times_at.size
    size = 16
    while size < 2 * n:
        size *= 2
    table = np.zeros(size, np.int32)
    mask = size - 1
    count = 0
    for i in range(n):
        length = starts[i + 1] - starts[i]
        key = np.uint64(times_at[i]) * HASH_KEY_1 ^ np.uint64(length) * HASH_KEY_2
        slot = np.int64(key >> TABLE_SHIFT) & mask
        while True:
            held = table[slot]
            if held == 0:
                table[slot] = count + 1
                first_row[count] = i
                timeline[i] = count
                count += 1
                break
            other = first_row[held - 1]
            if times_at[other] == times_at[i] and starts[other + 1] - starts[other] == length:
                timeline[i] = held - 1
                break
            slot = (slot + 1) & mask
    return count


@kernel(
    "boolean(const int64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int64[::1], int64, int32[:, ::1])"
)
def newest_at_steps(times, starts, times_at, first_row, moments, lookback, index):
    """For each timeline and moment the newest sample in (moment - lookback, moment], -1: none.

    `first_row` int64[L], `moments` int64[T] never descending; writes `index` int32[L, T], counted
    from the series' first sample. Returns whether every moment of every timeline has one.
    """
    complete = True
    for line in range(first_row.size):
        row = first_row[line]
        at = times_at[row]
        length = starts[row + 1] - starts[row]
        j = 0
        for t in range(moments.size):
            moment = moments[t]
            while j < length and times[at + j] <= moment:
                j += 1
            if j > 0 and times[at + j - 1] > moment - lookback:
                index[line, t] = j - 1
            else:
                index[line, t] = -1
                complete = False
    return complete


@kernel(
    "boolean(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " float64[:, ::1])"
)
def gather_complete(values, starts, timeline, index, out):
    """Pick up values where every index is a sample; False at the first stale marker."""
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        stale = False
        for t in range(index.shape[1]):
            v = values[start + index[line, t]]
            out[i, t] = v
            stale |= np.float64(v).view(np.uint64) == STALE_BITS
        if stale:
            return False
    return True


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " float64[:, ::1], uint8[:, ::1])"
)
def gather(values, starts, timeline, index, out, kind):
    """Pick up values; `kind` is 1 where there is a sample that is no stale marker, else 0."""
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        for t in range(index.shape[1]):
            j = index[line, t]
            out[i, t] = 0.0
            kind[i, t] = 0
            if j >= 0:
                v = values[start + j]
                if np.float64(v).view(np.uint64) != STALE_BITS:
                    out[i, t] = v
                    kind[i, t] = 1


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " uint8[:, ::1])"
)
def gather_presence(values, starts, timeline, index, kind):
    """As `gather`, kinds alone."""
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        stale = False
        for j in range(start, starts[i + 1]):
            stale |= np.float64(values[j]).view(np.uint64) == STALE_BITS
        if stale:
            for t in range(index.shape[1]):
                j = index[line, t]
                kind[i, t] = j >= 0 and np.float64(values[start + j]).view(np.uint64) != STALE_BITS
        else:
            for t in range(index.shape[1]):
                kind[i, t] = index[line, t] >= 0


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int64[::1], const int64[::1], float64[:, ::1], uint8[:, ::1])"
)
def gather_times(values, starts, timeline, index, times, times_at, out, kind):
    """As `gather`, but the cells are the samples' times in seconds."""
    for i in range(timeline.size):
        line = timeline[i]
        start = starts[i]
        for t in range(index.shape[1]):
            j = index[line, t]
            out[i, t] = 0.0
            kind[i, t] = 0
            if j >= 0 and np.float64(values[start + j]).view(np.uint64) != STALE_BITS:
                out[i, t] = times[times_at[i] + j] / 1000.0
                kind[i, t] = 1


@kernel("int64(const float64[::1])")
def count_stale(values):
    """How many stale markers there are."""
    count = 0
    for i in range(values.size):
        count += np.float64(values[i]).view(np.uint64) == STALE_BITS
    return count


@kernel("int64(const uint8[:, ::1])")
def count_present(kind):
    """How many cells hold a sample."""
    count = 0
    for i in range(kind.shape[0]):
        for t in range(kind.shape[1]):
            count += kind[i, t] != 0
    return count


@kernel("void(const uint8[:, ::1], uint8[::1])")
def rows_present(kind, present):
    """Which series hold a sample at some step, uint8[n]."""
    for i in range(kind.shape[0]):
        present[i] = 0
        for t in range(kind.shape[1]):
            if kind[i, t] != 0:
                present[i] = 1
                break
