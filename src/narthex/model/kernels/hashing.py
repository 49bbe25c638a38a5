"""64-bit hashes of bytes and of rows of ids, and the numbering of distinct rows."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

HASH_KEY_1 = np.uint64(0x9E3779B97F4A7C15)
HASH_KEY_2 = np.uint64(0xC2B2AE3D27D4EB4F)
LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_32 = np.uint64(32)
TABLE_SHIFT = np.uint64(20)
"""Slots of open addressing tables come from the middle bits of a hash."""


@kernel("UniTuple(uint64, 2)(uint64, uint64)")
def multiply_128(a, b):
    """The high and the low 64 bits of a product."""
    a_low = a & LOW_32
    a_high = a >> SHIFT_32
    b_low = b & LOW_32
    b_high = b >> SHIFT_32
    low = a_low * b_low
    cross_1 = a_low * b_high
    cross_2 = a_high * b_low
    middle = (low >> SHIFT_32) + (cross_1 & LOW_32) + (cross_2 & LOW_32)
    high = a_high * b_high + (cross_1 >> SHIFT_32) + (cross_2 >> SHIFT_32) + (middle >> SHIFT_32)
    return high, a * b


@kernel("uint64(const uint8[::1], int64)")
def load_64(data, at):
    """Eight bytes at any offset, little endian; written out so that it becomes a single load.

    The place is made unsigned first: for a signed one every byte gets a test for a negative index,
    and the eight loads stay eight (measured: 5 ns instead of 1).
    """
    i = np.uint64(at)
    return (
        np.uint64(data[i])
        | np.uint64(data[i + np.uint64(1)]) << np.uint64(8)
        | np.uint64(data[i + np.uint64(2)]) << np.uint64(16)
        | np.uint64(data[i + np.uint64(3)]) << np.uint64(24)
        | np.uint64(data[i + np.uint64(4)]) << np.uint64(32)
        | np.uint64(data[i + np.uint64(5)]) << np.uint64(40)
        | np.uint64(data[i + np.uint64(6)]) << np.uint64(48)
        | np.uint64(data[i + np.uint64(7)]) << np.uint64(56)
    )


@kernel("uint64(const uint8[::1], int64, int64, uint64)")
def hash_bytes(data, start, end, seed):
    """64-bit hash of `data[start:end]`, eight bytes a step, keyed by `seed` (after wyhash)."""
    state = HASH_KEY_1 ^ np.uint64(end - start) ^ seed
    at = start
    while at + 8 <= end:
        high, low = multiply_128(load_64(data, at) ^ state, HASH_KEY_2)
        state = high ^ low
        at += 8
    if at < end:
        word = np.uint64(0)
        for i in range(end - at):
            word |= np.uint64(data[at + i]) << np.uint64(8 * i)
        high, low = multiply_128(word ^ state, HASH_KEY_2)
        state = high ^ low
    high, low = multiply_128(state ^ HASH_KEY_2, HASH_KEY_1 ^ seed)
    return high ^ low


@kernel("uint64(const int32[:, ::1], int64, uint64)")
def hash_row(rows, i, seed):
    """64-bit hash of one row of ids, keyed by `seed`."""
    state = HASH_KEY_1 ^ seed
    for j in range(rows.shape[1]):
        high, low = multiply_128(state ^ np.uint64(np.uint32(rows[i, j])), HASH_KEY_2)
        state = high ^ low
    return state


@kernel("int64(const int32[:, ::1], int32[::1], int64[::1])")
def group_rows(rows, group_of_row, first_row):
    """Number the distinct rows in order of appearance.

    `rows` is int32[n, c]; writes `group_of_row[n]` and, for each group, the row where it appeared
    first (`first_row`, room for n). Returns the number of groups.
    """
    n = rows.shape[0]
    size = 16
    while size < 2 * n:
        size *= 2
    table = np.zeros(size, np.int32)
    mask = size - 1
    groups = 0
    for i in range(n):
        slot = np.int64(hash_row(rows, i, np.uint64(0)) >> TABLE_SHIFT) & mask
        while True:
            held = table[slot]
            if held == 0:
                table[slot] = groups + 1
                first_row[groups] = i
                group_of_row[i] = groups
                groups += 1
                break
            other = first_row[held - 1]
            same = True
            for j in range(rows.shape[1]):
                if rows[other, j] != rows[i, j]:
                    same = False
                    break
            if same:
                group_of_row[i] = held - 1
                break
            slot = (slot + 1) & mask
    return groups
