"""The index of a block: labels as columns of codes, read a segment of rows at a time.

Rows are sorted by metric, so a matcher on the metric gives ranges of rows, and the others compare a
column of small integers over those. Decoded sections live in a cache that all blocks share.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import METRIC_NAME
from narthex.model.symbols import Symbols
from narthex.runtime.filesystem import RangeReader
from narthex.storage.index.dictionary import Dictionary, decode_dictionary
from narthex.storage.index.directory import read_directory
from narthex.storage.index.kernels import filter_sorted
from narthex.storage.index.layout import (
    Layout,
    Segment,
    Timelines,
    decode_cells,
    decode_segment,
    decode_timelines,
)
from narthex.storage.index.lookup import Codes, Rows
from narthex.storage.index.sections import ByteCache, SectionReader, decompress, numbers
from narthex.storage.index.texts import RegexCache

Part = TypeVar("Part")

UNKNOWN = -1


class DiskIndex:
    """`LabelIndex` of one block. Thread-safe; every method that reads may raise Corruption."""

    def __init__(
        self, path: Path, reader: RangeReader, file_bytes: int, symbols: Symbols, cache: ByteCache
    ) -> None:
        self.directory = read_directory(reader, path, file_bytes)
        self.path, self.size = path, self.directory.series
        self.regexes = RegexCache(one_space=False)
        self._symbols, self._cache = symbols, cache
        self._sections = SectionReader(path, reader)
        self._number = {name: k for k, name in enumerate(self.directory.names)}
        self._largest = [count for _, _, count in self.directory.dictionaries]
        self._symbol_ids: dict[int, NDArray[np.int32]] = {}
        self._labels_of_metric: dict[int, list[int]] = {}
        self._owner = str(path)

    def close(self) -> None:
        """Forget what is cached."""
        self._cache.forget(self._owner)

    # What a section holds, from the cache or from disk.

    def remembered(
        self, key: tuple[Hashable, ...], make: Callable[[], Part], size: Callable[[Part], int]
    ) -> Part:
        """What is made of this index, from the cache when it was made before."""
        return self._cache.get((self._owner, *key), make, size)

    def _dictionary(self, number: int) -> Dictionary:
        offset, length, count = self.directory.dictionaries[number]
        return self.remembered(
            ("dictionary", number, 0),
            lambda: self._sections.unpack(
                (offset, length), lambda data: decode_dictionary(data, count)
            ),
            lambda dictionary: dictionary.memory_bytes,
        )

    def _segment(self, number: int) -> Segment:
        step = self.directory.segment_rows
        rows = min(step, self.size - number * step)
        return self.remembered(
            ("segment", number, 0),
            lambda: self._sections.unpack(
                self.directory.segments[number],
                lambda data: decode_segment(data, rows, self._largest),
            ),
            lambda segment: sum(codes.nbytes for codes in segment.values()),
        )

    def _segment_cells(self, number: int, window: int) -> NDArray[np.int64]:
        step = self.directory.segment_rows
        rows = min(step, self.size - number * step)
        return self.remembered(
            ("cells", number, window),
            lambda: self._sections.unpack(
                self.directory.cells[number][window], lambda data: decode_cells(data, rows)
            ),
            lambda cells: cells.nbytes,
        )

    def timelines(self, window: int) -> Timelines:
        """The timelines of a window, encoded."""
        offset, length, count = self.directory.timelines[window]
        return self.remembered(
            ("timelines", window, 0),
            lambda: self._sections.unpack(
                (offset, length), lambda data: decode_timelines(data, count)
            ),
            lambda timelines: timelines.data.nbytes + 2 * timelines.counts.nbytes,
        )

    @functools.cached_property
    def metric_rows(self) -> NDArray[np.int64]:
        """First row of each code of the metric name, from 0 (no metric name) on, and the end."""
        count = self._largest[self._number[METRIC_NAME]] if METRIC_NAME in self._number else 0
        rows = self._sections.unpack(
            self.directory.metrics, lambda data: numbers(decompress(data), "<u4", count + 2)
        )
        return rows.astype(np.int64)

    @functools.cached_property
    def layout(self) -> Layout:
        """Stripes and groups."""
        return Layout.of_metrics(self.metric_rows, self.directory.windows)

    @functools.cached_property
    def chunk_offsets(self) -> NDArray[np.int64]:
        """Where each chunk begins behind the magic of `pages`, and the end; int64[chunks + 1]."""
        offsets = np.zeros(self.layout.chunks + 1, np.int64)
        lengths = self._sections.unpack(
            self.directory.chunks,
            lambda data: numbers(decompress(data), "<u4", self.layout.chunks),
        )
        np.cumsum(lengths, out=offsets[1:])
        return offsets

    # Rows to cells and labels.

    def _pieces(self, rows: Rows) -> Iterator[tuple[int, slice, NDArray[np.int64]]]:
        """Segments that `rows` touch: number, which of `rows`, and their places in the segment."""
        step = self.directory.segment_rows
        if not rows.size:
            return
        for number in range(int(rows[0]) // step, int(rows[-1]) // step + 1):
            start, end = np.searchsorted(rows, [number * step, (number + 1) * step]).tolist()
            if end > start:
                yield number, slice(start, end), rows[start:end] - number * step

    def cells(self, rows: Rows, window: int) -> NDArray[np.int64]:
        """The cells of these rows in one window."""
        out = np.empty(rows.size, np.int64)
        for number, part, places in self._pieces(rows):
            out[part] = self._segment_cells(number, window)[places]
        return out

    def windows(self, start_ms: int, end_ms: int) -> range:
        """The windows that [start, end] touches."""
        directory = self.directory
        first = max(0, (start_ms - directory.start_ms) // directory.window_ms)
        last = min(directory.windows - 1, (end_ms - directory.start_ms) // directory.window_ms)
        return range(first, max(first, last + 1))

    def with_samples(self, rows: Rows, start_ms: int, end_ms: int) -> Rows:
        """Those of `rows` that have samples in any window that [start, end] touches."""
        windows = self.windows(start_ms, end_ms)
        if len(windows) == self.directory.windows:
            return rows
        found = np.zeros(rows.size, np.bool_)
        for window in windows:
            found |= self.cells(rows, window) != 0
        return rows[found]

    def labels(self, rows: Rows) -> LabelTable:
        """The labels of these rows, ids of the TSDB's symbols."""
        pieces = [(self._segment(number), places) for number, _, places in self._pieces(rows)]
        columns: dict[str, NDArray[np.int32]] = {}
        for number in self._labels_among(rows):
            codes = _column(number, pieces)
            if codes.any():
                columns[self.directory.names[number]] = self._to_symbols(number, codes)
        return LabelTable(self._symbols, columns, rows.size)

    def _labels_among(self, rows: Rows) -> list[int]:
        """Numbers of the labels that these rows may have: few when they are of one metric."""
        if not rows.size:
            return []
        ends = np.searchsorted(self.metric_rows, rows[[0, -1]], side="right").tolist()
        if ends[0] != ends[1]:
            return sorted({k for number, _, _ in self._pieces(rows) for k in self._segment(number)})
        known = self._labels_of_metric.get(ends[0])
        if known is None:
            whole = np.arange(self.metric_rows[ends[0] - 1], self.metric_rows[ends[0]])
            pieces = [(self._segment(number), places) for number, _, places in self._pieces(whole)]
            used = sorted({number for segment, _ in pieces for number in segment})
            known = [number for number in used if _column(number, pieces).any()]
            self._labels_of_metric[ends[0]] = known
        return known

    def _to_symbols(self, number: int, codes: NDArray[np.integer]) -> NDArray[np.int32]:
        ids = self._symbol_ids.get(number)
        if ids is None:
            ids = np.full(self._largest[number] + 1, UNKNOWN, np.int32)
            ids[0] = 0
            self._symbol_ids[number] = ids
        symbols: NDArray[np.int32] = ids[codes]
        if symbols.min() == UNKNOWN:
            unknown = np.unique(codes[symbols == UNKNOWN]).astype(np.int64)
            # Two threads may do the same; a text has one symbol.
            ids[unknown] = self._symbols.intern_many(self._dictionary(number).texts(unknown))
            symbols = ids[codes]
        return symbols

    # `LabelIndex`.

    def all_rows(self) -> Rows:
        return np.arange(self.size, dtype=np.int64)

    def names(self) -> list[str]:
        return list(self.directory.names)

    def values(self, name: str) -> Dictionary:
        number = self._number.get(name)
        return Dictionary.empty() if number is None else self._dictionary(number)

    def count(self, name: str, codes: Codes) -> int:
        if name == METRIC_NAME:
            return int((self.metric_rows[codes + 1] - self.metric_rows[codes]).sum())
        # A column is looked at row by row: only after the metric has said which rows.
        return self.size + self.size * codes.size // self._largest[self._number[name]]

    def keep(self, name: str, codes: Codes, within: Rows | None) -> Rows:
        if name == METRIC_NAME:
            return self._of_metrics(codes, within)
        rows = self.all_rows() if within is None else within
        kept: Rows = rows[self._having(name, codes, rows)]
        return kept

    def drop(self, name: str, codes: Codes, within: Rows) -> Rows:
        left: Rows = within[~self._having(name, codes, within)]
        return left

    def _of_metrics(self, codes: Codes, within: Rows | None) -> Rows:
        starts, ends = self.metric_rows[codes], self.metric_rows[codes + 1]
        lengths = ends - starts
        before = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        rows: Rows = np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths)
        if within is None:
            return rows
        out = np.empty(within.size, np.int64)
        return out[: filter_sorted(within, rows, True, out)]

    def _having(self, name: str, codes: Codes, rows: Rows) -> NDArray[np.bool_]:
        number = self._number[name]
        wanted = np.zeros(self._largest[number] + 1, np.bool_)
        wanted[codes] = True
        out = np.zeros(rows.size, np.bool_)
        for segment, part, places in self._pieces(rows):
            column = self._segment(segment).get(number)
            if column is not None:
                out[part] = wanted[column[places]]
        return out

    def codes_in_use(self, name: str, rows: Rows) -> Codes:
        number = self._number.get(name)
        if number is None:
            return np.zeros(0, np.int64)
        used = np.zeros(self._largest[number] + 1, np.bool_)
        for segment, _, places in self._pieces(rows):
            column = self._segment(segment).get(number)
            if column is not None:
                used[column[places]] = True
        used[0] = False
        return np.flatnonzero(used)


def _column(
    number: int, pieces: Sequence[tuple[Segment, NDArray[np.int64]]]
) -> NDArray[np.integer]:
    """The codes of one label over places of segments, one after the other."""
    parts: list[NDArray[np.integer]] = [
        segment[number][places] if number in segment else np.zeros(places.size, np.uint8)
        for segment, places in pieces
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)
