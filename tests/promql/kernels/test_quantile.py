"""Quantiles of windows and of buckets against the same things said slowly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from narthex.promql.kernels import quantile
from tests.promql.kernels.cases import WILD_FLOATS, Case, Window, both, cases, same

QUANTILES = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0, -0.5, 1.5, math.nan]) | st.floats(0, 1)
FINITE_OR_NAN = st.floats(-1e9, 1e9) | st.just(math.nan) | st.integers(0, 3).map(float)


def quantile_of(q: float, values: list[float]) -> float:
    if math.isnan(q) or not values:
        return math.nan
    if not 0 <= q <= 1:
        return -math.inf if q < 0 else math.inf
    ordered = sorted(values, key=lambda value: (not math.isnan(value), value))
    rank = q * (len(ordered) - 1)
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    weight = rank - below
    return ordered[below] * (1 - weight) + ordered[above] * weight


@given(cases(FINITE_OR_NAN), QUANTILES)
def test_quantile_over_time(case: Case, q: float) -> None:
    def reference(window: Window, _: int) -> float:
        return quantile_of(q, window[0]) if window[0] else 0.0

    quantiles = np.full(case.ends_ms.size, q)
    for kernel in both(quantile.quantile_over_time):
        out = case.room()
        kernel(*case.windows, quantiles, out)
        same(out, case.expected(reference))


@given(cases(WILD_FLOATS))
def test_quantile_over_time_of_anything(case: Case) -> None:
    quantiles = np.linspace(0, 1, case.ends_ms.size)
    out, again = case.room(), case.room()
    quantile.quantile_over_time(*case.windows, quantiles, out)
    with np.errstate(all="ignore"):
        both(quantile.quantile_over_time)[1](*case.windows, quantiles, again)
    same(out, again)


def test_windows_longer_than_what_is_put_in_place_one_by_one() -> None:
    values = np.random.default_rng(7).normal(size=1000)
    values[::97] = math.nan
    lower = np.arange(0, 800, 10, dtype=np.int32).reshape(1, -1)
    lower[0, 40:] += 60
    upper = lower + 130
    out = np.empty(lower.shape)
    starts, timeline = np.array([0, 1000], np.int64), np.zeros(1, np.int32)
    quantile.quantile_over_time(
        values, starts, timeline, lower, upper, np.full(lower.size, 0.3), out
    )
    expected = [
        quantile_of(0.3, values[low:high].tolist())
        for low, high in zip(lower[0], upper[0], strict=True)
    ]
    same(out[0], np.array(expected))


@given(cases(FINITE_OR_NAN))
def test_median_absolute_deviation(case: Case) -> None:
    def reference(window: Window, _: int) -> float:
        if not window[0]:
            return 0.0
        if any(map(math.isnan, window[0])):
            return math.nan
        median = quantile_of(0.5, window[0])
        return quantile_of(0.5, [abs(value - median) for value in window[0]])

    for kernel in both(quantile.mad_over_time):
        out = case.room()
        kernel(*case.windows, out)
        same(out, case.expected(reference))


Buckets = list[tuple[float, float]]


def coalesced(buckets: Buckets) -> Buckets:
    merged: dict[float, float] = {}
    for bound, count in buckets:
        merged[bound] = merged.get(bound, 0.0) + count
    return sorted(merged.items())


def bucket_quantile(q: float, buckets: Buckets) -> float:
    if math.isnan(q):
        return math.nan
    if not 0 <= q <= 1:
        return -math.inf if q < 0 else math.inf
    buckets = coalesced(buckets)
    if buckets[-1][0] != math.inf or len(buckets) < 2:
        return math.nan
    counts = list(np.maximum.accumulate([count for _, count in buckets]))
    if counts[-1] == 0:
        return math.nan
    rank = q * counts[-1]
    place = next((b for b in range(len(counts) - 1) if counts[b] >= rank), len(counts) - 1)
    if place == len(counts) - 1:
        return buckets[-2][0]
    if place == 0 and buckets[0][0] <= 0:
        return buckets[0][0]
    begin, before = (buckets[place - 1][0], counts[place - 1]) if place else (0.0, 0.0)
    share = (rank - before) / (counts[place] - before) if counts[place] != before else math.nan
    return begin + (buckets[place][0] - begin) * share


def bucket_fraction(low: float, high: float, buckets: Buckets) -> float:
    buckets = coalesced(buckets)
    total = buckets[-1][1]
    if buckets[-1][0] != math.inf or total == 0 or math.isnan(low) or math.isnan(high):
        return math.nan
    if low >= high:
        return 0.0

    def below(limit: float) -> float:
        before, begin = 0.0, 0.0 if buckets[0][0] > 0 else -math.inf
        for bound, count in buckets:
            if begin >= limit:
                return before
            if limit < bound:
                if begin == -math.inf:
                    return count
                return before + (count - before) * (limit - begin) / (bound - begin)
            before, begin = count, bound
        return total

    return (min(below(high), total) - min(below(low), total)) / total


BOUNDS = st.sampled_from([-1.0, 0.0, 0.1, 0.25, 1.0, 5.0, math.inf])
HISTOGRAMS = st.lists(
    st.lists(st.tuples(BOUNDS, st.integers(0, 20).map(float)), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
)

Arrays = tuple[
    NDArray[np.float64], NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64],
    NDArray[np.float64],
]  # fmt: skip


def arrays_of(histograms: list[Buckets]) -> Arrays:
    ordered = [sorted(buckets, key=lambda bucket: bucket[0]) for buckets in histograms]
    flat = [bucket for buckets in ordered for bucket in buckets]
    values = np.array([[count] for _, count in flat])
    starts = np.cumsum([0, *(len(buckets) for buckets in ordered)]).astype(np.int64)
    rows = np.arange(len(flat), dtype=np.int64)
    bounds = np.array([bound for bound, _ in flat])
    return values, np.ones(values.shape, np.uint8), rows, starts, bounds


@given(HISTOGRAMS, QUANTILES)
def test_histogram_quantile(histograms: list[Buckets], q: float) -> None:
    expected = np.array([[bucket_quantile(q, buckets)] for buckets in histograms])
    for kernel in both(quantile.histogram_quantile):
        out, kind = np.empty(expected.shape), np.empty(expected.shape, np.uint8)
        seen = np.zeros((len(histograms), 3), np.int64)
        repair = np.tile([math.inf, -math.inf, 0.0], (len(histograms), 1))
        with np.errstate(all="ignore"):
            kernel(*arrays_of(histograms), np.array([q]), out, kind, seen, repair)
        assert kind.all()
        same(out, expected, 1e-12)


@given(HISTOGRAMS, WILD_FLOATS, WILD_FLOATS)
def test_histogram_fraction(histograms: list[Buckets], low: float, high: float) -> None:
    expected = np.array([[bucket_fraction(low, high, buckets)] for buckets in histograms])
    for kernel in both(quantile.histogram_fraction):
        out, kind = np.empty(expected.shape), np.empty(expected.shape, np.uint8)
        with np.errstate(all="ignore"):
            kernel(*arrays_of(histograms), np.array([low]), np.array([high]), out, kind)
        assert kind.all()
        same(out, expected, 1e-12)


def test_repairs_are_described_and_small_deltas_pass() -> None:
    buckets = [(0.1, 5.0), (1.0, 3.0), (5.0, 8.0), (10.0, 8.0 - 1e-13), (math.inf, 6.0)]
    out, kind = np.empty((1, 1)), np.empty((1, 1), np.uint8)
    seen, repair = np.zeros((1, 3), np.int64), np.array([[math.inf, -math.inf, 0.0]])
    quantile.histogram_quantile(*arrays_of([buckets]), np.array([0.5]), out, kind, seen, repair)
    assert seen.tolist() == [[1, 0, 0]]
    assert repair.tolist() == [[1.0, math.inf, 2.0]]


def test_a_histogram_without_buckets_at_a_step_is_absent() -> None:
    values, kind, rows, starts, bounds = arrays_of([[(1.0, 1.0), (math.inf, 2.0)]])
    kind[:] = 0
    out, out_kind = np.empty((1, 1)), np.full((1, 1), 7, np.uint8)
    quantile.histogram_fraction(
        values, kind, rows, starts, bounds, np.zeros(1), np.ones(1), out, out_kind
    )
    assert out_kind.tolist() == [[0]]


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [(1.0, 1.0 + 1e-13, True), (1.0, 1.0 + 1e-11, False), (0.0, 1e-300, False)],
)
def test_nearly_equal(a: float, b: float, equal: bool) -> None:
    assert quantile.nearly_equal(a, b) is equal
    assert both(quantile.nearly_equal)[1](a, b) == equal
