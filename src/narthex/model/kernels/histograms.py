"""Runs of numbers, one a histogram, and the tables of bucket layouts that many histograms share.

A run is a row's part of a long array: `values[starts[i]:starts[i + 1]]`. A layout is a run of
bucket indices (ascending positive ones, then ascending negative ones) and a run of custom bounds.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
FOLD = np.uint64(29)


@kernel(
    "void(const int64[::1], const float64[::1], const int64[::1], const int64[::1], float64[::1])"
)
def gather_floats(starts, values, rows, out_starts, out):
    """Write the runs of `rows` one after another; `out_starts` bounds them."""
    for k in range(rows.size):
        at = starts[rows[k]]
        for j in range(out_starts[k + 1] - out_starts[k]):
            out[out_starts[k] + j] = values[at + j]


@kernel("void(const int64[::1], const int32[::1], const int64[::1], const int64[::1], int32[::1])")
def gather_indices(starts, values, rows, out_starts, out):
    """Write the runs of `rows` one after another; `out_starts` bounds them."""
    for k in range(rows.size):
        at = starts[rows[k]]
        for j in range(out_starts[k + 1] - out_starts[k]):
            out[out_starts[k] + j] = values[at + j]


@kernel(
    "uint64(const int64[::1], const int32[::1], const int32[::1], const int64[::1],"
    " const uint64[::1], int64)"
)
def hash_layout(starts, positives, indices, bound_starts, bound_bits, layout):
    """A hash of one layout's content."""
    value = np.uint64(positives[layout]) * MULTIPLIER
    for j in range(starts[layout], starts[layout + 1]):
        value = (value ^ (value >> FOLD) ^ np.uint64(indices[j])) * MULTIPLIER
    for j in range(bound_starts[layout], bound_starts[layout + 1]):
        value = (value ^ (value >> FOLD) ^ bound_bits[j]) * MULTIPLIER
    return value ^ (value >> FOLD)


@kernel(
    "boolean(const int64[::1], const int32[::1], const int32[::1], const int64[::1],"
    " const uint64[::1], int64, int64)"
)
def same_layout(starts, positives, indices, bound_starts, bound_bits, a, b):
    """Whether two layouts have the same buckets and bounds."""
    size = starts[a + 1] - starts[a]
    bounds = bound_starts[a + 1] - bound_starts[a]
    if positives[a] != positives[b] or starts[b + 1] - starts[b] != size:
        return False
    if bound_starts[b + 1] - bound_starts[b] != bounds:
        return False
    for j in range(size):
        if indices[starts[a] + j] != indices[starts[b] + j]:
            return False
    for j in range(bounds):
        if bound_bits[bound_starts[a] + j] != bound_bits[bound_starts[b] + j]:
            return False
    return True


@kernel(
    "int64(const int64[::1], const int32[::1], const int32[::1], const int64[::1],"
    " const uint64[::1], int32[::1], int32[::1], int64[::1])"
)
def intern_layouts(starts, positives, indices, bound_starts, bound_bits, table, ids, firsts):
    """Number layouts by content, in order of first appearance; returns how many differ.

    `table` is zeroed, its size a power of two above 1.5 times the layouts. Writes `ids[l]`, the
    number of layout l, and `firsts[id]`, the first layout of that content.
    """
    mask = np.uint64(table.size - 1)
    count = 0
    for layout in range(positives.size):
        slot = hash_layout(starts, positives, indices, bound_starts, bound_bits, layout) & mask
        while True:
            held = table[slot]
            if held == 0:
                table[slot] = count + 1
                firsts[count] = layout
                ids[layout] = count
                count += 1
                break
            if same_layout(
                starts, positives, indices, bound_starts, bound_bits, firsts[held - 1], layout
            ):
                ids[layout] = held - 1
                break
            slot = (slot + np.uint64(1)) & mask
    return count
