"""Weighted sums of histograms against sums of the histograms' buckets one by one."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.model import histogram_sums
from narthex.model.histogram import Buckets, Histogram, IncompatibleHistograms, ResetHint
from narthex.model.histogram_columns import HINT_GAUGE, Histograms
from narthex.model.histogram_sums import (
    BOUNDS_RECONCILED,
    HINT_COLLISION,
    MIXED,
    NOTHING,
    Lists,
    averaged,
    combined,
    divided,
    scaled,
)
from tests.histogram_strategies import custom, exponential, histograms

Counts = defaultdict[int, float]
Weighted = Sequence[tuple[Histogram, float]]


def threshold_of(terms: Weighted) -> float:
    threshold = max(histogram.zero_threshold for histogram, _ in terms)
    while True:
        cut = [
            histogram.upper_bound(index)
            for histogram, _ in terms
            if histogram.zero_threshold != threshold
            for side in (histogram.positive, histogram.negative)
            for index in side.populated()
            if histogram.upper_bound(index - 1) < threshold < histogram.upper_bound(index)
        ]
        if not cut:
            return threshold
        threshold = max(cut)


def exponential_sum(terms: Weighted) -> Histogram:
    schema, threshold = min(h.schema for h, _ in terms), threshold_of(terms)
    zero = 0.0
    sides: tuple[Counts, Counts] = defaultdict(float), defaultdict(float)
    for histogram, weight in terms:
        zero += weight * histogram.zero_count
        for side, out in zip((histogram.positive, histogram.negative), sides, strict=True):
            for index, count in side.items():
                swallowed = (
                    histogram.zero_threshold != threshold
                    and histogram.upper_bound(index - 1) < threshold
                )
                if swallowed:
                    zero += weight * count
                else:
                    target = math.ceil(index / 2 ** (histogram.schema - schema))
                    out[target] += weight * count
    return Histogram(
        schema,
        sum(weight * h.count for h, weight in terms),
        sum(weight * h.sum for h, weight in terms),
        threshold,
        zero,
        Buckets.of(sides[0]),
        Buckets.of(sides[1]),
    )


def custom_sum(terms: Weighted) -> Histogram:
    bounds = tuple(
        sorted(set.intersection(*(set(histogram.custom_values) for histogram, _ in terms)))
    )
    counts: Counts = defaultdict(float)
    for histogram, weight in terms:
        for index, count in histogram.positive.items():
            upper = histogram.upper_bound(index)
            target = sum(1 for bound in bounds if bound < upper)
            counts[target] += weight * count
    return Histogram(
        -53,
        sum(weight * h.count for h, weight in terms),
        sum(weight * h.sum for h, weight in terms),
        positive=Buckets.of(counts),
        custom_values=bounds,
    )


def hint_of(terms: Weighted) -> ResetHint:
    hints = {histogram.reset_hint for histogram, _ in terms}
    if ResetHint.GAUGE in hints or any(weight < 0 for _, weight in terms):
        return ResetHint.GAUGE
    return hints.pop() if len(hints) == 1 else ResetHint.UNKNOWN


def without_hint(histogram: Histogram) -> Histogram:
    return Histogram(
        histogram.schema,
        histogram.count,
        histogram.sum,
        histogram.zero_threshold,
        histogram.zero_count,
        histogram.positive,
        histogram.negative,
        histogram.custom_values,
    )


WEIGHTS = st.sampled_from((1.0, -1.0, 2.0))


@st.composite
def lists_of(draw: st.DrawFn, values: st.SearchStrategy[Histogram]) -> list[Weighted]:
    pool = draw(st.lists(values, min_size=1, max_size=5))
    terms = st.lists(st.tuples(st.sampled_from(pool), WEIGHTS), max_size=5)
    return draw(st.lists(terms, max_size=5))


@contextmanager
def plain_kernels() -> Iterator[None]:
    """Kernels as they were written, in place of the compiled ones."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("plan_outputs", "add_outputs"):
            kernel = getattr(histogram_sums, name)
            patch.setattr(histogram_sums, name, getattr(kernel, "py_func", kernel))
        yield


def as_lists(outputs: Sequence[Weighted]) -> tuple[Histograms, Lists]:
    terms = [term for output in outputs for term in output]
    lists = Lists(
        np.cumsum([0, *(len(output) for output in outputs)]).astype(np.int64),
        np.arange(len(terms), dtype=np.int64),
        np.array([weight for _, weight in terms], np.float64),
    )
    return Histograms.from_values([histogram for histogram, _ in terms]), lists


