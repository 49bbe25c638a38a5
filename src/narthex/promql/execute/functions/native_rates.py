"""rate, increase, delta, irate, idelta, resets, changes of native histograms.

A change over a window is the last histogram without the first, and with those again that came
before a reset: one weighted sum a window. The answer is a gauge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import HINT_GAUGE, Histograms, run_bounds
from narthex.model.histogram_resets import equal
from narthex.model.histogram_resets import resets as follows_reset
from narthex.model.histogram_sums import BOUNDS_RECONCILED, MIXED, Combined, Lists, combined
from narthex.promql.execute import histogram_doubts as doubts
from narthex.promql.execute.context import EvalContext, Scalar
from narthex.promql.execute.frame import ABSENT, FLOAT, Frame, Windows
from narthex.promql.execute.functions import start_times
from narthex.promql.execute.functions.calling import MixedEvaluation, RangeEvaluation
from narthex.promql.execute.functions.extended import anchored_windows, extension_of
from narthex.promql.execute.functions.mixed import Doubts, Mixed, Spans, rows_with
from narthex.promql.execute.functions.native_extended import (
    Terms,
    after_reset,
    before_resets,
    extended_spans,
    not_first,
    smoothed_gain,
    summed,
)
from narthex.promql.execute.histogram_cells import with_histograms
from narthex.promql.kernels.rate import THRESHOLD
from narthex.promql.syntax.nodes import Call, Extension

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]
Compare = Callable[[Histograms, Rows, Rows], Flags]


def counter_change(evaluate: RangeEvaluation, *, per_second: bool) -> MixedEvaluation:
    """`rate` or `increase`, which `evaluate` is for floats."""

    def change(mixed: Mixed, scalars: Sequence[Scalar], call: Call, context: EvalContext) -> Frame:
        told = Doubts(mixed.whole, call, context)
        told.warn(doubts.mixed_samples, rows_with(mixed.both))
        apart = mixed.apart()
        floats = evaluate(apart.floats, scalars, call, context)
        windows, extension = apart.histograms, extension_of(call)
        divisor_s = windows.range_ms / 1000 if per_second else 1.0
        if extension is not None:
            spans = extended_spans(windows, extension)
            sums = _extended(windows, spans, extension, after_reset(windows))
            factors = np.full(spans.row.size, 1 / divisor_s)
        elif windows.columns.start_times is not None:
            spans, sums, factors = _since_start(windows, divisor_s)
            start_times.doubt_overlaps(windows, call, context)
        else:
            spans = Spans.of(windows, 2)
            sums = _gained(spans, after_reset(windows))
            factors = _counter_factors(_Edges.of(windows, spans), spans, sums) / divisor_s
        gauges = spans.with_any(_hints(spans) == HINT_GAUGE)
        told.warn(doubts.not_a_counter, spans.row[gauges])
        return _answer(floats, spans, sums, factors, told)

    return change


def _since_start(windows: Windows, divisor_s: float) -> tuple[Spans, Lists, Floats]:
    """Windows, sums and factors where counters tell when they began: a start needs one sample."""
    spans = Spans.of(windows, 1)
    known = start_times.begin_inside(windows, spans)
    enough = known | (spans.last > spans.first)
    spans, known = spans.where(enough), known[enough]
    restarts = after_reset(windows) | start_times.restarts_of(windows.columns)
    sums = _gained(spans, restarts, from_zero=known)
    edges = _Edges.of(windows, spans).since(start_times.seconds_since_start(windows, spans), known)
    return spans, sums, _counter_factors(edges, spans, sums) / divisor_s


def gauge_change(evaluate: RangeEvaluation) -> MixedEvaluation:
    """`delta`, which `evaluate` is for floats."""

    def change(mixed: Mixed, scalars: Sequence[Scalar], call: Call, context: EvalContext) -> Frame:
        told = Doubts(mixed.whole, call, context)
        told.warn(doubts.mixed_samples, rows_with(mixed.both))
        apart = mixed.apart()
        floats = evaluate(apart.floats, scalars, call, context)
        windows, extension = apart.histograms, extension_of(call)
        never_reset = np.zeros(windows.columns.samples, np.bool_)
        if extension is None:
            spans = Spans.of(windows, 2)
            sums = _gained(spans, never_reset)
            factors = _Edges.of(windows, spans).factors()
        else:
            spans = extended_spans(windows, extension)
            sums = _extended(windows, spans, extension, never_reset)
            factors = np.ones(spans.row.size)
        hints = _hints(spans)
        counters = (hints[spans.first] != HINT_GAUGE) | (hints[spans.last] != HINT_GAUGE)
        told.warn(doubts.not_a_gauge, spans.row[counters])
        return _answer(floats, spans, sums, factors, told)

    return change


def _hints(spans: Spans) -> NDArray[np.uint8]:
    return spans.histograms.hint[spans.number]


def _gained(spans: Spans, resets: Flags, from_zero: Flags | None = None) -> Lists:
    """Last - first + what came before each of `resets` (bool[m]).

    One right behind the first sample cancels it: its buckets are not looked at then. Windows that
    are `from_zero` (bool[k]) gained their first sample as well.
    """
    cancelled = resets[np.minimum(spans.first + 1, spans.last)] & (spans.last > spans.first)
    one = np.ones(spans.row.size)
    weight = np.where(cancelled, 0.0, -one) + (0.0 if from_zero is None else from_zero)
    first = Terms.of(spans.first, weight)
    before = before_resets(resets, spans.first + cancelled, spans.last)
    return summed(spans, [Terms.of(spans.last, one), first, before])


def _extended(windows: Windows, spans: Spans, extension: Extension, resets: Flags) -> Lists:
    if extension is Extension.ANCHORED:
        return _gained(spans, resets)
    return smoothed_gain(windows, spans, resets)


@dataclass(frozen=True, slots=True)
class _Edges:
    """Seconds between first and last sample of windows, and to extrapolate at both ends."""

    sampled: Floats
    to_start: Floats
    to_end: Floats

    @classmethod
    def of(cls, windows: Windows, spans: Spans) -> _Edges:
        times = windows.columns.times
        first_ms, last_ms = times[spans.first], times[spans.last]
        ends_ms = windows.ends_ms[spans.step]
        sampled = (last_ms - first_ms) / 1000
        spacing = sampled / np.maximum(spans.last - spans.first, 1)
        to_start = (first_ms - (ends_ms - windows.range_ms)) / 1000
        to_end = (ends_ms - last_ms) / 1000
        return cls(
            sampled,
            np.where(to_start >= spacing * THRESHOLD, spacing / 2, to_start),
            np.where(to_end >= spacing * THRESHOLD, spacing / 2, to_end),
        )

    def since(self, seconds: Floats, known: Flags) -> _Edges:
        """The same, but where it is `known` what was sampled begins `seconds` before the last."""
        sampled = np.where(known, seconds, self.sampled)
        return _Edges(sampled, np.where(known, 0.0, self.to_start), self.to_end)

    def factors(self) -> Floats:
        return (self.sampled + self.to_start + self.to_end) / self.sampled


def _counter_factors(edges: _Edges, spans: Spans, sums: Lists) -> Floats:
    """As `_Edges.factors`, but never beyond the moment where the count would have been zero."""
    count = spans.histograms.count
    output = np.repeat(np.arange(len(sums)), sums.sizes)
    gained = np.bincount(output, sums.weights * count[sums.rows], minlength=len(sums))
    first = count[spans.number[spans.first]]
    to_zero = np.where((gained > 0) & (first >= 0), edges.sampled * (first / gained), np.inf)
    return _Edges(edges.sampled, np.minimum(edges.to_start, to_zero), edges.to_end).factors()


def _answer(floats: Frame, spans: Spans, sums: Lists, factors: Floats, told: Doubts) -> Frame:
    found = combined(spans.histograms, sums, factors)
    _tell(found, spans, told)
    kept = found.usable
    gauges = found.histograms.take(kept).with_hint(HINT_GAUGE)
    return with_histograms(floats, spans.row[kept], spans.step[kept], gauges)


def _tell(found: Combined, spans: Spans, told: Doubts) -> None:
    told.warn(doubts.mixed_buckets, spans.row[(found.status & MIXED) != 0])
    reconciled = np.flatnonzero(found.status & BOUNDS_RECONCILED)
    if not reconciled.size:
        return
    ends = Lists.pairs(
        spans.number[spans.last[reconciled]], spans.number[spans.first[reconciled]], -1.0
    )
    subtracted = (combined(spans.histograms, ends).status & BOUNDS_RECONCILED) != 0
    told.inform_where(doubts.bounds_reconciled(doubts.SUBTRACTION), subtracted)
    told.inform_where(doubts.bounds_reconciled(doubts.ADDITION), ~subtracted)


def instant_change(evaluate: RangeEvaluation, *, per_second: bool) -> MixedEvaluation:
    """`irate` or `idelta`, which `evaluate` is for floats: of the last two samples."""

    def change(mixed: Mixed, scalars: Sequence[Scalar], call: Call, context: EvalContext) -> Frame:
        told, pairs = Doubts(mixed.whole, call, context), _Pairs.of(mixed.whole)
        told.warn(doubts.mixed_samples, pairs.row[pairs.differ])
        floats = evaluate(mixed.whole, scalars, call, context)
        kind = np.zeros(floats.values.shape, np.uint8)
        floats_both = ~pairs.differ & ~pairs.histograms
        kind[pairs.row[floats_both], pairs.step[floats_both]] = FLOAT
        kind = np.minimum(kind, floats.kinds())
        floats = floats.with_values(np.where(kind == ABSENT, 0.0, floats.values), kind)
        chosen = pairs.where(pairs.histograms & ~pairs.differ)
        return _instant_histograms(floats, chosen, told, per_second=per_second)

    return change


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The last two samples of windows: their `row`, `step`, and the place of the `last`.

    `histograms`: the last one is a histogram; `differ`: the other is of the other kind.
    """

    row: Rows
    step: Rows
    last: Rows
    histograms: Flags
    differ: Flags

    @classmethod
    def of(cls, windows: Windows) -> _Pairs:
        columns = windows.columns
        assert columns.histogram is not None
        row, step = np.nonzero((windows.upper - windows.lower)[windows.timeline] >= 2)
        last = columns.starts[row] + windows.upper[windows.timeline[row], step] - 1
        is_histogram = columns.histogram >= 0
        differ = is_histogram[last] != is_histogram[last - 1]
        return cls(row, step, last, is_histogram[last], differ)

    def where(self, chosen: Flags) -> _Pairs:
        return _Pairs(
            self.row[chosen],
            self.step[chosen],
            self.last[chosen],
            self.histograms[chosen],
            self.differ[chosen],
        )


