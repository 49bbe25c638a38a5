"""Tables of postings: for each label and value the ascending rows that have it.

A table never changes once made. Up to 256 rows are a slice of one array, more are a bitmap: a
bitmap of one row would cost 205 bytes, and most values of a unique label have one row.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from narthex.storage.index.kernels import gather_slices, merge_postings, slices_marked

SLICE_ROWS_MAX = 256
NAME_SHIFT = 32

Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Postings:
    """Keys (name id << 32 | value id) ascending, and the rows of each.

    Those of key `k` are `rows[offsets[k]:offsets[k + 1]]`, or, when it is also the ascending
    `large_keys[j]`, the bitmap `large[j]`.
    """

    keys: Keys = field(default_factory=lambda: np.zeros(0, np.int64))
    offsets: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    rows: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    large_keys: Keys = field(default_factory=lambda: np.zeros(0, np.int64))
    large: tuple[BitMap, ...] = ()

    @classmethod
    def from_pairs(cls, keys: Keys, rows: NDArray[np.int32]) -> Postings:
        """From pairs in any order of keys; the rows of one key must ascend."""
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        first = np.flatnonzero(np.concatenate([[keys.size > 0], keys[1:] != keys[:-1]]))
        return cls(keys[first], np.append(first, keys.size).astype(np.int64), rows[order])

    def merged(self, newer: Postings) -> Postings:
        """With the rows of `newer`, which has no bitmaps and only rows above those here."""
        keys = np.empty(self.keys.size + newer.keys.size, np.int64)
        offsets = np.empty(keys.size + 1, np.int64)
        rows = np.empty(self.rows.size + newer.rows.size, np.int32)
        count = merge_postings(
            self.keys, self.offsets, self.rows, newer.keys, newer.offsets, newer.rows,
            keys, offsets, rows,
        )  # fmt: skip
        return Postings(
            keys[:count].copy(), offsets[: count + 1].copy(), rows, self.large_keys, self.large
        )

    def with_bitmaps(self) -> Postings:
        """With every long slice moved into a bitmap."""
        sizes = np.diff(self.offsets)
        moved = (sizes > SLICE_ROWS_MAX) | (np.isin(self.keys, self.large_keys) & (sizes > 0))
        if not moved.any():
            return self
        large = dict(zip(self.large_keys.tolist(), self.large, strict=True))
        for k in np.flatnonzero(moved).tolist():
            key = int(self.keys[k])
            added = BitMap(self.rows[self.offsets[k] : self.offsets[k + 1]])
            large[key] = large[key] | added if key in large else added
        kept = self.rows[np.repeat(~moved, sizes)]
        return _assemble(self.keys, np.where(moved, 0, sizes), kept, large)

    def without(self, gone: NDArray[np.bool_]) -> Postings:
        """Without the rows marked in `gone`, and without the keys that have no row left."""
        kept = ~gone[self.rows]
        running = np.zeros(self.rows.size + 1, np.int64)
        np.cumsum(kept, out=running[1:])
        sizes = np.diff(running[self.offsets])
        removed = BitMap(np.flatnonzero(gone).astype(np.uint32))
        left = (bitmap - removed for bitmap in self.large)
        large = {
            key: bitmap
            for key, bitmap in zip(self.large_keys.tolist(), left, strict=True)
            if bitmap
        }
        used = (sizes > 0) | np.isin(self.keys, np.fromiter(large, np.int64, len(large)))
        return _assemble(self.keys[used], sizes[used], self.rows[kept], large)

    def of_name(self, name: int) -> Keys:
        """The keys of one label."""
        return self.keys[_range_of(self.keys, name)]

    def names(self) -> NDArray[np.int64]:
        """Ids of the labels that have a key, ascending."""
        names = self.keys >> NAME_SHIFT
        # The keys ascend: no need to sort a million of them to find the few that differ.
        return names[np.flatnonzero(np.diff(names, prepend=-1))]

    def count(self, wanted: Keys) -> int:
        """How many rows these keys (ascending) have together."""
        found = _positions(self.keys, wanted)
        small = int((self.offsets[found + 1] - self.offsets[found]).sum())
        return small + sum(len(bitmap) for bitmap in self.bitmaps(wanted))

    def slices(self, wanted: Keys) -> NDArray[np.int64]:
        """The rows of those of the keys that are slices, in the order of the keys."""
        found = _positions(self.keys, wanted)
        starts, ends = self.offsets[found], self.offsets[found + 1]
        out = np.empty(int((ends - starts).sum()), np.int64)
        gather_slices(self.rows, starts, ends, out)
        return out

    def bitmaps(self, wanted: Keys) -> list[BitMap]:
        """The bitmaps of those of the keys that have one."""
        return [self.large[k] for k in _positions(self.large_keys, wanted).tolist()]

    def keys_with(self, name: int, marked: NDArray[np.uint8], rows: BitMap) -> Keys:
        """The keys of one label that have any of `rows`, the same that are 1 in `marked`."""
        here = _range_of(self.keys, name)
        keys, bounds = self.keys[here], self.offsets[here.start : here.stop + 1]
        hits = np.zeros(keys.size, np.uint8)
        slices_marked(self.rows, bounds[:-1], bounds[1:], marked, hits)
        large = _range_of(self.large_keys, name)
        large_hits = [bitmap.intersect(rows) for bitmap in self.large[large]]
        return np.concatenate(
            [keys[hits != 0], self.large_keys[large][np.array(large_hits, np.bool_)]]
        )

    @property
    def memory_bytes(self) -> int:
        """Bytes held, about."""
        arrays = (self.keys, self.offsets, self.rows, self.large_keys)
        bitmaps = (len(bitmap.serialize()) for bitmap in self.large)
        return sum(array.nbytes for array in arrays) + sum(bitmaps)


def _assemble(
    keys: Keys, sizes: NDArray[np.int64], rows: NDArray[np.int32], large: dict[int, BitMap]
) -> Postings:
    offsets = np.zeros(keys.size + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    large_keys = np.array(sorted(large), np.int64)
    return Postings(keys, offsets, rows, large_keys, tuple(large[k] for k in large_keys.tolist()))


def _range_of(keys: Keys, name: int) -> slice:
    start, end = np.searchsorted(keys, [name << NAME_SHIFT, (name + 1) << NAME_SHIFT]).tolist()
    return slice(start, end)


def _positions(keys: Keys, wanted: Keys) -> NDArray[np.int64]:
    if not keys.size or not wanted.size:
        return np.zeros(0, np.int64)
    found = np.searchsorted(keys, wanted)
    found[found == keys.size] = 0
    present: NDArray[np.int64] = found[keys[found] == wanted]
    return present
