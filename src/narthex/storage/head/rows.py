"""Rows of a layout in memory: open ones, complete ones that wait to be sealed, and loose samples.

Values are float64 bits as uint64. Presence is one uint64 a column, whose bit r says whether the
column has a value in row r.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from narthex.storage.wal.record import LooseSamples

ROWS_PER_RUN = 64
FIRST_ROWS = 8
"""Rows that a new open matrix has room for; it doubles up to `ROWS_PER_RUN`."""

Values = NDArray[np.uint64]
Times = NDArray[np.int64]


@dataclass(slots=True)
class OpenRows:
    """Rows being filled: `matrix` uint64[rows, columns], `present` uint64[columns], `times`."""

    matrix: Values
    present: Values
    times: Times

    @classmethod
    def empty(cls, columns: int, rows: int = FIRST_ROWS) -> OpenRows:
        matrix = np.empty((rows, columns), np.uint64)
        return cls(matrix, np.zeros(columns, np.uint64), np.empty(ROWS_PER_RUN, np.int64))

    def with_room(self, columns: int, rows: int) -> OpenRows:
        """The same rows in arrays that hold as many columns and rows; readers keep the old ones."""
        rows = max(rows, self.matrix.shape[0])
        columns = max(columns, self.present.size)
        grown = OpenRows(
            np.empty((rows, columns), np.uint64), np.zeros(columns, np.uint64), self.times
        )
        grown.matrix[: self.matrix.shape[0], : self.present.size] = self.matrix
        grown.present[: self.present.size] = self.present
        return grown


class Run(Protocol):
    """Rows that are complete, at most 64: still a matrix, or pages in the head's file."""

    @property
    def times(self) -> Times:
        """When, ascending."""

    @property
    def present(self) -> Values | None:
        """Presence bits of each column, None when every column has every row."""

    @property
    def columns(self) -> int:
        """How many columns; those that the layout got later have nothing here."""

    def read_presence(self, columns: NDArray[np.int64]) -> tuple[Values, NDArray[np.int64]]:
        """As `read`, where of the values only the stale markers are right."""

    def read(self, columns: NDArray[np.int64]) -> tuple[Values, NDArray[np.int64]]:
        """The samples of these columns (ascending, all below `columns`) and int64[n + 1] bounds."""


@dataclass(frozen=True, slots=True)
class FullRows:
    """Rows that are complete and wait to be sealed; columns beyond `columns` hold nothing."""

    rows: OpenRows
    count: int
    columns: int

    @property
    def times(self) -> Times:
        return self.rows.times[: self.count]


@dataclass(frozen=True, slots=True)
class Loose:
    """Loose samples of a layout: the first `count` of each array, in the order they came."""

    columns: NDArray[np.int32]
    times: Times
    values: Values
    count: int

    @classmethod
    def empty(cls, room: int) -> Loose:
        return cls(np.empty(room, np.int32), np.empty(room, np.int64), np.empty(room, np.uint64), 0)

    def appended(self, samples: LooseSamples) -> Loose:
        """With more samples; what others see of the arrays does not change."""
        end = self.count + samples.columns.size
        into = self
        if end > self.columns.size:
            into = Loose.empty(max(64, end * 3 // 2))
            into.columns[: self.count] = self.columns[: self.count]
            into.times[: self.count] = self.times[: self.count]
            into.values[: self.count] = self.values[: self.count]
        into.columns[self.count : end] = samples.columns
        into.times[self.count : end] = samples.times
        into.values[self.count : end] = samples.values
        return Loose(into.columns, into.times, into.values, end)

    @property
    def samples(self) -> LooseSamples:
        """The samples alone, as views."""
        n = self.count
        return LooseSamples(self.columns[:n], self.times[:n], self.values[:n])

    def since(self, time_ms: int) -> Loose:
        """Those at `time_ms` and later."""
        samples = self.samples
        keep = samples.times >= time_ms
        if keep.all():
            return self
        count = int(np.count_nonzero(keep))
        return Loose(samples.columns[keep], samples.times[keep], samples.values[keep], count)


NO_LOOSE = Loose.empty(0)


@dataclass(frozen=True, slots=True)
class LayoutState:
    """What readers see: complete runs in order of time, `rows` open rows, loose samples."""

    runs: tuple[FullRows | Run, ...]
    open: OpenRows
    rows: int
    loose: Loose = NO_LOOSE