def _instant_histograms(floats: Frame, pairs: _Pairs, told: Doubts, *, per_second: bool) -> Frame:
    columns = told.windows.columns
    assert columns.histogram is not None
    assert columns.histograms is not None
    number = columns.histogram.astype(np.int64)
    before, after = number[pairs.last - 1], number[pairs.last]
    is_gauge = np.equal(columns.histograms.hint, HINT_GAUGE)
    if per_second:
        told.warn(doubts.not_a_counter, pairs.row[is_gauge[before] | is_gauge[after]])
    else:
        told.warn(doubts.not_a_gauge, pairs.row[~(is_gauge[before] & is_gauge[after])])
    lists = Lists.pairs(after, before, -1.0)
    factors = np.ones(pairs.row.size)
    if per_second:
        restarted = follows_reset(columns.histograms, before, after)
        if columns.start_times is not None:
            restarted |= start_times.restarts_of(columns)[pairs.last]
        lists = _without_second(lists, restarted)
        time_at = columns.times_at[pairs.row] + pairs.last - columns.starts[pairs.row]
        factors = 1000.0 / (columns.times[time_at] - columns.times[time_at - 1])
    found = combined(columns.histograms, lists, factors)
    told.warn(doubts.mixed_buckets, pairs.row[(found.status & MIXED) != 0])
    told.inform_where(
        doubts.bounds_reconciled(doubts.SUBTRACTION), (found.status & BOUNDS_RECONCILED) != 0
    )
    kept = found.usable
    gauges = found.histograms.take(kept).with_hint(HINT_GAUGE)
    return with_histograms(floats, pairs.row[kept], pairs.step[kept], gauges)


