"""What flows between operators: the steps of a query, vectors over steps, and windows of samples.

A query is evaluated at T steps; an instant query has one. A vector expression is a `Frame`, a
scalar a float64[T], a string a str, and a range vector is `Windows`, which exist only as the
argument of a function. Absence is never read from NaN: it is a cell's kind.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.model.label_table import LabelTable
from narthex.promql.steps import Steps
from narthex.storage.interface import Columns

__all__ = ["ABSENT", "FLOAT", "HISTOGRAM", "Frame", "Steps", "Windows"]

ABSENT = np.uint8(0)
FLOAT = np.uint8(1)
HISTOGRAM = np.uint8(2)


@dataclass(frozen=True, slots=True)
class Frame:
    """An instant vector at every step.

    `values` float64[n, T]; `kind` uint8[n, T] (ABSENT, FLOAT, HISTOGRAM), None when every cell is
    a float; `drop_name` bool[n]: the metric name is to be removed at the end of the query (delayed
    name removal); a series may be absent at every step. Rows have no order unless `ordered`
    (an instant `sort`, `topk`). `histogram` int32[n, T] is the row of `histograms` at each cell of
    kind HISTOGRAM and -1 elsewhere, None when no cell is one; `values` is 0.0 there. Arrays are not
    written to once the frame is made.
    """

    labels: LabelTable
    values: NDArray[np.float64]
    kind: NDArray[np.uint8] | None
    drop_name: NDArray[np.bool_]
    ordered: bool = False
    histogram: NDArray[np.int32] | None = None
    histograms: Histograms | None = None

    def __post_init__(self) -> None:
        assert self.values.shape[0] == len(self.labels) == self.drop_name.size
        assert self.kind is None or self.kind.shape == self.values.shape
        assert (self.histogram is None) == (self.histograms is None)
        assert self.histogram is None or self.histogram.shape == self.values.shape

    @property
    def series(self) -> int:
        """Rows."""
        return int(self.values.shape[0])

    @property
    def steps(self) -> int:
        """Columns."""
        return int(self.values.shape[1])

    def kinds(self) -> NDArray[np.uint8]:
        """The kind of every cell, made when it was None."""
        if self.kind is not None:
            return self.kind
        return np.full(self.values.shape, FLOAT, np.uint8)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_] | slice) -> Frame:
        """Some rows, in that order. All histograms are kept: cells only point at them."""
        return replace(
            self,
            labels=self.labels.take(rows),
            values=self.values[rows],
            kind=None if self.kind is None else self.kind[rows],
            drop_name=self.drop_name[rows],
            histogram=None if self.histogram is None else self.histogram[rows],
        )

    def without_empty_rows(self) -> Frame:
        """Only series that are present at some step."""
        if self.kind is None:
            return self
        present = np.flatnonzero(self.kind.any(axis=1))
        return self if present.size == self.series else self.take(present)

    def floats(self) -> Frame:
        """The same series with their floats alone."""
        if self.histograms is None:
            return self
        return self.with_values(self.values, np.where(self.kinds() == FLOAT, FLOAT, ABSENT))

    def with_values(self, values: NDArray[np.float64], kind: NDArray[np.uint8] | None) -> Frame:
        """The same series with other cells, none of them a histogram."""
        return replace(self, values=values, kind=kind, histogram=None, histograms=None)


@dataclass(frozen=True, slots=True)
class Windows:
    """A range vector: for each series and step the samples in (end - range, end].

    `columns` holds floats without stale markers. Series whose samples have the same times share
    a timeline: `timeline` int32[n] numbers it, and samples `lower[timeline, t]` up to but not
    including `upper[timeline, t]` (int32[timelines, T], counted from the series' first sample)
    are in the window that ends at `ends_ms[t]` (int64[T]; after offset and `@`).
    `first_row` int64[timelines] is a series of each timeline, from which its times are read:
    `columns.times[columns.times_at[first_row[l]] + j]`.
    `eval_ms` int64[T] are the query's own steps (`predict_linear` looks from there).
    """

    labels: LabelTable
    columns: Columns
    timeline: NDArray[np.int32]
    first_row: NDArray[np.int64]
    lower: NDArray[np.int32]
    upper: NDArray[np.int32]
    ends_ms: NDArray[np.int64]
    eval_ms: NDArray[np.int64]
    range_ms: int
    drop_name: NDArray[np.bool_]

    @property
    def series(self) -> int:
        """Rows."""
        return self.timeline.size

    @property
    def steps(self) -> int:
        """Columns."""
        return self.ends_ms.size
