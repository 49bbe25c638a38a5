"""Rows of a group to one row, step by step.

Accumulators are matrices of groups x steps. A kernel that takes `kind` reads no cell whose kind is
not 1; an empty `kind` (0 rows) means that every cell is a float. `seen` counts what went into a
cell. Sums are Neumaier's: `comp` holds what the running sum lost, and is zero once it is infinite.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

ROWS = "const float64[:, ::1], const uint8[:, ::1], const int32[::1]"


@kernel(f"void({ROWS}, float64[:, ::1], float64[:, ::1], int64[:, ::1])")
def sum_rows(values, kind, group_of_row, total, comp, seen):
    """Add rows to their groups."""
    dense = kind.shape[0] == 0
    for i in range(values.shape[0]):
        g = group_of_row[i]
        for t in range(values.shape[1]):
            v = values[i, t]
            s = total[g, t]
            added = s + v
            if np.isinf(added):
                c = 0.0
            elif abs(s) >= abs(v):
                c = comp[g, t] + ((s - added) + v)
            else:
                c = comp[g, t] + ((v - added) + s)
            if dense or kind[i, t] == 1:
                total[g, t] = added
                comp[g, t] = c
                seen[g, t] += 1


@kernel(
    "void(const float64[:, ::1], const float64[:, ::1], const int64[:, ::1], const int32[::1],"
    " float64[:, ::1], float64[:, ::1], int64[:, ::1])"
)
def merge_sums(part, part_comp, part_seen, group_of_row, total, comp, seen):
    """Add sums of a batch to those of all."""
    for i in range(part.shape[0]):
        g = group_of_row[i]
        for t in range(part.shape[1]):
            if part_seen[i, t] == 0:
                continue
            v = part[i, t]
            s = total[g, t]
            added = s + v
            if np.isinf(added):
                comp[g, t] = 0.0
            elif abs(s) >= abs(v):
                comp[g, t] += part_comp[i, t] + ((s - added) + v)
            else:
                comp[g, t] += part_comp[i, t] + ((v - added) + s)
            total[g, t] = added
            seen[g, t] += part_seen[i, t]


@kernel("void(const uint8[:, ::1], const int32[::1], int64[:, ::1])")
def count_rows(kind, group_of_row, seen):
    """Count the present cells of each group; here every kind but 0 counts."""
    for i in range(kind.shape[0]):
        g = group_of_row[i]
        for t in range(kind.shape[1]):
            seen[g, t] += kind[i, t] != 0


@kernel(f"void({ROWS}, float64[:, ::1], int64[:, ::1])")
def min_rows(values, kind, group_of_row, least, seen):
    """The least of each group; NaN only when all are."""
    dense = kind.shape[0] == 0
    for i in range(values.shape[0]):
        g = group_of_row[i]
        for t in range(values.shape[1]):
            if dense or kind[i, t] == 1:
                v = values[i, t]
                held = least[g, t]
                if seen[g, t] == 0 or v < held or held != held:
                    least[g, t] = v
                seen[g, t] += 1


@kernel(f"void({ROWS}, float64[:, ::1], int64[:, ::1])")
def max_rows(values, kind, group_of_row, most, seen):
    """The greatest of each group; NaN only when all are."""
    dense = kind.shape[0] == 0
    for i in range(values.shape[0]):
        g = group_of_row[i]
        for t in range(values.shape[1]):
            if dense or kind[i, t] == 1:
                v = values[i, t]
                held = most[g, t]
                if seen[g, t] == 0 or v > held or held != held:
                    most[g, t] = v
                seen[g, t] += 1


@kernel(f"void({ROWS}, float64[:, ::1], float64[:, ::1], int64[:, ::1])")
def deviate_rows(values, kind, group_of_row, mean, squares, seen):
    """Welford's running mean and sum of squared differences from it."""
    dense = kind.shape[0] == 0
    for i in range(values.shape[0]):
        g = group_of_row[i]
        for t in range(values.shape[1]):
            if dense or kind[i, t] == 1:
                v = values[i, t]
                count = seen[g, t] + 1
                seen[g, t] = count
                if count == 1:
                    mean[g, t] = v
                    squares[g, t] = 0.0 if np.isfinite(v) else np.nan
                else:
                    delta = v - mean[g, t]
                    mean[g, t] += delta / count
                    squares[g, t] += delta * (v - mean[g, t])


