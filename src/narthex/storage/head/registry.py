"""The series of one TSDB in flat arrays: which labels each has, and which ref it answers to.

A series is a row of symbol ids: that of its set of label names, then one for each value. Rows are
kept by the same table of byte strings as texts are, so a series costs its row, an offset and a
slot. Ids of series ascend from 1 and are never used again: a series that left the head and comes
back is a new one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.packed_labels import PackedLabels
from narthex.model.symbols import Symbols
from narthex.storage.head.kernels import chain_hash, label_columns, pair_ids, series_rows
from narthex.storage.interface import NO_REF, Refs

SeriesIds = NDArray[np.int32]
Words = tuple[NDArray[np.int32], NDArray[np.int64]]
NO_SERIES = 0
FORGOTTEN = -1


class _Rows(Symbols):
    """Rows of int32 words by id; one can be forgotten, so that its words are new again."""

    @property
    def words(self) -> Words:
        """All words, and the byte where each row begins; views that stay valid and never change."""
        blob, offsets = self.packed()
        return blob[: blob.size // 4 * 4].view(np.int32), offsets

    def forget(self, rows: NDArray[np.int32]) -> None:
        # A slot of the table still names the row, so that those behind it are found.
        blob = self._blob.copy()
        blob[: blob.size // 4 * 4].view(np.int32)[self._offsets[rows] // 4] = FORGOTTEN
        self._blob = blob


class SeriesRegistry:
    """Interns series; one writer at a time, readers need no lock."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self._name_sets = _Rows()
        self._rows = _Rows()
        self._refs = np.zeros(1 << 8, np.uint64)

    def __len__(self) -> int:
        """Series ids given out, `NO_SERIES` included."""
        return len(self._rows)

    @property
    def refs(self) -> Refs:
        """The ref of each series id, 0 for those that left; grows by being replaced."""
        return self._refs

    def refs_of(self, series: SeriesIds) -> Refs:
        """The ref of each series, `NO_REF` for one that has none or is -1."""
        return np.where(series >= 0, self._refs[series], np.uint64(NO_REF))

    def view(self) -> Words:
        """The rows of all series now, for `table`; taken before `refs`, they outlast `forget`."""
        return self._rows.words

    def forget(self, series: SeriesIds) -> None:
        """These series left the head; their ids mean nothing from now on."""
        if series.size:
            self._refs[series] = 0
            self._rows.forget(series)

    def intern(self, series: PackedLabels) -> SeriesIds:
        """The id of each series, int32[k]; new ones are added. -1 for a series without labels."""
        named = np.diff(series.starts) > 0
        if not named.all():
            found = np.full(len(series), -1, np.int32)
            found[named] = self.intern(_only(series, named))
            return found
        ids = self.symbols.intern_packed(series.text, series.offsets)
        name_sets = self._name_sets.intern_packed(*_name_rows(ids, series.starts))
        words, offsets = _value_rows(ids, series.starts, name_sets)
        found = self._rows.intern_packed(words, offsets)
        if len(self._rows) > self._refs.size:
            refs = np.zeros(max(self._refs.size * 3 // 2, len(self._rows)), np.uint64)
            refs[: self._refs.size] = self._refs
            self._refs = refs
        return found

    def find(self, series: PackedLabels) -> SeriesIds:
        """The id of each series, int32[k], -1 for those never seen; nothing is added."""
        ids = self.symbols.find_packed(series.text, series.offsets)
        name_sets = self._name_sets.find_packed(*_name_rows(ids, series.starts))
        return self._rows.find_packed(*_value_rows(ids, series.starts, name_sets))

    def label_ids(self, series: SeriesIds) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Name and value id of each pair, int32[2 pairs], and int64[k + 1] bounds in pairs.

        A series that was forgotten has none.
        """
        words, offsets = self._rows.words
        set_words, set_offsets = self._name_sets.words
        starts = np.zeros(series.size + 1, np.int64)
        widths = (offsets[series + 1] - offsets[series]) // 4 - 1
        widths[(series == NO_SERIES) | (words[offsets[series] // 4] == FORGOTTEN)] = 0
        np.cumsum(widths, out=starts[1:])
        ids = np.empty(2 * int(starts[-1]), np.int32)
        pair_ids(words, offsets, series, set_words, set_offsets, starts, ids)
        return ids, starts

    def packed_labels(self, series: SeriesIds) -> PackedLabels:
        """The labels of series as text."""
        ids, starts = self.label_ids(series)
        blob, offsets = self.symbols.packed()
        lengths = offsets[ids + 1] - offsets[ids]
        bounds = np.zeros(ids.size + 1, np.int64)
        np.cumsum(lengths, out=bounds[1:])
        shift = np.repeat(offsets[ids] - bounds[:-1], lengths)
        text = blob[np.arange(bounds[-1]) + shift]
        return PackedLabels(text if text.size else np.zeros(1, np.uint8), bounds, starts)

    def content_hash(self, series: SeriesIds, before: int) -> int:
        """The content hash of a layout whose columns hashed to `before`, with these added."""
        ids, _ = self.label_ids(series)
        return int(chain_hash(ids, *self.symbols.packed(), before))

    def table(self, series: SeriesIds, view: Words | None = None) -> LabelTable:
        """The labels of series as columns of ids, as they were when `view` was taken."""
        words, offsets = view or self._rows.words
        set_of_series = words[offsets[series] // 4]
        used = np.unique(set_of_series)
        set_words, set_offsets = self._name_sets.words
        names_of_set = [
            set_words[set_offsets[s] // 4 : set_offsets[s + 1] // 4] for s in used.tolist()
        ]
        names = np.unique(np.concatenate([*names_of_set, np.zeros(0, np.int32)]))
        starts = np.zeros(used.size + 1, np.int64)
        np.cumsum([ids.size for ids in names_of_set], out=starts[1:])
        slots = np.searchsorted(names, np.concatenate([*names_of_set, names[:0]]))
        entry_of_set = np.zeros(len(self._name_sets), np.int32)
        entry_of_set[used] = np.arange(used.size)
        columns = np.zeros((names.size, series.size), np.int32)
        label_columns(
            words, offsets, series, entry_of_set, starts, slots.astype(np.int32)[None, :], columns
        )
        by_name = {self.symbols.text(name): columns[i] for i, name in enumerate(names.tolist())}
        return LabelTable(self.symbols, by_name, series.size)

    @property
    def memory_bytes(self) -> int:
        """Bytes allocated, symbols apart."""
        return self._name_sets.memory_bytes + self._rows.memory_bytes + self._refs.nbytes


def _only(series: PackedLabels, named: NDArray[np.bool_]) -> PackedLabels:
    """Without the series that have no labels."""
    starts = np.append(series.starts[:-1][named], series.starts[-1])
    return PackedLabels(series.text, series.offsets, starts)


def _name_rows(
    ids: NDArray[np.int32], starts: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    names = np.ascontiguousarray(ids[0::2])
    return _as_bytes(names), starts * 4


def _value_rows(
    ids: NDArray[np.int32], starts: NDArray[np.int64], name_sets: NDArray[np.int32]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    words = np.empty(name_sets.size + ids.size // 2, np.int32)
    offsets = np.empty(name_sets.size + 1, np.int64)
    series_rows(ids, starts, name_sets, words, offsets)
    return _as_bytes(words), offsets


def _as_bytes(words: NDArray[np.int32]) -> NDArray[np.uint8]:
    return words.view(np.uint8) if words.size else np.zeros(1, np.uint8)
