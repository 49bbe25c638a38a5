"""Windows that hold native histograms, maybe beside floats: taken apart, and put to words.

The parts are windows again, of floats alone and of histograms alone; each of their series has
times of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms, run_bounds
from narthex.model.histogram_sums import Lists
from narthex.model.labels import METRIC_NAME
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Windows
from narthex.promql.syntax.nodes import Call
from narthex.storage.interface import Columns

Presence = NDArray[np.bool_]
Rows = NDArray[np.int64]
Places = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Mixed:
    """`whole` windows, and the `floats` and `histograms` in them."""

    whole: Windows
    floats: Windows
    histograms: Windows

    @classmethod
    def of(cls, windows: Windows) -> Mixed:
        """Both parts of windows over columns that have histograms."""
        assert windows.columns.histogram is not None
        is_histogram = windows.columns.histogram >= 0
        floats, histograms = _part(windows, ~is_histogram), _part(windows, is_histogram)
        return cls(windows, _without_histograms(floats), histograms)

    @property
    def both(self) -> Presence:
        """Where a window has floats and histograms, bool[n, T]."""
        return (_sizes(self.floats) > 0) & (_sizes(self.histograms) > 0)

    def apart(self) -> Mixed:
        """The same without the windows that have both."""
        both = self.both
        return replace(
            self, floats=_emptied(self.floats, both), histograms=_emptied(self.histograms, both)
        )


@dataclass(frozen=True, slots=True)
class Spans:
    """k windows of histograms: `row`, `step`, and samples `first` up to `last` of its columns.

    All int64[k]; `last` is in the window. `number` int64[m] is a sample's row of `histograms`.
    """

    row: Rows
    step: Rows
    first: Rows
    last: Rows
    number: Rows
    histograms: Histograms

    @classmethod
    def of(cls, windows: Windows, least: int) -> Spans:
        """The windows with at least so many samples, of windows of histograms alone."""
        return cls.between(windows, windows.lower, windows.upper - 1, least)

    @classmethod
    def between(cls, windows: Windows, first: Places, last: Places, least: int = 1) -> Spans:
        """The windows with at least so many samples from `first` to `last` (int32[timelines, T]).

        Both are included, and counted from a series' first sample.
        """
        columns, line = windows.columns, windows.timeline
        assert columns.histogram is not None
        assert columns.histograms is not None
        row, step = np.nonzero((last - first)[line] >= least - 1)
        start = columns.starts[row]
        return cls(
            row,
            step,
            start + first[line[row], step],
            start + last[line[row], step],
            columns.histogram.astype(np.int64),
            columns.histograms,
        )

    def where(self, chosen: Presence) -> Spans:
        """Some of the windows, by bool[k]."""
        return replace(
            self,
            row=self.row[chosen],
            step=self.step[chosen],
            first=self.first[chosen],
            last=self.last[chosen],
        )

    def lists(self) -> Lists:
        """All samples of each window."""
        sizes = self.last - self.first + 1
        starts = run_bounds(sizes)
        places = np.arange(starts[-1]) + np.repeat(self.first - starts[:-1], sizes)
        return Lists.unweighted(starts, self.number[places])

    def with_any(self, flags: NDArray[np.bool_]) -> Presence:
        """Which windows hold a sample that is flagged, by bool[m]."""
        before = run_bounds(flags.astype(np.int64))
        return before[self.last + 1] > before[self.first]


@dataclass(frozen=True, slots=True)
class Doubts:
    """Where the doubts about a call's windows are told: at its range vector, by metric name."""

    windows: Windows
    call: Call
    context: EvalContext

    def warn(self, text: Callable[[str], str], rows: Rows) -> None:
        """Warn once for each metric name among these series."""
        for name in names_of(self.windows, rows):
            self.context.annotations.warn(text(name), self.call.args[0].span)

    def warn_where(self, text: str, flags: NDArray[np.bool_]) -> None:
        """Warn if any is set."""
        if flags.any():
            self.context.annotations.warn(text, self.call.args[0].span)

    def inform(self, text: Callable[[str], str], rows: Rows) -> None:
        """As `warn`, of what is no more than worth to know."""
        for name in names_of(self.windows, rows):
            self.context.annotations.info(text(name), self.call.args[0].span)

    def inform_where(self, text: str, flags: NDArray[np.bool_]) -> None:
        """As `warn_where`, of what is no more than worth to know."""
        if flags.any():
            self.context.annotations.info(text, self.call.args[0].span)


def names_of(windows: Windows, rows: Rows) -> list[str]:
    """The metric names of these series, each once."""
    labels = windows.labels
    return labels.symbols.texts(np.unique(labels.column(METRIC_NAME)[rows]))


def rows_with(cells: Presence) -> Rows:
    """Series with any of these cells."""
    return np.flatnonzero(cells.any(axis=1))


def _sizes(windows: Windows) -> NDArray[np.int32]:
    return (windows.upper - windows.lower)[windows.timeline]


def _emptied(windows: Windows, where: Presence) -> Windows:
    # Each series of a part is its own timeline.
    return replace(windows, upper=np.where(where, windows.lower, windows.upper))


def _part(windows: Windows, wanted: NDArray[np.bool_]) -> Windows:
    columns, line = windows.columns, windows.timeline
    before = run_bounds(wanted.astype(np.int64))
    starts = before[columns.starts]
    origin = columns.starts[:-1, None]
    lower = before[origin + windows.lower[line]] - starts[:-1, None]
    upper = before[origin + windows.upper[line]] - starts[:-1, None]
    every = np.arange(windows.series)
    return replace(
        windows,
        columns=_samples(columns, wanted, starts),
        timeline=every.astype(np.int32),
        first_row=every,
        lower=lower.astype(np.int32),
        upper=upper.astype(np.int32),
    )


def _samples(columns: Columns, wanted: NDArray[np.bool_], starts: Rows) -> Columns:
    assert columns.histogram is not None
    sizes = np.diff(columns.starts)
    within = np.arange(columns.samples) - np.repeat(columns.starts[:-1], sizes)
    times = columns.times[np.repeat(columns.times_at, sizes) + within]
    return Columns(
        starts,
        columns.values[wanted],
        starts[:-1].copy(),
        times[wanted],
        columns.histogram[wanted],
        columns.histograms,
        start_times=None if columns.start_times is None else columns.start_times[wanted],
    )


def _without_histograms(windows: Windows) -> Windows:
    return replace(windows, columns=replace(windows.columns, histogram=None, histograms=None))