@kernel(
    "void(const float64[:, ::1], const float64[:, ::1], const int64[:, ::1], const int32[::1],"
    " float64[:, ::1], float64[:, ::1], int64[:, ::1])"
)
def merge_deviations(part, part_squares, part_seen, group_of_row, mean, squares, seen):
    """Join the means and squares of a batch to those of all (Chan, Golub, LeVeque, 1979)."""
    for i in range(part.shape[0]):
        g = group_of_row[i]
        for t in range(part.shape[1]):
            more = part_seen[i, t]
            if more == 0:
                continue
            have = seen[g, t]
            if have == 0:
                mean[g, t] = part[i, t]
                squares[g, t] = part_squares[i, t]
            else:
                delta = part[i, t] - mean[g, t]
                both = have + more
                mean[g, t] += delta * more / both
                squares[g, t] += part_squares[i, t] + delta * delta * have * more / both
            seen[g, t] = have + more


@kernel("void(float64[::1], int64)")
def sort_ascending(values, count):
    """Sort `values[:count]` in place; no NaN among them. Heap sort: no worst case."""
    start = count // 2
    end = count
    while end > 1:
        if start > 0:
            start -= 1
        else:
            end -= 1
            values[end], values[0] = values[0], values[end]
        root = start
        while True:
            child = 2 * root + 1
            if child >= end:
                break
            if child + 1 < end and values[child] < values[child + 1]:
                child += 1
            if values[root] >= values[child]:
                break
            values[root], values[child] = values[child], values[root]
            root = child


@kernel("float64(float64[::1], int64, int64)")
def select_rank(values, count, rank):
    """The value that stands at `rank` of `values[:count]` once sorted; no NaN among them.

    Quickselect by Hoare's partition around the median of three, in place: what is before `rank` is
    not greater afterwards, what is behind it not less. Sorts when the halves stay uneven.
    """
    low = 0
    high = count - 1
    rounds = 64
    while low < high:
        rounds -= 1
        if rounds == 0:
            sort_ascending(values, count)
            break
        middle = (low + high) >> 1
        a = values[low]
        b = values[middle]
        c = values[high]
        pivot = max(min(a, b), min(max(a, b), c))
        i = low
        j = high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            break
    return values[rank]


@kernel("float64(float64[::1], int64, int64, float64)")
def quantile_of(values, count, nans, q):
    """The q-quantile of `values[:count]` and `nans` NaN, which rank first; linear between ranks.

    Reorders `values`.
    """
    if count + nans == 0 or q != q:
        return np.nan
    if q < 0:
        return -np.inf
    if q > 1:
        return np.inf
    rank = q * (count + nans - 1)
    lower = np.int64(np.floor(rank))
    weight = rank - lower
    if lower < nans:
        return np.nan
    at = lower - nans
    first = select_rank(values, count, at)
    # Both terms count even at the last rank: an infinity times a weight of zero is NaN.
    second = first
    if at + 1 < count:
        second = values[at + 1]
        for i in range(at + 2, count):
            second = min(second, values[i])
    return first * (1 - weight) + second * weight


@kernel(
    "void(const float64[:, ::1], const uint8[:, ::1], const int64[::1], const int64[::1],"
    " const float64[::1], int64, int64, float64[:, ::1], uint8[:, ::1])"
)
def quantile_groups(values, kind, rows, bounds, q, start, end, out, out_kind):
    """The q-quantile of each group at steps [start, end).

    `rows[bounds[g]:bounds[g + 1]]` are those of group g, `q` float64[T]. Steps go in blocks of
    eight, so that a cache line of a row is read once.
    """
    dense = kind.shape[0] == 0
    widest = 0
    for g in range(bounds.size - 1):
        widest = max(widest, bounds[g + 1] - bounds[g])
    held = np.empty((8, widest), np.float64)
    counts = np.zeros(8, np.int64)
    nans = np.zeros(8, np.int64)
    for g in range(bounds.size - 1):
        for first in range(start, end, 8):
            last = min(first + 8, end)
            counts[:] = 0
            nans[:] = 0
            for r in range(bounds[g], bounds[g + 1]):
                row = rows[r]
                for t in range(first, last):
                    if dense or kind[row, t] == 1:
                        k = t - first
                        v = values[row, t]
                        if v != v:
                            nans[k] += 1
                        else:
                            held[k, counts[k]] = v
                            counts[k] += 1
            for t in range(first, last):
                k = t - first
                out_kind[g, t] = counts[k] + nans[k] > 0
                if out_kind[g, t]:
                    out[g, t] = quantile_of(held[k], counts[k], nans[k], q[t])


@kernel("boolean(float64, int64, float64, int64, boolean)")
def _ranks_below(value, row, other, other_row, largest):
    # Whether (value, row) is the worse of the two: NaN last, then by value, then the later row.
    if value != value or other != other:
        if value != value and other != other:
            return row > other_row
        return value != value
    if value == other:
        return row > other_row
    return value < other if largest else value > other


