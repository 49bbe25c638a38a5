"""Writes a block from any selection: the head's, or a merge of blocks, in bounded memory.

Samples stream through in the order of the block, a few thousand series of one window at a time;
what stays in memory is the labels, one cell for each series and window, and the encoded timelines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from narthex.model.kernels.hashing import group_rows
from narthex.runtime.filesystem import AppendFile, FileSystem
from narthex.runtime.rng import process_seed
from narthex.storage.block.kernels import hash_timelines, mark_stale_series, reorder_series
from narthex.storage.block.meta import (
    INDEX_FILE,
    META_FILE,
    PAGES_FILE,
    TEMPORARY_SUFFIX,
    BlockMeta,
    BlockStats,
)
from narthex.storage.block.order import sorted_columns
from narthex.storage.index.directory import GROUP_ROWS, STRIPE_ROWS
from narthex.storage.index.layout import Layout
from narthex.storage.index.writer import WindowTimes, metric_rows, write_index
from narthex.storage.interface import Columns, Selection, Want
from narthex.storage.page.chunk import encode_chunk
from narthex.storage.page.timeline import encode_timeline

WINDOW_MS = 2 * 60 * 60 * 1000
PAGES_MAGIC = b"NXPAGES1"
SAMPLES_PER_READ = 1 << 20
"""8 MB of values in memory at a time, whatever is written."""

HELD_CELLS_MAX = 1 << 16
"""Encoded chunks held back while several metrics are read together."""


def write_block(  # noqa: PLR0913 - what goes in, where it goes, and what it is called
    selection: Selection,
    start_ms: int,
    end_ms: int,
    folder: Path,
    filesystem: FileSystem,
    *,
    ulid: str,
    level: int = 1,
    sources: Sequence[str] = (),
    window_ms: int = WINDOW_MS,
) -> BlockMeta | None:
    """Write the samples of `selection` in [start, end) to the block `folder / ulid`.

    Returns its meta, or None (and writes nothing) when there is no sample. The block is there,
    whole and synced, when this returns; after a failure or a crash there is none, but perhaps a
    folder `<ulid>.tmp`. `sources` defaults to the block itself. Raises OSError, Corruption (of a
    source).
    """
    windows = _Windows(selection, start_ms, end_ms, window_ms)
    live = windows.rows_with_samples()
    if not live.size:
        return None
    temporary = folder / f"{ulid}{TEMPORARY_SUFFIX}"
    filesystem.remove_tree(temporary)
    filesystem.make_directory(temporary)
    try:
        meta = _write_files(windows, live, temporary, filesystem)
        meta = replace(meta, ulid=ulid, level=level, sources=tuple(sources) or (ulid,))
        filesystem.write_file(temporary / META_FILE, meta.to_json())
        filesystem.sync_directory(temporary)
        filesystem.rename(temporary, folder / ulid)
    except BaseException:
        filesystem.remove_tree(temporary)
        raise
    filesystem.sync_directory(folder)
    return meta


def _write_files(
    windows: _Windows,
    live: NDArray[np.int64],
    folder: Path,
    filesystem: FileSystem,
) -> BlockMeta:
    """Write `pages` and `index`; the meta lacks the block's name and origin yet."""
    columns, order = sorted_columns(windows.selection.labels.take(live))
    rows = live[order]
    layout = Layout.of_metrics(metric_rows(columns, rows.size), len(windows.bounds))
    pages = filesystem.open_append(folder / PAGES_FILE)
    try:
        writer = _PagesWriter(windows, rows, layout, pages)
        writer.write()
        pages.sync()
        pages_bytes = pages.size()
    finally:
        pages.close()
    index = filesystem.open_append(folder / INDEX_FILE)
    try:
        write_index(
            index, columns, writer.times(), writer.chunk_bytes,
            start_ms=windows.start_ms, window_ms=windows.window_ms,
        )  # fmt: skip
        index.sync()
        index_bytes = index.size()
    finally:
        index.close()
    stats = BlockStats(
        rows.size, writer.samples, int(np.count_nonzero(writer.chunk_bytes)),
        index_bytes + pages_bytes,
    )  # fmt: skip
    return BlockMeta("", windows.start_ms, windows.end_ms, stats, index_bytes, pages_bytes, 0, ())


class _Windows:
    """A selection read window by window, in pieces of bounded size."""

    def __init__(self, selection: Selection, start_ms: int, end_ms: int, window_ms: int) -> None:
        assert start_ms < end_ms
        self.selection, self.start_ms, self.end_ms = selection, start_ms, end_ms
        self.window_ms = window_ms
        starts = range(start_ms, end_ms, window_ms)
        self.bounds = [(start, min(start + window_ms, end_ms) - 1) for start in starts]
        per_window = max(1.0, selection.samples_per_series) / len(self.bounds)
        groups = int(SAMPLES_PER_READ / max(1.0, per_window)) // GROUP_ROWS
        self.rows_per_read = min(max(1, groups) * GROUP_ROWS, STRIPE_ROWS)

    def rows_with_samples(self) -> NDArray[np.int64]:
        """The rows of the selection that have any sample in the range."""
        found = np.zeros(self.selection.labels.size, np.bool_)
        for first in range(0, found.size, self.rows_per_read):
            rows = np.arange(first, min(first + self.rows_per_read, found.size))
            for start, end in self.bounds:
                columns = self.selection.read(rows, start, end, Want.PRESENCE)
                found[rows] |= np.diff(columns.starts) > 0
        return np.flatnonzero(found)

    def read(self, rows: NDArray[np.int64], window: int) -> Columns:
        """The samples of these rows, in the order given (which need not ascend)."""
        start, end = self.bounds[window]
        ascending = np.sort(rows)
        columns = self.selection.read(ascending, start, end)
        if (ascending == rows).all():
            return columns
        place = np.searchsorted(ascending, rows)
        values, starts = np.empty(columns.samples), np.empty(rows.size + 1, np.int64)
        reorder_series(np.ascontiguousarray(columns.values), columns.starts, place, values, starts)
        return Columns(starts, values, columns.times_at[place], columns.times)


