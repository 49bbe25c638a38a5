"""Kernels that several rooms share: hashing of bytes and of rows of ids, interning of symbols."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

HASH_KEY_1 = np.uint64(0x9E3779B97F4A7C15)
HASH_KEY_2 = np.uint64(0xC2B2AE3D27D4EB4F)
LOW_32 = np.uint64(0xFFFFFFFF)
SHIFT_32 = np.uint64(32)
TABLE_SHIFT = np.uint64(20)


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
    """Eight bytes at any offset, little endian; written out so that it becomes a single load."""
    return (
        np.uint64(data[at])
        | np.uint64(data[at + 1]) << np.uint64(8)
        | np.uint64(data[at + 2]) << np.uint64(16)
        | np.uint64(data[at + 3]) << np.uint64(24)
        | np.uint64(data[at + 4]) << np.uint64(32)
        | np.uint64(data[at + 5]) << np.uint64(40)
        | np.uint64(data[at + 6]) << np.uint64(48)
        | np.uint64(data[at + 7]) << np.uint64(56)
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


@kernel("boolean(const uint8[::1], int64, int64, const uint8[::1], const int64[::1], int64)")
def same_text(texts, start, length, blob, blob_offsets, symbol):
    """Whether a text is the one of `symbol`."""
    at = blob_offsets[symbol]
    if blob_offsets[symbol + 1] - at != length:
        return False
    for j in range(length):
        if blob[at + j] != texts[start + j]:
            return False
    return True


@kernel(
    "UniTuple(int64, 2)(const uint8[::1], const int64[::1], int32[::1], uint8[::1],"
    " int64[::1], int64, int32[::1], uint64)"
)
def intern_texts(texts, offsets, ids, blob, blob_offsets, count, table, seed):
    """Give each text its symbol id, adding those that are new.

    `table` holds id + 1 by open addressing (0: free), its size is a power of two. Returns the number
    of symbols and of texts done: it stops early when the table is over 5/8 full or `blob` has no
    room, so that the caller grows them and calls again.
    """
    mask = table.size - 1
    limit = table.size * 5 // 8
    for i in range(offsets.size - 1):
        start = offsets[i]
        length = offsets[i + 1] - start
        slot = np.int64(hash_bytes(texts, start, start + length, seed) >> TABLE_SHIFT) & mask
        while True:
            held = table[slot]
            if held == 0:
                at = blob_offsets[count]
                if (
                    count >= limit
                    or count + 1 >= blob_offsets.size
                    or at + length > blob.size
                ):
                    return count, i
                for j in range(length):
                    blob[at + j] = texts[start + j]
                blob_offsets[count + 1] = at + length
                table[slot] = count + 1
                ids[i] = count
                count += 1
                break
            if same_text(texts, start, length, blob, blob_offsets, held - 1):
                ids[i] = held - 1
                break
            slot = (slot + 1) & mask
    return count, offsets.size - 1


@kernel(
    "void(const uint8[::1], const int64[::1], int32[::1], const uint8[::1], const int64[::1],"
    " const int32[::1], uint64)"
)
def find_texts(texts, offsets, ids, blob, blob_offsets, table, seed):
    """The symbol id of each text, -1 where there is none; the table is as `intern_texts` made it."""
    mask = table.size - 1
    for i in range(offsets.size - 1):
        start = offsets[i]
        length = offsets[i + 1] - start
        slot = np.int64(hash_bytes(texts, start, start + length, seed) >> TABLE_SHIFT) & mask
        ids[i] = -1
        while table[slot] != 0:
            if same_text(texts, start, length, blob, blob_offsets, table[slot] - 1):
                ids[i] = table[slot] - 1
                break
            slot = (slot + 1) & mask


@kernel("void(const uint8[::1], const int64[::1], int64, int32[::1], uint64)")
def rebuild_symbol_table(blob, blob_offsets, count, table, seed):
    """Fill an empty, larger table with the first `count` symbols."""
    mask = table.size - 1
    for symbol in range(count):
        digest = hash_bytes(blob, blob_offsets[symbol], blob_offsets[symbol + 1], seed)
        slot = np.int64(digest >> TABLE_SHIFT) & mask
        while table[slot] != 0:
            slot = (slot + 1) & mask
        table[slot] = symbol + 1


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
