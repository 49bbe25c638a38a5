"""The same series from several sources as one: blocks, oldest first, then the head.

Sources hold disjoint ranges of time as a rule; where they overlap, the later source wins. Rows are
matched by their columns of symbol ids, so no label set is looked at as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from narthex.model.kernels.hashing import group_rows
from narthex.model.label_table import LabelTable
from narthex.storage.interface import Columns, Selection, Want
from narthex.storage.kernels.merging import append_part, join_times, merge_parts

Rows = NDArray[np.int64]


def no_samples(series: int) -> Columns:
    """Columns of series that have none."""
    zeros = np.zeros(series, np.int64)
    return Columns(np.zeros(series + 1, np.int64), np.zeros(0), zeros, np.zeros(0, np.int64))


def merge_columns(parts: Sequence[Columns]) -> Columns:
    """Samples of the same n series, in order of time; at one time that of the later part."""
    holding = [part for part in parts if part.samples]
    if len(holding) <= 1:
        return holding[0] if holding else parts[0]
    assert all(part.series == holding[0].series for part in holding)
    if all(part.blank for part in holding):
        return _merge_times(holding)
    return _merge_samples(holding)


def _merge_times(parts: Sequence[Columns]) -> Columns:
    """Of blank columns: series that share their times in each part share the merged ones."""
    n = parts[0].series
    keys = np.empty((n, 2 * len(parts)), np.int32)
    for p, part in enumerate(parts):
        keys[:, 2 * p] = part.times_at
        keys[:, 2 * p + 1] = np.diff(part.starts)
    timeline, first_row = np.empty(n, np.int32), np.empty(n, np.int64)
    first_row = first_row[: group_rows(keys, timeline, first_row)]
    merged = _merge_samples([take_columns(part, first_row) for part in parts])
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.diff(merged.starts)[timeline], out=starts[1:])
    return Columns(
        starts, np.zeros(starts[-1]), merged.times_at[timeline], merged.times, blank=True
    )


def _merge_samples(holding: Sequence[Columns]) -> Columns:
    n = holding[0].series
    starts = np.empty((len(holding), n + 1), np.int64)
    times_at = np.empty((len(holding), n), np.int64)
    size = time_base = 0
    for p, part in enumerate(holding):
        starts[p] = part.starts + (size - part.starts[0])
        times_at[p] = part.times_at + time_base
        size += part.samples - int(part.starts[0])
        time_base += part.times.size
    times = np.concatenate([part.times for part in holding])
    out_values, own_times = np.empty(size), np.empty(size, np.int64)
    out_starts, out_times_at = np.empty(n + 1, np.int64), np.empty(n, np.int64)
    own = join_times(times, starts, times_at, out_starts, out_times_at, own_times, times.size)
    if own >= 0:
        filled = out_starts[:-1].copy()
        for part in holding:
            append_part(np.ascontiguousarray(part.values), part.starts, out_values, filled)
    else:
        values = [part.values[part.starts[0] : part.starts[-1]] for part in holding]
        size, own = merge_parts(
            np.concatenate(values).view(np.uint64), times, starts, times_at,
            out_values.view(np.uint64), out_starts, out_times_at, own_times, times.size,
        )  # fmt: skip
    all_times = np.concatenate([times, own_times[:own]])
    return Columns(out_starts, out_values[:size], out_times_at, all_times)


def take_columns(columns: Columns, rows: Rows) -> Columns:
    """Series by index, in any order; -1 is a series without samples."""
    known = rows >= 0
    at = np.where(known, rows, 0)
    if not columns.series:
        return no_samples(rows.size)
    counts = np.where(known, columns.starts[at + 1] - columns.starts[at], 0)
    starts = np.zeros(rows.size + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    source = np.repeat(columns.starts[at] - starts[:-1], counts)
    values = columns.values[source + np.arange(int(starts[-1]))]
    times_at = np.where(known, columns.times_at[at], 0)
    return Columns(starts, values, times_at, columns.times, blank=columns.blank)


def merge_selections(selections: Sequence[Selection]) -> Selection:
    """One selection of all series of several, given oldest first; labels share their symbols."""
    holding = [selection for selection in selections if len(selection.labels)]
    if len(holding) <= 1:
        return holding[0] if holding else selections[0]
    if all(_same_series(selection.labels, holding[0].labels) for selection in holding[1:]):
        return MergedSelection(holding[0].labels, holding)
    labels = LabelTable.concat([selection.labels for selection in holding])
    group_of_row, first_row = labels.groups()
    sources = []
    base = 0
    for selection in holding:
        row_of_group = np.full(first_row.size, -1, np.int64)
        size = len(selection.labels)
        row_of_group[group_of_row[base : base + size]] = np.arange(size)
        sources.append(_Source(selection, row_of_group))
        base += size
    return MergedSelection(labels.take(first_row), sources)


def _same_series(some: LabelTable, others: LabelTable) -> bool:
    """Whether two tables over the same symbols are equal row by row: most blocks are alike."""
    return some.columns.keys() == others.columns.keys() and all(
        np.array_equal(ids, others.columns[name]) for name, ids in some.columns.items()
    )


class _Part(Protocol):
    """What a merged selection reads; rows are those of the merged one."""

    @property
    def samples_per_series(self) -> float: ...

    def read(self, rows: Rows, start_ms: int, end_ms: int, want: Want) -> Columns: ...


@dataclass(frozen=True, slots=True)
class _Source:
    """A selection, and its row for each merged row, -1 where it lacks the series."""

    selection: Selection
    row_of_group: Rows

    @property
    def samples_per_series(self) -> float:
        return self.selection.samples_per_series

    def read(self, rows: Rows, start_ms: int, end_ms: int, want: Want) -> Columns:
        own = self.row_of_group[rows]
        there = np.unique(own[own >= 0])
        if not there.size:
            return no_samples(rows.size)
        columns = self.selection.read(there, start_ms, end_ms, want)
        if there.size == rows.size and np.array_equal(there, own):
            return columns
        return take_columns(columns, np.where(own >= 0, np.searchsorted(there, own), -1))


@dataclass(frozen=True, slots=True)
class MergedSelection:
    """A `Selection` over several sources."""

    labels: LabelTable
    sources: Sequence[_Part]

    @property
    def samples_per_series(self) -> float:
        return sum(source.samples_per_series for source in self.sources)

    def read(self, rows: Rows, start_ms: int, end_ms: int, want: Want = Want.VALUES) -> Columns:
        return merge_columns([source.read(rows, start_ms, end_ms, want) for source in self.sources])