class _TimelineTable:
    """The distinct timelines of one window, encoded as they come."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.encoded: list[bytes] = []
        self._ids: dict[bytes, int] = {}
        self._seed = np.uint64(process_seed())

    def ids(self, columns: Columns) -> NDArray[np.int64]:
        """The timeline of each series, -1 where it has no sample."""
        counts = np.diff(columns.starts)
        pairs = np.empty((columns.series, 2), np.int32)
        pairs[:, 0], pairs[:, 1] = columns.times_at, counts
        group_of_row, first_row = (
            np.empty(columns.series, np.int32),
            np.empty(columns.series, np.int64),
        )
        groups = group_rows(pairs, group_of_row, first_row)
        at = np.ascontiguousarray(columns.times_at[first_row[:groups]])
        lengths = np.ascontiguousarray(counts[first_row[:groups]])
        digests = np.empty((groups, 2), np.uint64)
        hash_timelines(np.ascontiguousarray(columns.times), at, lengths, self._seed, digests)
        ids = np.full(groups, -1, np.int64)
        for k in np.flatnonzero(lengths).tolist():
            key = digests[k].tobytes()
            known = self._ids.get(key)
            if known is None:
                known = self._ids[key] = len(self.counts)
                self.counts.append(int(lengths[k]))
                times = columns.times[at[k] : at[k] + lengths[k]]
                self.encoded.append(encode_timeline(np.ascontiguousarray(times)))
            ids[k] = known
        return ids[group_of_row]


class _PagesWriter:
    """Writes `pages`, and gathers what the index says of them."""

    def __init__(
        self, windows: _Windows, rows: NDArray[np.int64], layout: Layout, file: AppendFile
    ) -> None:
        self._windows, self._rows, self._layout, self._file = windows, rows, layout, file
        self._cells = np.zeros((len(windows.bounds), rows.size), np.uint32)
        self._timelines = [_TimelineTable() for _ in windows.bounds]
        self.chunk_bytes = np.zeros(layout.chunks, np.int64)
        self.samples = 0

    def write(self) -> None:
        """Read, encode and write everything."""
        self._file.write(PAGES_MAGIC)
        for first, end in self._runs():
            held: list[tuple[int, bytes]] = []
            for window in range(len(self._windows.bounds)):
                for chunk in self._encode(first, end, window):
                    if end - first == 1:
                        self._append(*chunk)
                    else:
                        held.append(chunk)
            for number, data in sorted(held):
                self._append(number, data)

    def times(self) -> list[WindowTimes]:
        """Cells and timelines of each window."""
        return [
            WindowTimes(cells, table.counts, table.encoded)
            for cells, table in zip(self._cells, self._timelines, strict=True)
        ]

    def _runs(self) -> Iterator[tuple[int, int]]:
        """Stripes that are read together: small ones in one read, a large one window by window."""
        starts = self._layout.first_rows.tolist()
        rows_max = max(1, min(STRIPE_ROWS, HELD_CELLS_MAX // len(self._windows.bounds)))
        first = 0
        for stripe in range(1, len(starts)):
            if stripe == len(starts) - 1 or starts[stripe + 1] - starts[first] > rows_max:
                yield first, stripe
                first = stripe

    def _append(self, number: int, data: bytes) -> None:
        self._file.write(data)
        self.chunk_bytes[number] = len(data)

    def _encode(self, first: int, end: int, window: int) -> Iterator[tuple[int, bytes]]:
        """The chunks of one window of some stripes, in order: number and bytes."""
        groups = self._groups(first, end)
        while groups:
            taken = [groups.pop(0)]
            while groups and groups[0][1] - taken[0][0] <= self._windows.rows_per_read:
                taken.append(groups.pop(0))
            yield from self._encode_groups(taken, window)

    def _groups(self, first: int, end: int) -> list[tuple[int, int, int, int]]:
        """First row, end row, chunk in window 0 and chunks from window to window of each group."""
        layout = self._layout
        return [
            (
                row,
                min(row + GROUP_ROWS, int(layout.first_rows[s + 1])),
                int(layout.first_chunks[s]) + g,
                int(layout.groups[s]),
            )
            for s in range(first, end)
            for g, row in enumerate(
                range(int(layout.first_rows[s]), int(layout.first_rows[s + 1]), GROUP_ROWS)
            )
        ]

    def _encode_groups(
        self, groups: Sequence[tuple[int, int, int, int]], window: int
    ) -> Iterator[tuple[int, bytes]]:
        first, end = groups[0][0], groups[-1][1]
        columns = self._windows.read(self._rows[first:end], window)
        values = np.ascontiguousarray(columns.values)
        marked = np.zeros(end - first, np.uint8)
        mark_stale_series(values, columns.starts, marked)
        ids = self._timelines[window].ids(columns)
        self._cells[window, first:end] = np.where(ids >= 0, 2 * (ids + 1) + marked, 0)
        self.samples += columns.samples
        for row, row_end, chunk, step in groups:
            starts = columns.starts[row - first : row_end - first + 1]
            if starts[-1] > starts[0]:
                part = values[starts[0] : starts[-1]]
                yield chunk + window * step, encode_chunk(part, starts - starts[0])
