"""The series of one block that matched, and how their chunks become columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.kernels.hashing import group_rows
from narthex.model.label_table import LabelTable
from narthex.storage.block.kernels import close_gaps, cut_timelines, place_timelines
from narthex.storage.block.meta import BlockMeta
from narthex.storage.block.pages import ChunkReader
from narthex.storage.errors import Corruption
from narthex.storage.index.disk import DiskIndex
from narthex.storage.interface import Columns, Want
from narthex.storage.page.chunk import Chunk

Int64s = NDArray[np.int64]


class BlockSelection:
    """A `Selection`: rows of one block."""

    def __init__(
        self,
        meta: BlockMeta,
        index: DiskIndex,
        chunks: ChunkReader,
        rows: Int64s,
        labels: LabelTable,
    ) -> None:
        self._meta, self._index, self._chunks, self._rows = meta, index, chunks, rows
        self.labels = labels

    @property
    def samples_per_series(self) -> float:
        return self._meta.stats.samples / max(1, self._meta.stats.series)

    def read(self, rows: Int64s, start_ms: int, end_ms: int, want: Want = Want.VALUES) -> Columns:
        rows = self._rows[rows]
        windows = self._index.windows(start_ms, end_ms)
        cells = np.empty((rows.size, len(windows)), np.int64)
        for k, window in enumerate(windows):
            cells[:, k] = self._index.cells(rows, window)
        times = _times(self._index, windows, cells, start_ms, end_ms)
        if want is Want.PRESENCE:
            cells = np.where(cells & 1, cells, 0)
            if not cells.any():
                starts = _starts(times.lengths)
                return Columns(starts, np.zeros(starts[-1]), times.at, times.times)
        size = int(times.full_starts[-1])
        values = np.zeros(size) if want is Want.PRESENCE else np.empty(size)
        if cells.any():
            self._fill(rows, cells, times, values, want)
        return _cut(values, times)

    def _fill(
        self, rows: Int64s, cells: Int64s, times: _Times, values: NDArray[np.float64], want: Want
    ) -> None:
        """Decode the chunks of all `cells` that are not 0 into `values`, series after series."""
        chunk, step, series = self._index.layout.places(rows)
        numbers = chunk[:, None] + step[:, None] * np.arange(
            times.windows.start, times.windows.stop
        )
        at = times.full_starts[:-1, None] + times.window_starts[:, :-1]
        row, window = np.nonzero(cells)
        order = np.argsort(numbers[row, window], kind="stable")
        row, window = row[order], window[order]
        wanted = numbers[row, window]
        distinct, first = np.unique(wanted, return_index=True)
        bounds = [*first.tolist(), wanted.size]
        counts = np.diff(times.window_starts, axis=1)[row, window]
        to, members = at[row, window], series[row]
        for k, read in enumerate(self._chunks.read(distinct)):
            part = slice(bounds[k], bounds[k + 1])
            _check_counts(read, members[part], counts[part])
            if want is Want.PRESENCE:
                read.mark_stale(members[part], values, to[part])
            else:
                read.decode(members[part], values, to[part])


def _check_counts(chunk: Chunk, series: Int64s, counts: Int64s) -> None:
    if series.max() >= chunk.counts.size or (chunk.counts[series] != counts).any():
        raise Corruption(chunk.path, chunk.offset, "a chunk and its timelines do not agree")


@dataclass(frozen=True, slots=True)
class _Times:
    """Times of each series over all windows, and what of them is in the range.

    `at` int64[n] and `lengths`: the part in the range; `skipped`: samples before it;
    `full_starts` int64[n + 1] bounds all samples of the windows; `window_starts`
    int64[n, windows + 1]: samples before each window.
    """

    windows: range
    times: Int64s
    at: Int64s
    lengths: Int64s
    skipped: Int64s
    full_starts: Int64s
    window_starts: Int64s


def _times(index: DiskIndex, windows: range, cells: Int64s, start_ms: int, end_ms: int) -> _Times:
    """Decode each distinct combination of timelines once."""
    n = cells.shape[0]
    group_of_row, first_row = np.zeros(n, np.int32), np.zeros(max(n, 1), np.int64)
    groups = group_rows((cells >> 1).astype(np.int32), group_of_row, first_row)
    ids = (cells[first_row[:groups]] >> 1) - 1
    counts = np.zeros((groups, len(windows)), np.int64)
    timelines = [index.timelines(window) for window in windows]
    for k, table in enumerate(timelines):
        if ids.size and ids[:, k].max() >= table.counts.size:
            raise _bad_timelines(index, windows[k])
        known = ids[:, k] >= 0
        counts[known, k] = table.counts[ids[known, k]]
    before = np.zeros((groups, len(windows) + 1), np.int64)
    np.cumsum(counts, axis=1, out=before[:, 1:])
    starts = _starts(before[:, -1])
    times = np.empty(starts[-1], np.int64)
    for k, table in enumerate(timelines):
        to = starts[:-1] + before[:, k]
        part = np.ascontiguousarray(ids[:, k])
        if not place_timelines(table.data, table.offsets, table.counts, part, to, times):
            raise _bad_timelines(index, windows[k])
    lows, highs = np.empty(groups, np.int64), np.empty(groups, np.int64)
    cut_timelines(times, starts, start_ms, end_ms, lows, highs)
    of_row = group_of_row.astype(np.int64)
    return _Times(
        windows, times, (starts[:-1] + lows)[of_row], (highs - lows)[of_row], lows[of_row],
        _starts(before[of_row, -1]), before[of_row],
    )  # fmt: skip


def _bad_timelines(index: DiskIndex, window: int) -> Corruption:
    return Corruption(
        index.path, index.directory.timelines[window][0], "cells and timelines do not agree"
    )


def _cut(values: NDArray[np.float64], times: _Times) -> Columns:
    """Leave the samples in the range only."""
    starts = _starts(times.lengths)
    if starts[-1] < values.size:
        close_gaps(values, times.full_starts[:-1] + times.skipped, times.lengths, starts)
        values = values[: starts[-1]]
    return Columns(starts, values, times.at, times.times)


def _starts(lengths: Int64s) -> Int64s:
    starts = np.zeros(lengths.size + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts
