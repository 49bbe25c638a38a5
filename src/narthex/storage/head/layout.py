"""A layout: series that come together as the columns of a matrix, each scrape one row.

What readers see is one immutable `LayoutState`; a commit works on a `Draft` of it and publishing
the draft is the commit. Rows of an open matrix beyond the published count are nobody's yet.
Samples that do not lie on a row (their own times, late within the layout's order) are kept beside
the rows, *loose*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narthex.storage.head.kernels import (
    carry_loose,
    carry_newest,
    keep_rows,
    pack_present,
    row_presence,
)
from narthex.storage.head.registry import NO_SERIES, SeriesIds, SeriesRegistry
from narthex.storage.head.rows import (
    FIRST_ROWS,
    ROWS_PER_RUN,
    FullRows,
    LayoutState,
    Loose,
    OpenRows,
    Run,
)
from narthex.storage.wal.record import LayoutRecord, LooseSamples, RowSamples, Shape

COLUMNS_MAX = 8192
"""More series than this that come together become several layouts."""
NEVER = -(2**63)
NEVER_AFTER = 2**63 - 1


class Layout:
    """Columns, their newest samples, the published state. Changed under the head's lock only."""

    def __init__(self, number: int, registry: SeriesRegistry) -> None:
        self.number = number
        self._registry = registry
        self.columns = 0
        self.shape = Shape(number, 0, 0)
        self._hashes = {0: 0}
        self._series = np.zeros(0, np.int32)
        self.newest_ms = np.zeros(0, np.int64)
        self.newest_values = np.zeros(0, np.uint64)
        self.newest_row_ms = NEVER
        self.newest_loose_ms = NEVER
        # Layouts that are made together would all seal in the same moment.
        self.rows_max = ROWS_PER_RUN // 2 + number * 7 % (ROWS_PER_RUN // 2)
        self.state = LayoutState((), OpenRows.empty(0), 0)

    @property
    def series(self) -> SeriesIds:
        """The series of each column, `NO_SERIES` for one that left."""
        return self._series[: self.columns]

    def record(self, first: int) -> LayoutRecord:
        """The names of the columns from `first` on, for the log; one whose series left has none.

        `first` is a number of columns that the layout once had.
        """
        series = self._series[first : self.columns]
        packed = self._registry.packed_labels(series)
        return LayoutRecord(self.shape, first, self._hashes[first], packed)

    def extend(self, series: SeriesIds, content_hash: int | None = None) -> None:
        """Add columns; `content_hash` is given when the log already holds it."""
        before = self.shape
        end = self.columns + series.size
        self._series = _grown(self._series, end, np.int32(0))
        self.newest_ms = _grown(self.newest_ms, end, np.int64(NEVER))
        self.newest_values = _grown(self.newest_values, end, np.uint64(0))
        self._series[self.columns : end] = series
        self.columns = end
        if content_hash is None:
            content_hash = self._registry.content_hash(series, before.content_hash)
        self._hashes[end] = content_hash
        self.shape = Shape(self.number, end, content_hash)

    def continues(self, first: int, hash_before: int, with_columns: Shape) -> bool:
        """Whether names from column `first` up to `with_columns` are its own or its next."""
        if self._hashes.get(first) != hash_before:
            return False
        if with_columns.columns > self.columns:
            return first <= self.columns
        return self._hashes.get(with_columns.columns) == with_columns.content_hash

    def forget(self, columns: NDArray[np.int64]) -> None:
        """The series of these columns left; the columns stay, without a name."""
        self._series = self._series.copy()
        self._series[columns] = NO_SERIES

    @property
    def newest_time_ms(self) -> int:
        """The time of the newest sample of any column."""
        return max(self.newest_row_ms, self.newest_loose_ms)

    @property
    def is_crowded(self) -> bool:
        """Whether so many of its series left that new ones had better begin another layout."""
        return int(np.count_nonzero(self.series)) * 2 < self.columns

    def has_samples(self, state: LayoutState, start_ms: int, end_ms: int) -> bool:
        """Whether any sample of `state`, one of its states, may lie in [start, end]."""
        first = NEVER_AFTER
        if state.runs:
            first = int(state.runs[0].times[0])
        elif state.rows:
            first = int(state.open.times[0])
        if state.loose.count:
            first = min(first, int(state.loose.samples.times.min()))
        return first <= end_ms and start_ms <= self.newest_time_ms

    def replace_run(self, full: FullRows, run: Run) -> None:
        """Readers get `run` from now on where `full` was."""
        state = self.state
        runs = tuple(run if held is full else held for held in state.runs)
        self.state = LayoutState(runs, state.open, state.rows, state.loose)

    def drop_before(self, time_ms: int) -> None:
        """Let go of runs, open rows and loose samples that are older than `time_ms` as a whole."""
        state = self.state
        runs = tuple(run for run in state.runs if run.times[-1] >= time_ms)
        loose = state.loose.since(time_ms)
        open_rows, rows = state.open, state.rows
        if rows and open_rows.times[rows - 1] < time_ms:
            self.carry(FullRows(open_rows, rows, min(self.columns, open_rows.present.size)))
            open_rows, rows = OpenRows.empty(self.columns), 0
        self.state = LayoutState(runs, open_rows, rows, loose)

    def oldest_since(self, time_ms: int) -> int:
        """The time of the oldest row or loose sample not before `time_ms`, else `NEVER_AFTER`."""
        state = self.state
        loose = state.loose.samples.times
        oldest = int(loose[loose >= time_ms].min(initial=NEVER_AFTER))
        for times in (*(run.times for run in state.runs), state.open.times[: state.rows]):
            at = int(np.searchsorted(times, time_ms))
            if at < times.size:
                return min(oldest, int(times[at]))
        return oldest

    def columns_without(self, time_ms: int) -> NDArray[np.int64]:
        """Columns with a series whose newest sample is before `time_ms`."""
        newest = self.newest_ms[: self.columns].copy()
        state = self.state
        width = min(self.columns, state.open.present.size)
        if state.rows:
            carry_newest(
                state.open.matrix, state.open.present, state.open.times, state.rows, width,
                newest, np.empty(newest.size, np.uint64),
            )  # fmt: skip
        return np.flatnonzero((newest < time_ms) & (self.series != NO_SERIES))

    def carry(self, full: FullRows) -> None:
        """What leaves the open rows must be known without them."""
        carry_newest(
            full.rows.matrix, full.rows.present, full.rows.times, full.count, full.columns,
            self.newest_ms, self.newest_values,
        )  # fmt: skip

    def draft(self) -> Draft:
        """The state as a commit may change it."""
        state = self.state
        return Draft(self, list(state.runs), state.open, state.rows, state.loose)


@dataclass(slots=True)
class Draft:
    """Changes of one commit to one layout: all of them become visible by `publish`, or none."""

    layout: Layout
    runs: list[FullRows | Run]
    open: OpenRows
    rows: int
    loose: Loose
    newest_row_ms: int = field(init=False)
    newest_loose_ms: int = field(init=False)
    completed: list[FullRows] = field(default_factory=list)
    added_loose: list[LooseSamples] = field(default_factory=list)
    samples: int = 0
    oldest_ms: int = NEVER_AFTER
    newest_ms: int = NEVER

    def __post_init__(self) -> None:
        self.newest_row_ms = self.layout.newest_row_ms
        self.newest_loose_ms = self.layout.newest_loose_ms

    def begin_row(self) -> int:
        """Make room for one more row; its index in `open`."""
        layout = self.layout
        if self.rows >= layout.rows_max:
            width = min(layout.columns, self.open.present.size)
            full = FullRows(self.open, self.rows, width)
            self.runs.append(full)
            self.completed.append(full)
            self.open, self.rows = OpenRows.empty(layout.columns), 0
        room, width = self.open.matrix.shape
        if self.rows == room or layout.columns > width:
            rows = min(ROWS_PER_RUN, room * 2) if self.rows == room else room
            columns = max(layout.columns, width * 5 // 4) if layout.columns > width else width
            self.open = self.open.with_room(columns, max(rows, FIRST_ROWS))
        return self.rows

    def end_row(self, time_ms: int, accepted: int) -> None:
        """The row begun last holds `accepted` samples of `time_ms`; none: it is not kept."""
        if accepted:
            self.open.times[self.rows] = time_ms
            self.rows += 1
            self.samples += accepted
            self.newest_row_ms = time_ms
            self._saw(time_ms, time_ms)

    def add_loose(self, samples: LooseSamples) -> None:
        """Keep samples beside the rows."""
        self.loose = self.loose.appended(samples)
        self.added_loose.append(samples)
        self.samples += samples.columns.size
        oldest_ms, newest_ms = int(samples.times.min()), int(samples.times.max())
        self.newest_loose_ms = max(self.newest_loose_ms, newest_ms)
        self._saw(oldest_ms, newest_ms)

    def _saw(self, oldest_ms: int, newest_ms: int) -> None:
        self.oldest_ms = min(self.oldest_ms, oldest_ms)
        self.newest_ms = max(self.newest_ms, newest_ms)

    def logged_row(self, row: int, accepted: int) -> RowSamples:
        """A row as the log wants it."""
        columns = self.layout.columns
        values = self.open.matrix[row]
        time_ms = int(self.open.times[row])
        if accepted == columns:
            return RowSamples(time_ms, values[:columns], None)
        words = np.empty((columns + 63) // 64, np.uint64)
        count = row_presence(self.open.present, columns, row, words)
        packed = np.empty(count, np.uint64)
        pack_present(values, columns, words, packed)
        return RowSamples(time_ms, packed, words)

    def row_before(self, row: int, like: RowSamples) -> RowSamples | None:
        """The row before `row` if it has values for the same columns as `like`."""
        if row == 0:
            return None
        columns = self.layout.columns
        values = self.open.matrix[row - 1]
        time_ms = int(self.open.times[row - 1])
        words = np.empty((columns + 63) // 64, np.uint64)
        count = row_presence(self.open.present, columns, row - 1, words)
        if count != like.values.size:
            return None
        if like.present is None:
            return RowSamples(time_ms, values[:columns], None)
        if not np.array_equal(words, like.present):
            return None
        packed = np.empty(count, np.uint64)
        pack_present(values, columns, words, packed)
        return RowSamples(time_ms, packed, words)

    def withdraw(self) -> None:
        """Nothing of this draft happened."""
        state = self.layout.state
        keep_rows(state.open.present, state.rows)

    def publish(self) -> None:
        """Make all of it visible; called under the lock that readers take for a snapshot."""
        layout = self.layout
        layout.newest_row_ms = self.newest_row_ms
        layout.newest_loose_ms = self.newest_loose_ms
        layout.state = LayoutState(tuple(self.runs), self.open, self.rows, self.loose)

    def carry(self) -> None:
        """After `publish`: note the newest samples of what no longer stands in open rows."""
        layout = self.layout
        for full in self.completed:
            layout.rows_max = ROWS_PER_RUN
            layout.carry(full)
        for samples in self.added_loose:
            carry_loose(
                samples.columns, samples.times, samples.values,
                layout.newest_ms, layout.newest_values,
            )  # fmt: skip


def _grown(array: NDArray[Any], size: int, fill: Any) -> NDArray[Any]:
    """`array` with room for `size` and a fourth more, replaced and never resized."""
    if size <= array.size:
        return array
    grown = np.full(size if not array.size else size * 5 // 4, fill, array.dtype)
    grown[: array.size] = array
    return grown
