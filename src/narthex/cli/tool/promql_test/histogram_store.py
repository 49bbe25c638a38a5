"""Native histograms of a test file, kept beside the float store and read together with it.

A series may have floats at some times and histograms at others; who reads it gets one series with
both, in the order of time. Histograms are kept as columns, a table for each series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram import Histogram
from narthex.model.histogram_columns import (
    HINT_GAUGE,
    HINT_NOT_RESET,
    HINT_UNKNOWN,
    Histograms,
    run_bounds,
)
from narthex.model.histogram_resets import resets
from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.matcher import Matcher
from narthex.model.symbols import Symbols
from narthex.storage.interface import Columns, Selection, Want


@dataclass(frozen=True, slots=True)
class HistogramSeries:
    """Times in ms, ascending, int64[h], and the histogram at each."""

    times_ms: NDArray[np.int64]
    histograms: Histograms

    def hinted(self, floats_ms: NDArray[np.int64]) -> HistogramSeries:
        """The same with the reset hints that a store of chunks gives when it is read.

        A sample that goes on from the one before was not reset. One that begins a chunk, also
        behind a float (`floats_ms` int64[f]), is unknown unless it came with the hint.
        """
        histograms = self.histograms
        later, given = np.arange(1, len(histograms)), histograms.hint
        told = np.where(given == HINT_NOT_RESET, np.uint8(HINT_UNKNOWN), given)
        begins = resets(replace(histograms, hint=told), later - 1, later)
        schema, zero = histograms.schema, histograms.zero_threshold
        begins |= (schema[1:] != schema[:-1]) | (zero[1:] != zero[:-1])
        begins |= (given[:-1] == HINT_GAUGE) | (given[1:] == HINT_GAUGE)
        floats_before = np.searchsorted(floats_ms, self.times_ms)
        begins |= floats_before[1:] > floats_before[:-1]
        hint = told.copy()
        hint[1:] = np.where(begins, told[1:], np.uint8(HINT_NOT_RESET))
        return replace(self, histograms=replace(histograms, hint=hint))

    def between(self, start_ms: int, end_ms: int) -> HistogramSeries:
        """The part with start <= time <= end."""
        first, end = np.searchsorted(self.times_ms, [start_ms, end_ms + 1])
        part = slice(int(first), int(end))
        return HistogramSeries(self.times_ms[part], self.histograms.take(part))

    def followed_by(self, later: HistogramSeries) -> HistogramSeries:
        """Both; of two at the same time the later one's counts."""
        times = np.concatenate([self.times_ms, later.times_ms])
        # The last of equal times comes first in the reversed array, which is the one kept.
        _, from_end = np.unique(times[::-1], return_index=True)
        rows = times.size - 1 - from_end
        both = Histograms.concat([self.histograms, later.histograms])
        return HistogramSeries(times[rows], both.take(rows))


NO_HISTOGRAMS = HistogramSeries(np.zeros(0, np.int64), Histograms.empty())


@dataclass(slots=True)
class HistogramStore:
    """Histogram series by their labels."""

    series: dict[Labels, HistogramSeries] = field(default_factory=dict)

    def add(
        self, labels: Labels, samples: Mapping[int, Histogram], floats_ms: Sequence[int]
    ) -> None:
        """Add samples of one series, by their time in ms; `floats_ms` are those of its floats."""
        times = np.array(sorted(samples), np.int64)
        histograms = Histograms.from_values([samples[time_ms] for time_ms in times.tolist()])
        held = self.series.get(labels, NO_HISTOGRAMS)
        added = HistogramSeries(times, histograms).hinted(np.array(floats_ms, np.int64))
        self.series[labels] = held.followed_by(added)

    def beside(self, floats: Selection, matchers: Sequence[Matcher]) -> Selection:
        """The same selection with the histograms of all series that match."""
        matching = {
            labels: series
            for labels, series in self.series.items()
            if all(matcher.matches(labels.get(matcher.name)) for matcher in matchers)
        }
        return _together(floats, matching) if matching else floats


def _together(floats: Selection, histograms: Mapping[Labels, HistogramSeries]) -> Selection:
    with_floats = floats.labels.to_labels()
    alone = [labels for labels in histograms if labels not in set(with_floats)]
    every = with_floats + alone
    return Together(
        LabelTable.from_labels(Symbols(), every),
        floats.samples_per_series,
        floats,
        [histograms.get(labels, NO_HISTOGRAMS) for labels in every],
    )


@dataclass(frozen=True, slots=True)
class Together:
    """A `Selection`: series of `floats` first, then those that have histograms alone."""

    labels: LabelTable
    samples_per_series: float
    floats: Selection
    histograms: Sequence[HistogramSeries]

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want = Want.VALUES
    ) -> Columns:
        """As `Selection`; every series has times of its own."""
        with_floats = rows[rows < len(self.floats.labels)]
        columns = self.floats.read(with_floats, start_ms, end_ms, want)
        parts = [self.histograms[row].between(start_ms, end_ms) for row in rows.tolist()]
        return _merged(columns, parts)


def _merged(floats: Columns, parts: Sequence[HistogramSeries]) -> Columns:
    """`floats` holds the first of the series that `parts` gives the histograms of."""
    counts = np.zeros(len(parts), np.int64)
    counts[: floats.series] = np.diff(floats.starts)
    sizes = np.array([part.times_ms.size for part in parts], np.int64)
    starts = run_bounds(counts + sizes)
    within = np.arange(counts.sum()) - np.repeat(run_bounds(counts)[:-1], counts)
    float_at = np.repeat(floats.starts[:-1], np.diff(floats.starts)) + within
    time_at = np.repeat(floats.times_at, np.diff(floats.starts)) + within
    row = np.concatenate(
        [np.repeat(np.arange(counts.size), counts), np.repeat(np.arange(sizes.size), sizes)]
    )
    times = np.concatenate([floats.times[time_at], *(part.times_ms for part in parts)])
    values = np.concatenate([floats.values[float_at], np.zeros(sizes.sum())])
    histogram = np.concatenate([np.full(counts.sum(), -1), np.arange(sizes.sum())])
    order = np.lexsort((times, row))
    return Columns(
        starts,
        values[order],
        starts[:-1].copy(),
        times[order],
        histogram[order].astype(np.int32),
        Histograms.concat([part.histograms for part in parts]),
    )
