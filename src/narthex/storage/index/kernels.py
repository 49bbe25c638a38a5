"""Kernels of look-ups: patterns over texts, and sets of rows as sorted arrays."""

from __future__ import annotations

from narthex.jit import kernel


@kernel("boolean(const uint8[::1], int64, const uint8[::1], int64, int64)")
def text_at(blob, at, literal, start, end):
    """Whether `literal[start:end]` stands at `at` of `blob`; the caller knows that it fits."""
    same = True
    for j in range(end - start):
        if blob[at + j] != literal[start + j]:
            same = False
            break
    return same


@kernel(
    "void(const uint8[::1], const int64[::1], const int64[::1], const uint8[::1],"
    " const int64[::1], const uint8[::1], uint8[::1])"
)
def match_glob(blob, starts, ends, literals, bounds, gap_bytes, out):
    """Set `out[i]` where text `i` (`blob[starts[i]:ends[i]]`) is literals with gaps between them.

    The literals are `literals[bounds[k]:bounds[k + 1]]`; between literal `k` and the next lie at
    least `gap_bytes[k]` bytes. The first stands at the start, the last at the end (either may be
    empty). Taking each literal in between where it comes first is never wrong: what is left for
    those behind it is longest then.
    """
    last = bounds.size - 2
    shortest = bounds[last + 1]
    for k in range(last):
        shortest += gap_bytes[k]
    for i in range(starts.size):
        start = starts[i]
        end = ends[i]
        if end - start < shortest or (last == 0 and end - start != shortest):
            continue
        if not text_at(blob, start, literals, bounds[0], bounds[1]):
            continue
        tail = end - (bounds[last + 1] - bounds[last])
        if not text_at(blob, tail, literals, bounds[last], bounds[last + 1]):
            continue
        at = start + bounds[1] - bounds[0]
        found = True
        for k in range(1, last):
            at += gap_bytes[k - 1]
            length = bounds[k + 1] - bounds[k]
            while at + length <= tail and not text_at(blob, at, literals, bounds[k], bounds[k + 1]):
                at += 1
            if at + length > tail:
                found = False
                break
            at += length
        if found and (last == 0 or at + gap_bytes[last - 1] <= tail):
            out[i] = 1


@kernel("int64(const int32[::1], const int64[::1], const int64[::1], int64[::1])")
def gather_slices(rows, starts, ends, out):
    """`rows[starts[k]:ends[k]]` one after the other; returns how many."""
    at = 0
    for k in range(starts.size):
        for j in range(starts[k], ends[k]):
            out[at] = rows[j]
            at += 1
    return at


@kernel("void(const int32[::1], const int64[::1], const int64[::1], const uint8[::1], uint8[::1])")
def slices_marked(rows, starts, ends, marked, out):
    """Set `out[k]` where any row of slice `k` is marked."""
    for k in range(starts.size):
        for j in range(starts[k], ends[k]):
            if marked[rows[j]] != 0:
                out[k] = 1
                break


@kernel("int64(const int64[::1], const int64[::1], boolean, int64[::1])")
def filter_sorted(rows, others, keep, out):
    """The `rows` that are (`keep`) or are not among `others`, both ascending; returns how many.

    Steps of doubling width through the longer side: a few rows against a million cost little.
    """
    at = 0
    j = 0
    for i in range(rows.size):
        row = rows[i]
        step = 1
        while j + step < others.size and others[j + step] < row:
            j += step
            step *= 2
        while step > 0:
            if j + step < others.size and others[j + step] < row:
                j += step
            else:
                step //= 2
        while j < others.size and others[j] < row:
            j += 1
        if (j < others.size and others[j] == row) == keep:
            out[at] = row
            at += 1
    return at


@kernel(
    "int64(const int64[::1], const int64[::1], const int32[::1], const int64[::1],"
    " const int64[::1], const int32[::1], int64[::1], int64[::1], int32[::1])"
)
def merge_postings(keys_a, offsets_a, rows_a, keys_b, offsets_b, rows_b, keys, offsets, rows):
    """Merge two tables of postings; the rows of `b` are all above those of `a`.

    Keys ascend, the rows of `keys[k]` are `rows[offsets[k]:offsets[k + 1]]`. Returns the number of
    keys.
    """
    i = 0
    j = 0
    k = 0
    at = 0
    offsets[0] = 0
    while i < keys_a.size or j < keys_b.size:
        take_a = j == keys_b.size or (i < keys_a.size and keys_a[i] <= keys_b[j])
        take_b = i == keys_a.size or (j < keys_b.size and keys_b[j] <= keys_a[i])
        keys[k] = keys_a[i] if take_a else keys_b[j]
        if take_a:
            for p in range(offsets_a[i], offsets_a[i + 1]):
                rows[at] = rows_a[p]
                at += 1
            i += 1
        if take_b:
            for p in range(offsets_b[j], offsets_b[j + 1]):
                rows[at] = rows_b[p]
                at += 1
            j += 1
        k += 1
        offsets[k] = at
    return k
