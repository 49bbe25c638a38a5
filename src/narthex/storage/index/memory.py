"""The head's growing index.

Rows arrive in batches, ascending. A look-up first sorts what came since the last one into a small
table, which joins the large one when it has grown; readers work on tables that never change.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from narthex.model.symbols import Symbols
from narthex.storage.index.kernels import filter_sorted
from narthex.storage.index.lookup import Codes, Rows
from narthex.storage.index.postings import NAME_SHIFT, Keys, Postings
from narthex.storage.index.texts import RegexCache

RECENT_ROWS_MAX = 1 << 16


class MemoryIndex:
    """Postings of one head. One writer; look-ups from any thread, each over one moment's tables."""

    def __init__(self, symbols: Symbols) -> None:
        self._symbols = symbols
        self._regexes = RegexCache(one_space=True)
        self._lock = threading.Lock()
        self._pending: list[tuple[Keys, NDArray[np.int32]]] = []
        self._main, self._recent = Postings(), Postings()
        self._removed = np.zeros(0, np.bool_)
        self._size = 0

    def add(
        self,
        first_row: int,
        starts: NDArray[np.int64],
        names: NDArray[np.int32],
        values: NDArray[np.int32],
    ) -> None:
        """Add the rows from `first_row` on, which is not below any row added before.

        Row `first_row + i` has the labels `starts[i]` to `starts[i + 1]` (int64[k + 1]) of `names`
        and `values` (symbol ids); a label with an empty value is not listed.
        """
        assert first_row >= self._size
        count = starts.size - 1
        rows = np.repeat(np.arange(first_row, first_row + count, dtype=np.int32), np.diff(starts))
        keys = (names.astype(np.int64) << NAME_SHIFT) | values
        with self._lock:
            gap = np.ones(first_row - self._size, np.bool_)
            if gap.size:
                self._removed = np.concatenate([self._in_use_marks(), gap])
            self._pending.append((keys, rows))
            self._size = first_row + count

    def remove(self, rows: NDArray[np.integer]) -> None:
        """Forget rows; their numbers are not used again. Costs a pass over all postings."""
        with self._lock:
            self._settle()
            gone = np.zeros(self._size, np.bool_)
            gone[rows] = True
            self._removed = self._in_use_marks() | gone
            self._main = self._main.merged(self._recent).with_bitmaps().without(gone)
            self._recent = Postings()

    def view(self) -> MemoryIndexView:
        """All rows added so far, for look-ups of one moment."""
        with self._lock:
            self._settle()
            tables = (self._main, self._recent) if self._recent.rows.size else (self._main,)
            return MemoryIndexView(self._symbols, self._regexes, self._size, self._removed, tables)

    def _in_use_marks(self) -> NDArray[np.bool_]:
        marks = np.zeros(self._size, np.bool_)
        marks[: self._removed.size] = self._removed
        return marks

    def _settle(self) -> None:
        if not self._pending:
            return
        keys = np.concatenate([pair[0] for pair in self._pending])
        rows = np.concatenate([pair[1] for pair in self._pending])
        self._pending.clear()
        self._recent = self._recent.merged(Postings.from_pairs(keys, rows))
        if self._recent.rows.size > max(RECENT_ROWS_MAX, self._main.rows.size // 8):
            self._main = self._main.merged(self._recent).with_bitmaps()
            self._recent = Postings()

    @property
    def memory_bytes(self) -> int:
        """Bytes of the tables, about."""
        return self._main.memory_bytes + self._recent.memory_bytes


class MemoryIndexView:
    """A `LabelIndex` over tables that do not change; the code of a value is its symbol id."""

    def __init__(
        self,
        symbols: Symbols,
        regexes: RegexCache,
        size: int,
        removed: NDArray[np.bool_],
        tables: tuple[Postings, ...],
    ) -> None:
        self.size, self.regexes = size, regexes
        self._symbols, self._removed, self._tables = symbols, removed, tables

    def all_rows(self) -> Rows:
        used = np.ones(self.size, np.bool_)
        used[: self._removed.size] = ~self._removed
        return np.flatnonzero(used)

    def names(self) -> list[str]:
        ids = np.unique(np.concatenate([table.names() for table in self._tables]))
        return sorted(self._symbols.text(name) for name in ids.tolist())

    def values(self, name: str) -> SymbolValues:
        return SymbolValues(self._symbols, self._codes(name))

    def _codes(self, name: str) -> Codes:
        symbol = self._symbols.find(name)
        if symbol is None:
            return np.zeros(0, np.int64)
        keys = [table.of_name(symbol) for table in self._tables]
        together = keys[0] if len(keys) == 1 else np.union1d(keys[0], keys[1])
        return together & ((1 << NAME_SHIFT) - 1)

    def _keys(self, name: str, codes: Codes) -> Keys:
        symbol = self._symbols.find(name)
        assert symbol is not None, "only a known label has values"
        return codes | (symbol << NAME_SHIFT)

    def count(self, name: str, codes: Codes) -> int:
        keys = self._keys(name, codes)
        return sum(table.count(keys) for table in self._tables)

    def keep(self, name: str, codes: Codes, within: Rows | None) -> Rows:
        small, large = self._having(name, codes)
        if within is None:
            return _rows(large | BitMap(small)) if large else small
        out = np.empty(within.size, np.int64)
        if not large:
            return out[: filter_sorted(within, small, True, out)]
        return _rows(BitMap(within.astype(np.uint32)) & (large | BitMap(small)))

    def drop(self, name: str, codes: Codes, within: Rows) -> Rows:
        small, large = self._having(name, codes)
        out = np.empty(within.size, np.int64)
        left = out[: filter_sorted(within, small, False, out)]
        return _rows(BitMap(left.astype(np.uint32)) - large) if large else left

    def _having(self, name: str, codes: Codes) -> tuple[Rows, BitMap]:
        keys = self._keys(name, codes)
        small = np.concatenate([table.slices(keys) for table in self._tables])
        large = [bitmap for table in self._tables for bitmap in table.bitmaps(keys)]
        if codes.size > 1:
            small.sort()
        return small, BitMap.union(*large) if large else BitMap()

    def codes_in_use(self, name: str, rows: Rows) -> Codes:
        symbol = self._symbols.find(name)
        if symbol is None:
            return np.zeros(0, np.int64)
        marked = np.zeros(self.size, np.uint8)
        marked[rows] = 1
        wanted = BitMap(rows.astype(np.uint32))
        used = [table.keys_with(symbol, marked, wanted) for table in self._tables]
        return np.unique(np.concatenate(used)) & ((1 << NAME_SHIFT) - 1)


def _rows(bitmap: BitMap) -> Rows:
    return np.asarray(bitmap.to_array(), np.int64) if bitmap else np.zeros(0, np.int64)


class SymbolValues:
    """Values of one label named by their symbol ids."""

    def __init__(self, symbols: Symbols, codes: Codes) -> None:
        self._symbols, self.codes = symbols, codes

    @property
    def code_end(self) -> int:
        return int(self.codes[-1]) + 1 if self.codes.size else 0

    def find(self, texts: Iterable[str]) -> Codes:
        found = np.unique(self._symbols.find_many(texts).astype(np.int64))
        out = np.empty(found.size, np.int64)
        return out[: filter_sorted(found, self.codes, True, out)]

    def texts(self, codes: Codes) -> list[str]:
        return self._symbols.texts(codes.astype(np.int32))

    def spans(self, codes: Codes) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
        blob, offsets = self._symbols.packed()
        return blob, offsets[codes], offsets[codes + 1]
