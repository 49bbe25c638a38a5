"""A select's view of the head: the states of the layouts at one moment, read batch by batch.

A state never changes, so nothing is locked while samples are read, and every batch sees the same
prefix of commits. Series that lie on every row of the range share their layout's times; one that
came later or left earlier shares a part of them; only one with holes gets times of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.value import STALE_NAN_BITS
from narthex.storage.head.kernels import count_run, gather_packed, gather_rows
from narthex.storage.head.layout import COLUMNS_MAX
from narthex.storage.head.rows import FullRows, LayoutState, OpenRows, Run, Times
from narthex.storage.interface import Columns, Want
from narthex.storage.kernels.merging import keep_markers
from narthex.storage.merge import merge_columns, no_samples

Rows = NDArray[np.int64]

_EVERY_ROW = np.full(COLUMNS_MAX, ~np.uint64(0))


@dataclass(frozen=True, slots=True)
class HeadSelection:
    """Rows are sorted by layout and column; `layout_of_row` indexes `states`."""

    labels: LabelTable
    states: Sequence[LayoutState]
    layout_of_row: NDArray[np.int64]
    column_of_row: NDArray[np.int64]
    oldest_ms: int
    """Samples before this have left the head, even where their rows still stand."""

    @property
    def samples_per_series(self) -> float:
        if not self.states:
            return 0.0
        rows = sum(sum(run.times.size for run in s.runs) + s.rows for s in self.states)
        return rows / len(self.states)

    def read(self, rows: Rows, start_ms: int, end_ms: int, want: Want = Want.VALUES) -> Columns:
        start_ms = max(start_ms, self.oldest_ms)
        layouts = self.layout_of_row[rows]
        cuts = np.flatnonzero(np.diff(layouts)) + 1
        bounds = [0, *cuts.tolist(), rows.size]
        plans = [
            _LayoutPlan(
                self.states[int(layouts[first])], first, self.column_of_row[rows[first:end]],
                start_ms, end_ms,
            )
            for first, end in pairwise(bounds)
            if end > first
        ]  # fmt: skip
        columns = _gather(plans, rows.size, want)
        loose = [plan for plan in plans if plan.loose is not None]
        if loose:
            columns = merge_columns([columns, _loose_columns(loose, rows.size)])
        if want is Want.PRESENCE:
            keep_markers(columns.values.view(np.uint64), np.uint64(STALE_NAN_BITS))
        return columns


@dataclass(frozen=True, slots=True)
class _Piece:
    """Rows of one run within the range: those whose bit is in `mask`."""

    source: OpenRows | Run
    present: NDArray[np.uint64]
    times: Times
    mask: np.uint64


@dataclass(slots=True)
class _LayoutPlan:
    """What one layout gives to a read: counted first, then gathered into place."""

    state: LayoutState
    first: int
    columns: NDArray[np.int64]
    start_ms: int
    end_ms: int
    pieces: list[_Piece] = field(default_factory=list)
    shared: list[Times] = field(default_factory=list)
    counts: NDArray[np.int64] = field(init=False)
    first_position: NDArray[np.int64] = field(init=False)
    has_holes: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        n = self.columns.size
        self.counts = np.zeros(n, np.int64)
        self.first_position = np.full(n, -1, np.int64)
        last_position = np.full(n, -1, np.int64)
        position = 0
        for source, present, times in self._sources():
            from_row, to_row = np.searchsorted(times, (self.start_ms, self.end_ms + 1)).tolist()
            if from_row >= to_row:  # also when the range ends before what the head still has
                continue
            mask = np.uint64(((1 << (to_row - from_row)) - 1) << from_row)
            self.pieces.append(_Piece(source, present, times, mask))
            self.shared.append(times[from_row:to_row])
            count_run(
                present, self.columns, mask, position,
                self.counts, self.first_position, last_position,
            )  # fmt: skip
            position += to_row - from_row
        self.has_holes = self.counts != last_position - self.first_position + 1
        self.has_holes[self.counts == 0] = False

    def _sources(self) -> list[tuple[OpenRows | Run, NDArray[np.uint64], Times]]:
        state = self.state
        sources: list[tuple[OpenRows | Run, NDArray[np.uint64], Times]] = []
        for run in state.runs:
            if run.times[-1] < self.start_ms or run.times[0] > self.end_ms:
                continue
            if isinstance(run, FullRows):
                sources.append((run.rows, run.rows.present, run.times))
            else:
                present = _EVERY_ROW[: run.columns] if run.present is None else run.present
                sources.append((run, present, run.times))
        if state.rows:
            sources.append((state.open, state.open.present, state.open.times[: state.rows]))
        return sources

    @property
    def loose(self) -> NDArray[np.int64] | None:
        """Indices of the loose samples of these columns in the range, None when there are none."""
        samples = self.state.loose.samples
        if not samples.columns.size:
            return None
        wanted = (samples.times >= self.start_ms) & (samples.times <= self.end_ms)
        wanted &= np.isin(samples.columns, self.columns)
        return np.flatnonzero(wanted) if wanted.any() else None

    def gather(
        self,
        cursors: NDArray[np.int64],
        values: NDArray[np.uint64],
        own_cursors: NDArray[np.int64],
        own_times: Times,
        want: Want,
    ) -> None:
        """Append the samples of every piece at the cursors of its columns."""
        for piece in self.pieces:
            if isinstance(piece.source, OpenRows):
                gather_rows(
                    piece.source.matrix, piece.present, self.columns, piece.mask, piece.times,
                    cursors, values, own_cursors, own_times,
                )  # fmt: skip
                continue
            width = int(np.searchsorted(self.columns, piece.source.columns))
            if not width:
                continue
            read = piece.source.read if want is Want.VALUES else piece.source.read_presence
            packed, starts = read(self.columns[:width])
            gather_packed(
                packed, starts, piece.present, self.columns, piece.mask, piece.times,
                cursors, values, own_cursors, own_times,
            )  # fmt: skip


def _gather(plans: list[_LayoutPlan], series: int, want: Want) -> Columns:
    if not plans:
        return no_samples(series)
    counts = np.concatenate([plan.counts for plan in plans])
    has_holes = np.concatenate([plan.has_holes for plan in plans])
    starts = np.zeros(series + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    own_counts = np.where(has_holes, counts, 0)
    own_starts = np.cumsum(own_counts) - own_counts
    shared = [times for plan in plans for times in plan.shared]
    own_base = sum(times.size for times in shared)
    times = np.empty(own_base + int(own_counts.sum()), np.int64)
    if shared:
        np.concatenate(shared, out=times[:own_base])
    times_at = np.where(has_holes, own_base + own_starts, 0)
    values = np.empty(int(starts[-1]), np.uint64)
    cursors = starts[:-1].copy()
    own_cursors = np.where(has_holes, own_starts, -1)
    base = 0
    for plan in plans:
        part = slice(plan.first, plan.first + plan.columns.size)
        sharing = ~has_holes[part] & (plan.counts > 0)
        times_at[part][sharing] = base + plan.first_position[sharing]
        base += sum(times.size for times in plan.shared)
        plan.gather(cursors[part], values, own_cursors[part], times[own_base:], want)
    return Columns(starts, values.view(np.float64), times_at, times)


def _loose_columns(plans: list[_LayoutPlan], series: int) -> Columns:
    """The loose samples alone, each series with times of its own."""
    rows, times, values = [], [], []
    for plan in plans:
        found = plan.loose
        assert found is not None
        samples = plan.state.loose.samples
        rows.append(plan.first + np.searchsorted(plan.columns, samples.columns[found]))
        times.append(samples.times[found])
        values.append(samples.values[found])
    row = np.concatenate(rows)
    time = np.concatenate(times)
    order = np.lexsort((time, row))
    starts = np.searchsorted(row[order], np.arange(series + 1))
    value = np.concatenate(values)[order].view(np.float64)
    return Columns(starts.astype(np.int64), value, starts[:-1].astype(np.int64), time[order])
