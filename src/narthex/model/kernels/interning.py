"""Texts to symbol ids by open addressing over one blob of bytes."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.hashing import TABLE_SHIFT, hash_bytes


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

    `table` holds id + 1 by open addressing (0: free); its size is a power of two. Returns how many
    symbols there are and texts are done: it stops early when the table is over 5/8 full or `blob`
    has no room, so that the caller grows them and calls again.
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
                if count >= limit or count + 1 >= blob_offsets.size or at + length > blob.size:
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
    """The symbol id of each text, -1 where there is none; the table is that of `intern_texts`."""
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
