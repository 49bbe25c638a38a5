"""Counter resets and equality against what the buckets say one by one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.histogram import Buckets, Histogram, ResetHint
from narthex.model.histogram_columns import HINTS, Histograms
from narthex.model.histogram_resets import (
    equal,
    hints_in_sequence,
    hints_when_read,
    resets,
)
from narthex.model.kernels import histogram_resets as kernels
from tests.histogram_strategies import custom, exponential, histograms

Counts = defaultdict[int, float]
Pair = tuple[Histogram, Histogram]


def fell(before: Mapping[int, float], after: Mapping[int, float]) -> bool:
    return any(after.get(index, 0.0) < count for index, count in before.items())


def by_bounds(histogram: Histogram, bounds: tuple[float, ...]) -> Counts:
    counts: Counts = defaultdict(float)
    for index, count in histogram.positive.items():
        upper = histogram.upper_bound(index)
        counts[sum(1 for bound in bounds if bound < upper)] += count
    return counts


def has_reset(before: Histogram, after: Histogram) -> bool:
    if after.reset_hint in {ResetHint.RESET, ResetHint.NOT_RESET}:
        return after.reset_hint is ResetHint.RESET
    if after.uses_custom_buckets != before.uses_custom_buckets or after.count < before.count:
        return True
    if after.uses_custom_buckets:
        bounds = tuple(v for v in after.custom_values if v in before.custom_values)
        return fell(by_bounds(before, bounds), by_bounds(after, bounds))
    if after.schema > before.schema or after.zero_threshold < before.zero_threshold:
        return True
    zero, threshold = before.zero_count, after.zero_threshold
    sides: list[Counts] = []
    for side in (before.positive, before.negative):
        counts: Counts = defaultdict(float)
        for index, count in side.populated().items():
            if threshold == before.zero_threshold or before.upper_bound(index - 1) >= threshold:
                target = math.ceil(index / 2 ** (before.schema - after.schema))
                counts[target] += count
            elif before.upper_bound(index) > threshold:
                return True
            else:
                zero += count
        sides.append(counts)
    return (
        after.zero_count < zero
        or fell(sides[0], after.positive.populated())
        or fell(sides[1], after.negative.populated())
    )


@st.composite
def grown(draw: st.DrawFn) -> Pair:
    """A histogram and one that has what it had, and more, maybe in other buckets."""
    before, more = draw(st.tuples(exponential(), exponential()) | st.tuples(custom(), custom()))
    after = before.plus(more)
    return before, replace(after, reset_hint=draw(st.sampled_from(ResetHint)))


PAIRS = st.lists(st.tuples(histograms(), histograms()) | grown(), min_size=1, max_size=5)


def columns_of(pairs: list[Pair]) -> tuple[Histograms, np.ndarray, np.ndarray]:
    rows = np.arange(len(pairs), dtype=np.int64)
    return Histograms.from_values([h for pair in pairs for h in pair]), 2 * rows, 2 * rows + 1


@given(PAIRS)
def test_resets_are_what_the_buckets_say(pairs: list[Pair]) -> None:
    assert resets(*columns_of(pairs)).tolist() == [has_reset(*pair) for pair in pairs]


@given(grown())
def test_a_histogram_that_only_grew_was_not_reset(pair: Pair) -> None:
    before, after = (replace(h, reset_hint=ResetHint.UNKNOWN) for h in pair)
    assert not resets(*columns_of([(before, after)]))[0]


def test_a_vanished_bucket_is_a_reset_and_a_vanished_empty_one_is_not() -> None:
    full = Histogram(0, 3.0, 3.0, positive=Buckets.run(0, (1.0, 2.0)))
    moved = Histogram(0, 3.0, 3.0, positive=Buckets.run(0, (3.0,)))
    empty = Histogram(0, 3.0, 3.0, positive=Buckets.run(0, (3.0, 0.0)))
    assert resets(*columns_of([(full, moved), (empty, moved)])).tolist() == [True, False]


def same(left: Histogram, right: Histogram) -> bool:
    left, right = left.compacted(), right.compacted()
    return replace(left, reset_hint=ResetHint.GAUGE) == replace(right, reset_hint=ResetHint.GAUGE)


@given(PAIRS)
def test_equality_is_that_of_values(pairs: list[Pair]) -> None:
    pairs = [*pairs, *((left, left.compacted()) for left, _ in pairs)]
    assert equal(*columns_of(pairs)).tolist() == [same(*pair) for pair in pairs]


def test_nan_equals_nan() -> None:
    histogram = Histogram(count=3.0, sum=math.nan)
    assert equal(*columns_of([(histogram, histogram)])).tolist() == [True]


UNKNOWN, RESET, NOT_RESET, GAUGE = (
    ResetHint.UNKNOWN,
    ResetHint.RESET,
    ResetHint.NOT_RESET,
    ResetHint.GAUGE,
)


def test_a_store_knows_of_no_reset_where_a_counter_went_on() -> None:
    series = [
        Histogram(0, 3.0),
        Histogram(0, 5.0, reset_hint=UNKNOWN),
        Histogram(0, 4.0, reset_hint=NOT_RESET),
        Histogram(0, 6.0, reset_hint=RESET),
        Histogram(0, 7.0, reset_hint=GAUGE),
        Histogram(0, 8.0),
        Histogram(-1, 9.0),
        Histogram(-53, 9.0, custom_values=(1.0,)),
        Histogram(-53, 9.0, custom_values=(1.0,)),
        Histogram(-53, 9.0, custom_values=(2.0,)),
    ]
    hints = hints_when_read(Histograms.from_values(series), np.arange(-1, len(series) - 1))
    expected = [UNKNOWN, NOT_RESET, UNKNOWN, UNKNOWN, GAUGE, UNKNOWN, UNKNOWN, UNKNOWN]
    assert [HINTS[hint] for hint in hints] == [*expected, NOT_RESET, UNKNOWN]


def test_reading_in_sequence_finds_out_what_was_reset() -> None:
    series = [Histogram(0, 3.0), Histogram(0, 5.0), Histogram(0, 4.0), Histogram(0, 4.0)]
    hints = hints_in_sequence(Histograms.from_values(series), np.array([-1, 0, 1, -1]))
    assert [HINTS[hint] for hint in hints] == [UNKNOWN, NOT_RESET, RESET, UNKNOWN]


@given(PAIRS)
def test_kernels_do_what_their_source_says(pairs: list[Pair]) -> None:
    histograms_, left, right = columns_of(pairs)
    table = histograms_.layouts
    columns = (
        histograms_.fields(),
        histograms_.layout,
        histograms_.starts,
        histograms_.buckets,
        table.starts,
        table.positives,
        table.indices,
        table.bound_starts,
        table.bounds,
    )
    out = np.empty(len(pairs), np.bool_)
    plain: Callable[..., None] = getattr(kernels.detect_resets, "py_func", kernels.detect_resets)
    plain(histograms_.schema, histograms_.hint, *columns, left, right, out)
    assert out.tolist() == resets(histograms_, left, right).tolist()
    plain = getattr(kernels.compare_rows, "py_func", kernels.compare_rows)
    plain(histograms_.schema, *columns, left, right, out)
    assert out.tolist() == equal(histograms_, left, right).tolist()
