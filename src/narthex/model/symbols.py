"""Texts by number: every label name and value is kept once and named by an int32 id.

`Symbols` is the table of a TSDB: it only grows, one writer at a time, readers need no lock.
`ScratchSymbols` lies over it for one query, so that texts that the query makes up
(`label_replace`, `count_values`) do not stay in the TSDB for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from narthex.model.kernels.interning import find_texts, intern_texts, rebuild_symbol_table
from narthex.runtime.rng import process_seed

EMPTY = 0
"""The id of the empty text in every table: an absent label."""


class SymbolReader(Protocol):
    """Ids to texts, and texts to ids."""

    def text(self, symbol: int) -> str:
        """The text of one id."""

    def texts(self, symbols: NDArray[np.int32]) -> list[str]:
        """The text of each id; distinct ids are decoded once."""

    def find(self, text: str) -> int | None:
        """The id of a text that is known."""

    def intern(self, text: str) -> int:
        """The id of a text, made when it is new."""


class Symbols:
    """The append-only table of one TSDB. Ids are dense from 0, which is the empty text."""

    def __init__(self) -> None:
        self._seed = np.uint64(process_seed())
        self._blob = np.zeros(1 << 12, np.uint8)
        self._offsets = np.zeros(1 << 8, np.int64)
        self._table = np.zeros(1 << 9, np.int32)
        self._count = 0
        self._writing = threading.Lock()
        self.intern("")

    def __len__(self) -> int:
        return self._count

    def intern(self, text: str) -> int:
        found = self.find(text)
        if found is not None:
            return found
        data = text.encode("utf-8", "surrogatepass")
        return int(self.intern_packed(_bytes(data), np.array([0, len(data)], np.int64))[0])

    def intern_many(self, texts: Iterable[str]) -> NDArray[np.int32]:
        """The ids of several texts, int32[n]."""
        return self.intern_packed(*pack(texts))

    def intern_packed(
        self, texts: NDArray[np.uint8], offsets: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """The ids of the texts `texts[offsets[i]:offsets[i + 1]]`, int32[n]; new ones are added."""
        ids = np.empty(offsets.size - 1, np.int32)
        done = 0
        with self._writing:
            while done < ids.size:
                count, now = intern_texts(
                    texts, offsets[done:], ids[done:], self._blob, self._offsets,
                    self._count, self._table, self._seed,
                )  # fmt: skip
                self._count = count
                done += now
                if done < ids.size:
                    self._grow(int(offsets[done + 1] - offsets[done]))
        return ids

    def _grow(self, next_length: int) -> None:
        # Readers hold the old arrays, which stay valid: every array is replaced, never resized.
        used = int(self._offsets[self._count])
        if self._count >= self._table.size * 5 // 8:
            table = np.zeros(self._table.size * 2, np.int32)
            rebuild_symbol_table(self._blob, self._offsets, self._count, table, self._seed)
            self._table = table
        if self._count + 1 >= self._offsets.size:
            self._offsets = np.concatenate([self._offsets, np.zeros_like(self._offsets)])
        if used + next_length > self._blob.size:
            size = max(self._blob.size * 3 // 2, used + next_length)
            blob = np.zeros(size, np.uint8)
            blob[:used] = self._blob[:used]
            self._blob = blob

    def find(self, text: str) -> int | None:
        ids = self.find_many([text])
        return int(ids[0]) if ids[0] >= 0 else None

    def find_many(self, texts: Iterable[str]) -> NDArray[np.int32]:
        """The ids of several texts, int32[n], -1 for those unknown."""
        return self.find_packed(*pack(texts))

    def find_packed(
        self, texts: NDArray[np.uint8], offsets: NDArray[np.int64]
    ) -> NDArray[np.int32]:
        """The ids of the texts `texts[offsets[i]:offsets[i + 1]]`, int32[n], -1: unknown."""
        ids = np.empty(offsets.size - 1, np.int32)
        # The table is read first: what it names is then surely in the other two.
        table = self._table
        find_texts(texts, offsets, ids, self._blob, self._offsets, table, self._seed)
        return ids

    def text(self, symbol: int) -> str:
        offsets = self._offsets
        start, end = int(offsets[symbol]), int(offsets[symbol + 1])
        return self._blob[start:end].tobytes().decode("utf-8", "surrogatepass")

    def texts(self, symbols: NDArray[np.int32]) -> list[str]:
        distinct, at = np.unique(symbols, return_inverse=True)
        decoded = [self.text(symbol) for symbol in distinct.tolist()]
        return [decoded[i] for i in at.tolist()]

    def packed(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """All texts as one blob and int64[n + 1] offsets; views that stay valid."""
        count = self._count
        offsets = self._offsets
        return self._blob, offsets[: count + 1]

    @property
    def memory_bytes(self) -> int:
        """Bytes allocated."""
        return self._blob.nbytes + self._offsets.nbytes + self._table.nbytes


class ScratchSymbols:
    """The symbols of one query: those of a TSDB, and below zero the texts the query made up.

    A text interned here keeps its negative id even if the TSDB learns it meanwhile; `LabelTable`s
    that come from storage later in the query are brought in line with `adopt`.
    """

    def __init__(self, base: Symbols) -> None:
        self.base = base
        self._ids: dict[str, int] = {}
        self._texts: list[str] = []

    def text(self, symbol: int) -> str:
        return self.base.text(symbol) if symbol >= 0 else self._texts[-1 - symbol]

    def texts(self, symbols: NDArray[np.int32]) -> list[str]:
        distinct, at = np.unique(symbols, return_inverse=True)
        decoded = [self.text(symbol) for symbol in distinct.tolist()]
        return [decoded[i] for i in at.tolist()]

    def find(self, text: str) -> int | None:
        own = self._ids.get(text)
        return self.base.find(text) if own is None else own

    def intern(self, text: str) -> int:
        found = self.find(text)
        if found is not None:
            return found
        symbol = -1 - len(self._texts)
        self._texts.append(text)
        self._ids[text] = symbol
        return symbol

    def adopt(self, symbols: NDArray[np.int32]) -> NDArray[np.int32]:
        """Base ids from a fresh selection, with those of texts already made up here replaced."""
        for text, own in self._ids.items():
            known = self.base.find(text)
            if known is not None:
                symbols = np.where(symbols == known, np.int32(own), symbols)
        return symbols


def pack(texts: Iterable[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Texts as one array of UTF-8 bytes and int64[n + 1] offsets."""
    encoded: Sequence[bytes] = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(data) for data in encoded], out=offsets[1:])
    return _bytes(b"".join(encoded)), offsets


def _bytes(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8) if data else np.zeros(1, np.uint8)
