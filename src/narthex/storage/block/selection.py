"""The series of one block that matched, and how their chunks become columns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.kernels.hashing import group_rows
from narthex.model.label_table import LabelTable
from narthex.storage.block.kernels import (
    close_gaps,
    count_timelines,
    counts_agree,
    cut_timelines,
    lay_rows,
    list_pages,
    place_timelines,
)
from narthex.storage.block.meta import BlockMeta
from narthex.storage.block.pages import ChunkReader
from narthex.storage.errors import Corruption
from narthex.storage.index.disk import DiskIndex
from narthex.storage.interface import Columns, Want

Int64s = NDArray[np.int64]

MARKED, EVERY = 1, -1
"""Bits of a cell: its series has stale markers in the window; it has samples at all."""


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
        plan = _lay_out(self._index, windows, cells, start_ms, end_ms)
        pages = self._pages(rows, cells, plan, MARKED if want is Want.PRESENCE else EVERY)
        if not pages.shape[1]:
            return replace(plan.columns(np.zeros(plan.starts[-1])), blank=True)
        size = int(plan.full_starts[-1])
        values = np.zeros(size) if want is Want.PRESENCE else np.empty(size)
        self._fill(pages, values, want)
        return plan.columns(_in_range(values, plan))

    def _pages(self, rows: Int64s, cells: Int64s, plan: _Plan, needed: int) -> Int64s:
        """The pages to decode, as `list_pages` writes them, those of one chunk together."""
        chunk, step, series = self._index.layout.places(rows)
        pages = np.empty((4, cells.size), np.int64)
        count = list_pages(
            cells, needed, plan.group_of_row, plan.before, plan.full_starts,
            chunk + plan.windows.start * step, step, series, pages,
        )  # fmt: skip
        if min(cells.shape) > 1:
            return pages.take(np.argsort(pages[0, :count], kind="stable"), axis=1)
        return pages[:, :count]

    def _fill(self, pages: Int64s, values: NDArray[np.float64], want: Want) -> None:
        """Decode pages to their places."""
        numbers, series, counts, to = pages
        first = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
        bounds = [0, *first.tolist(), numbers.size]
        for k, chunk in enumerate(self._chunks.read(numbers[bounds[:-1]])):
            part = slice(bounds[k], bounds[k + 1])
            if not counts_agree(chunk.counts, series[part], counts[part]):
                raise Corruption(chunk.path, chunk.offset, "a chunk and its timelines do not agree")
            read = chunk.mark_stale if want is Want.PRESENCE else chunk.decode
            read(series[part], values, to[part])


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where the times and samples of n rows lie; arrays are as `lay_rows` has them."""

    windows: range
    group_of_row: NDArray[np.int32]
    before: Int64s
    times: Int64s
    at: Int64s
    starts: Int64s
    full_starts: Int64s
    froms: Int64s
    lengths: Int64s

    def columns(self, values: NDArray[np.float64]) -> Columns:
        """Columns of these values, which are in the range."""
        return Columns(self.starts, values, self.at, self.times)


def _lay_out(index: DiskIndex, windows: range, cells: Int64s, start_ms: int, end_ms: int) -> _Plan:
    """Decode each distinct combination of timelines once."""
    n = cells.shape[0]
    group_of_row, first_row = np.zeros(n, np.int32), np.zeros(max(n, 1), np.int64)
    groups = group_rows((cells >> 1).astype(np.int32), group_of_row, first_row)
    ids = np.empty((len(windows), groups), np.int64)
    before = np.zeros((groups, len(windows) + 1), np.int64)
    timelines = [index.timelines(window) for window in windows]
    for k, table in enumerate(timelines):
        if not count_timelines(cells, first_row, k, table.counts, ids[k], before):
            raise _bad_timelines(index, windows[k])
    first_time = np.zeros(groups + 1, np.int64)
    before[:, -1].cumsum(out=first_time[1:])
    times = np.empty(first_time[-1], np.int64)
    for k, table in enumerate(timelines):
        to = first_time[:-1] + before[:, k]
        if not place_timelines(table.data, table.offsets, table.counts, ids[k], to, times):
            raise _bad_timelines(index, windows[k])
    lows, highs = np.empty(groups, np.int64), np.empty(groups, np.int64)
    cut_timelines(times, first_time, start_ms, end_ms, lows, highs)
    at, froms, lengths = np.empty((3, n), np.int64)
    starts, full_starts = np.empty((2, n + 1), np.int64)
    lay_rows(group_of_row, first_time, before, lows, highs, at, starts, full_starts, froms, lengths)
    return _Plan(windows, group_of_row, before, times, at, starts, full_starts, froms, lengths)


def _bad_timelines(index: DiskIndex, window: int) -> Corruption:
    return Corruption(
        index.path, index.directory.timelines[window][0], "cells and timelines do not agree"
    )


def _in_range(values: NDArray[np.float64], plan: _Plan) -> NDArray[np.float64]:
    """Leave the samples in the range only."""
    if plan.starts[-1] < values.size:
        close_gaps(values, plan.froms, plan.lengths, plan.starts)
    return values[: plan.starts[-1]]