@kernel("int64(float64[::1], int64[::1], int64, int64, float64, int64, boolean)")
def take_in(values, rows, size, room, value, row, largest):
    """Take a cell into the heap of the best so far, whose root is the worst of them; the new size.

    When the heap is full the root goes; the cell must be better.
    """
    if size < room:
        at = size
        while at > 0:
            parent = (at - 1) // 2
            if not _ranks_below(value, row, values[parent], rows[parent], largest):
                break
            values[at] = values[parent]
            rows[at] = rows[parent]
            at = parent
        values[at] = value
        rows[at] = row
        return size + 1
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        other = child + 1
        if other < size and _ranks_below(
            values[other], rows[other], values[child], rows[child], largest
        ):
            child = other
        if not _ranks_below(values[child], rows[child], value, row, largest):
            break
        values[at] = values[child]
        rows[at] = rows[child]
        at = child
    values[at] = value
    rows[at] = row
    return size


@kernel(
    "void(const float64[:, ::1], const uint8[:, ::1], const int64[::1], const int64[::1],"
    " const int64[::1], boolean, int64, int64, uint8[:, ::1])"
)
def best_of_groups(values, kind, rows, bounds, k, largest, start, end, chosen):
    """Mark the `k[t]` largest (or smallest) cells of each group at steps [start, end) in `chosen`.

    `chosen` uint8[n, T] comes in as zeros. NaN is worse than any number. Steps go in blocks of
    eight, so that a cache line of a row is read once.
    """
    dense = kind.shape[0] == 0
    most = 0
    for t in range(start, end):
        most = max(most, min(k[t], rows.size))
    best_values = np.empty((8, most), np.float64)
    best_rows = np.empty((8, most), np.int64)
    sizes = np.zeros(8, np.int64)
    floor = np.empty(8, np.float64)
    sign = 1.0 if largest else -1.0
    for g in range(bounds.size - 1):
        for first in range(start, end, 8):
            last = min(first + 8, end)
            sizes[:] = 0
            floor[:] = -np.inf
            for r in range(bounds[g], bounds[g + 1]):
                row = rows[r]
                for b in range(last - first):
                    v = values[row, first + b]
                    # Nearly every cell is worse than the worst held, which is seen at once here.
                    if v * sign < floor[b] or (not dense and kind[row, first + b] != 1):
                        continue
                    room = k[first + b]
                    size = sizes[b]
                    if size < room or (
                        room > 0
                        and _ranks_below(best_values[b, 0], best_rows[b, 0], v, row, largest)
                    ):
                        sizes[b] = take_in(
                            best_values[b], best_rows[b], size, room, v, row, largest
                        )
                        if sizes[b] == room:
                            floor[b] = best_values[b, 0] * sign
            for t in range(first, last):
                for j in range(sizes[t - first]):
                    chosen[best_rows[t - first, j], t] = 1


@kernel(
    "void(const uint8[:, ::1], const int64[::1], const int64[::1], const int64[::1], uint8[:, ::1])"
)
def first_of_groups(kind, rows, bounds, k, chosen):
    """Mark the first `k[t]` present cells of each group in `chosen` uint8[n, T], zeros."""
    for g in range(bounds.size - 1):
        for t in range(k.size):
            left = k[t]
            for r in range(bounds[g], bounds[g + 1]):
                if left < 1:
                    break
                if kind[rows[r], t] != 0:
                    chosen[rows[r], t] = kind[rows[r], t]
                    left -= 1


@kernel(
    "int64(const uint64[:, ::1], const uint8[:, ::1], const int32[::1], const uint64[::1],"
    " int32[:, ::1], int32[::1])"
)
def value_pairs(bits, kind, group_of_row, distinct, pairs, steps):
    """The (group, number of its value) of every present cell, and its step, row after row.

    `bits` uint64[n, T] are the values, `distinct` all their bits, sorted. `pairs` int32[m, 2] and
    `steps` int32[m] have room for all present cells. Returns how many there are.
    """
    dense = kind.shape[0] == 0
    count = 0
    for i in range(bits.shape[0]):
        for t in range(bits.shape[1]):
            if dense or kind[i, t] == 1:
                pairs[count, 0] = group_of_row[i]
                pairs[count, 1] = np.searchsorted(distinct, bits[i, t])
                steps[count] = t
                count += 1
    return count


@kernel("void(const int32[::1], const int32[::1], float64[:, ::1])")
def count_cells(row_of_cell, step_of_cell, out):
    """Count the cells that fall on each row and step of `out`, which comes in as zeros."""
    for i in range(row_of_cell.size):
        out[row_of_cell[i], step_of_cell[i]] += 1.0
