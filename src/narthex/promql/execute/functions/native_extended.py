"""`anchored` and `smoothed` windows of native histograms: what was gained between their edges.

As for floats nothing is extrapolated: the edges of an anchored window are samples, those of a
smoothed one lie on a line between two. Either way the answer is a weighted sum of samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import HINT_GAUGE, run_bounds
from narthex.model.histogram_resets import resets as follows_reset
from narthex.model.histogram_sums import Lists
from narthex.promql.execute.frame import Windows
from narthex.promql.execute.functions.extended import edges_of
from narthex.promql.execute.functions.mixed import Spans
from narthex.promql.kernels.windows import window_bounds
from narthex.promql.syntax.nodes import Extension

FOREVER_MS = 1 << 60
"""A window that reaches back to the first sample of all."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]


def extended_spans(windows: Windows, extension: Extension) -> Spans:
    """The windows of histograms that have edges, from the first sample that counts to the last."""
    return Spans.between(windows, *edges_of(windows, extension))


@dataclass(frozen=True, slots=True)
class Terms:
    """Parts of sums: `sample` counts `weight` times for window `cell` (int64, int64, float64)."""

    cell: Rows
    sample: Rows
    weight: Floats

    @classmethod
    def of(cls, sample: Rows, weight: Floats) -> Terms:
        """One for each window."""
        return cls(np.arange(sample.size), sample, weight)

    def negative(self) -> Terms:
        """The same, subtracted."""
        return Terms(self.cell, self.sample, -self.weight)


def summed(spans: Spans, parts: list[Terms]) -> Lists:
    """The sum of all terms of each window; what counts nothing is left out."""
    cell = np.concatenate([part.cell for part in parts])
    sample = np.concatenate([part.sample for part in parts])
    weight = np.concatenate([part.weight for part in parts])
    order = np.argsort(cell, kind="stable")
    order = order[weight[order] != 0]
    counts = np.bincount(cell[order], minlength=spans.row.size)
    return Lists(run_bounds(counts), spans.number[sample[order]], weight[order])


def before_resets(after_reset: Flags, first: Rows, last: Rows) -> Terms:
    """What was there before each reset behind `first` and up to `last`."""
    places = np.flatnonzero(after_reset)
    low = np.searchsorted(places, first, side="right")
    sizes = np.maximum(np.searchsorted(places, last, side="right") - low, 0)
    starts = run_bounds(sizes)
    sample = places[np.arange(starts[-1]) + np.repeat(low - starts[:-1], sizes)] - 1
    return Terms(np.repeat(np.arange(first.size), sizes), sample, np.ones(sample.size))


def smoothed_gain(windows: Windows, spans: Spans, after_reset: Flags) -> Lists:
    """Right edge - left edge + what came before resets; `after_reset` bool[m], of counters."""
    times = windows.columns.times
    ends_ms = windows.ends_ms[spans.step]
    begins_ms = ends_ms - windows.range_ms
    is_first = np.zeros(times.size + 1, np.bool_)
    is_first[windows.columns.starts] = True
    left_between = times[spans.first] < begins_ms
    right_between = (times[spans.last] > ends_ms) & ~is_first[spans.last]
    left = between(times, spans.first + left_between, begins_ms, left_between, after_reset)
    right = between(times, spans.last, ends_ms, right_between, after_reset)
    resets = before_resets(after_reset, spans.first + left_between, spans.last)
    return summed(spans, [*right, *(term.negative() for term in left), resets])


def smoothed_histograms(windows: Windows) -> tuple[Spans, Lists]:
    """For the end of each window that has a sample up to it, the value there.

    After the last sample its value is carried on. Gauges are not reset.
    """
    columns, ends_ms = windows.columns, windows.ends_ms
    upto = np.empty_like(windows.upper)
    window_bounds(
        columns.times, columns.starts, columns.times_at, windows.first_row, ends_ms,
        FOREVER_MS, np.empty_like(upto), upto,
    )  # fmt: skip
    spans = Spans.between(windows, windows.lower, upto - 1)
    moment_ms, before = ends_ms[spans.step], spans.last
    end = columns.starts[spans.row] + windows.upper[windows.timeline[spans.row], spans.step]
    inside = (before + 1 < end) & (columns.times[before] < moment_ms)
    custom = spans.histograms.custom[spans.number]
    # From exponential to custom buckets leads no line, and no reset hides it.
    resets = after_reset(windows) & (custom == np.roll(custom, 1))
    resets &= np.not_equal(spans.histograms.hint, HINT_GAUGE)[spans.number]
    sample = np.where(inside, before + 1, before)
    return spans, summed(spans, between(columns.times, sample, moment_ms, inside, resets))


def after_reset(windows: Windows) -> Flags:
    """Which samples follow a reset, bool[m], of windows of histograms alone."""
    columns = windows.columns
    assert columns.histogram is not None
    assert columns.histograms is not None
    number = columns.histogram.astype(np.int64)
    flags = np.zeros(number.size, np.bool_)
    later = not_first(columns.starts, number.size)
    flags[later] = follows_reset(columns.histograms, number[later - 1], number[later])
    return flags


def not_first(starts: Rows, samples: int) -> Rows:
    """Samples that have one before them in their series, int64."""
    first = np.zeros(samples + 1, np.bool_)
    first[starts] = True
    return np.flatnonzero(~first[:samples])


def between(
    times: Rows, sample: Rows, moment_ms: Rows, inside: Flags, after_reset: Flags
) -> list[Terms]:
    """Where `inside`, a value on the line from the sample before `sample` to it; else the sample.

    A counter that was reset between them came from zero.
    """
    before = np.where(inside, sample - 1, sample)
    distance = np.where(inside, times[sample] - times[before], 1)
    passed = np.where(inside, (moment_ms - times[before]) / distance, 1.0)
    from_zero = inside & after_reset[sample]
    return [
        Terms.of(before, np.where(from_zero | ~inside, 0.0, 1.0 - passed)),
        Terms.of(sample, passed),
    ]