def _without_second(lists: Lists, where: Flags) -> Lists:
    kept = np.ones(lists.rows.size, np.bool_)
    kept[1::2] = ~where
    return Lists(run_bounds(2 - where.astype(np.int64)), lists.rows[kept], lists.weights[kept])


def count_resets(
    mixed: Mixed, _scalars: Sequence[Scalar], call: Call, _context: EvalContext
) -> Frame:
    """How often a counter was reset; to become a histogram, or to cease being one, is a reset."""
    columns = mixed.whole.columns
    if columns.start_times is None:
        restarted = columns.values[1:] < columns.values[:-1]
    else:
        restarted = start_times.restarts_of(columns)[1:]
    return _counted(mixed.whole, call, restarted, follows_reset)


def count_changes(
    mixed: Mixed, _scalars: Sequence[Scalar], call: Call, _context: EvalContext
) -> Frame:
    """How often a sample is another one than that before."""
    values = mixed.whole.columns.values
    both_nan = np.isnan(values[1:]) & np.isnan(values[:-1])
    changed = (values[1:] != values[:-1]) & ~both_nan
    return _counted(mixed.whole, call, changed, _differ)


def _differ(histograms: Histograms, before: Rows, after: Rows) -> Flags:
    return ~equal(histograms, before, after)


def _counted(windows: Windows, call: Call, told: Flags, compare: Compare) -> Frame:
    """Samples of each window, but for its first, that are flagged.

    `told` bool[m - 1]: what is true of each sample and the one before if both are of one kind;
    `compare(histograms, before, after)` says where it is true of histograms as well.
    """
    windows = anchored_windows(windows) if extension_of(call) else windows
    columns, line = windows.columns, windows.timeline
    assert columns.histogram is not None
    assert columns.histograms is not None
    number = columns.histogram.astype(np.int64)
    flags = np.zeros(number.size, np.bool_)
    later = not_first(columns.starts, number.size)
    before, after = number[later - 1], number[later]
    flags[later] = np.where((before < 0) == (after < 0), told[later - 1], True)
    both = (before >= 0) & (after >= 0)
    flags[later[both]] |= compare(columns.histograms, before[both], after[both])
    # One behind the end, so that absent windows have a place to look at.
    counts = np.append(run_bounds(flags.astype(np.int64)), 0)
    present = (windows.upper > windows.lower)[line]
    first = np.where(present, columns.starts[:-1, None] + windows.lower[line], 0)
    last = np.where(present, columns.starts[:-1, None] + windows.upper[line] - 1, 0)
    values = (counts[last + 1] - counts[first + 1]).astype(np.float64)
    kind = np.where(present, np.uint8(FLOAT), np.uint8(ABSENT))
    return Frame(windows.labels, np.where(present, values, 0.0), kind, windows.drop_name)