@given(lists_of(exponential()) | lists_of(custom()) | lists_of(histograms()))
def test_sums_are_those_of_the_buckets(outputs: list[Weighted]) -> None:
    found = combined(*as_lists(outputs))
    assert len(found.histograms) == len(outputs)
    pairs = zip(found.histograms.to_values(), found.status.tolist(), outputs, strict=True)
    for histogram, status, terms in pairs:
        kinds = {term.uses_custom_buckets for term, _ in terms}
        if len(kinds) != 1:
            assert status & (MIXED | NOTHING) == (MIXED if kinds else NOTHING)
            assert histogram == Histogram()
            continue
        assert not status & (MIXED | NOTHING)
        expected = custom_sum(terms) if kinds == {True} else exponential_sum(terms)
        assert without_hint(histogram) == expected
        assert histogram.reset_hint is hint_of(terms)
        hints = {term.reset_hint for term, _ in terms}
        collide = {ResetHint.RESET, ResetHint.NOT_RESET} <= hints
        assert bool(status & HINT_COLLISION) == collide
        differ = len({term.custom_values for term, _ in terms}) > 1
        assert bool(status & BOUNDS_RECONCILED) == differ


@given(histograms(), histograms(), st.booleans())
def test_two_histograms_sum_as_values_do(left: Histogram, right: Histogram, add: bool) -> None:
    columns = Histograms.from_values([left, right])
    found = combined(columns, Lists.pairs(np.array([0]), np.array([1]), 1.0 if add else -1.0))
    if left.uses_custom_buckets != right.uses_custom_buckets:
        with pytest.raises(IncompatibleHistograms):
            left.plus(right)
        assert found.usable.tolist() == [False]
        return
    expected = left.plus(right) if add else left.minus(right)
    assert without_hint(found.histograms.value(0)) == without_hint(expected)


@given(lists_of(exponential()) | lists_of(custom()))
def test_the_kernel_does_what_its_source_says(outputs: list[Weighted]) -> None:
    histograms_, lists = as_lists(outputs)
    expected = combined(histograms_, lists)
    with plain_kernels():
        found = combined(histograms_, lists)
    assert found.status.tolist() == expected.status.tolist()
    assert found.histograms.to_values() == expected.histograms.to_values()
    assert found.histograms.layout.tolist() == expected.histograms.layout.tolist()


def counted(*counts: float) -> Histograms:
    return Histograms.from_values([Histogram(count=count, sum=-count) for count in counts])


def test_small_terms_survive_between_large_opposites() -> None:
    lists = Lists.unweighted(np.array([0, 4]), np.arange(4))
    found = combined(counted(1.0, 1e100, 1.0, -1e100), lists).histograms
    assert (found.count[0], found.sum[0]) == (2.0, -2.0)


def test_a_sum_that_overflows_is_infinite_and_its_mean_is_not() -> None:
    lists = Lists.unweighted(np.array([0, 3, 4]), np.array([0, 1, 2, 2]))
    histograms_ = counted(1.7e308, 1.2e308, 1e-6)
    assert combined(histograms_, lists).histograms.count[0] == math.inf
    means = averaged(histograms_, lists).histograms
    assert means.count.tolist() == pytest.approx([1.7e308 / 3 + 0.4e308, 1e-6])


def test_a_mean_divides_once() -> None:
    lists = Lists.unweighted(np.array([0, 3]), np.arange(3))
    assert averaged(counted(1.0, 2.0, 3.0), lists).histograms.count.tolist() == [2.0]


@given(st.lists(histograms(), max_size=5), st.sampled_from((-2.0, 0.0, 0.5)))
def test_scaling_multiplies_every_count(values: list[Histogram], factor: float) -> None:
    columns = Histograms.from_values(values)
    found = scaled(columns, np.full(len(values), factor))
    assert found.buckets.tolist() == (columns.buckets * factor).tolist()
    assert found.fields()[1:].tolist() == (columns.fields()[1:] * factor).tolist()
    expected = [HINT_GAUGE] * len(values) if factor < 0 else columns.hint.tolist()
    assert found.hint.tolist() == expected


def test_division_by_zero_leaves_no_regular_bucket() -> None:
    histogram = Histogram(0, 3.0, 6.0, 0.001, 1.0, Buckets.run(0, (1.0, 1.0)))
    found = divided(Histograms.from_values([histogram]), np.zeros(1)).value(0)
    assert found == Histogram(0, math.inf, math.inf, 0.001, math.inf)
