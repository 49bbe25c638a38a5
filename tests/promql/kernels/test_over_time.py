"""Sums, extremes and descriptions of windows against the same things said slowly."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from narthex.promql.kernels import over_time, sums
from tests.promql.kernels.cases import (
    FLOATS,
    WILD_FLOATS,
    Case,
    Window,
    both,
    cases,
    is_finite,
    same,
)


def neumaier(values: list[float]) -> float:
    total = compensation = 0.0
    for value in values:
        new = total + value
        if math.isinf(new):
            compensation = 0.0
        elif abs(total) >= abs(value):
            compensation += (total - new) + value
        else:
            compensation += (value - new) + total
        total = new
    return total if math.isinf(total) else total + compensation


@given(cases(WILD_FLOATS))
def test_sums_are_compensated(case: Case) -> None:
    expected = case.expected(lambda window, _: neumaier(window[0]))
    for kernel in both(over_time.sum_over_time):
        out = case.room()
        kernel(*case.windows, out)
        same(out, expected, 1e-9)


@given(cases(FLOATS))
def test_sums_from_prefixes_are_as_good_as_exact(case: Case) -> None:
    out = case.room()
    over_time.sum_over_time(*case.windows, out)
    exact = case.expected(lambda window, _: float(sum(map(Fraction, window[0]), Fraction(0))))
    np.testing.assert_allclose(out, exact, rtol=1e-12, atol=1e-300)


@given(cases(FLOATS))
def test_means(case: Case) -> None:
    def mean(window: Window, _: int) -> float:
        return neumaier(window[0]) / len(window[0]) if window[0] else 0.0

    for kernel in both(over_time.avg_over_time):
        out = case.room()
        kernel(*case.windows, out)
        same(out, case.expected(mean), 1e-12)


def test_mean_of_what_no_sum_holds() -> None:
    values = np.array([1e308, 1e308, 1e308, 1e308])
    assert sums.compensated_mean(values, 0, 4) == pytest.approx(1e308, rel=1e-15)
    assert both(sums.compensated_mean)[1](values, 0, 4) == pytest.approx(1e308, rel=1e-15)


@given(cases(FLOATS))
def test_variances(case: Case) -> None:
    def variance(window: Window, _: int) -> float:
        values = list(map(Fraction, window[0]))
        if not values:
            return 0.0
        mean = sum(values) / len(values)
        return float(sum((value - mean) ** 2 for value in values) / len(values))

    out = case.room()
    for kernel in both(over_time.stdvar_over_time):
        kernel(*case.windows, out)
        np.testing.assert_allclose(out, case.expected(variance), rtol=1e-9, atol=1e-20)
    deviation = case.room()
    for kernel in both(over_time.stddev_over_time):
        kernel(*case.windows, deviation)
        same(deviation, np.sqrt(out), 1e-12)


@given(cases(WILD_FLOATS))
def test_edges(case: Case) -> None:
    for kernel in both(over_time.first_over_time):
        out = case.room()
        kernel(*case.windows, out)
        same(out, case.expected(lambda window, _: window[0][0] if window[0] else 0.0))
    for kernel in both(over_time.last_over_time):
        out = case.room()
        kernel(*case.windows, out)
        same(out, case.expected(lambda window, _: window[0][-1] if window[0] else 0.0))


@given(cases(WILD_FLOATS))
def test_extremes_pass_over_nan(case: Case) -> None:
    for sign, best in ((1.0, max), (-1.0, min)):

        def extreme(window: Window, _: int, best: Callable[..., float] = best) -> float:
            values = [value for value in window[0] if not math.isnan(value)]
            if window[0] and not values:
                return math.nan
            return float(best(values)) if values else 0.0

        for kernel in both(over_time.extreme_over_time):
            out = case.room()
            kernel(*case.windows, sign, out)
            same(out, case.expected(extreme))


@given(cases(WILD_FLOATS))
def test_time_of_the_last_extreme(case: Case) -> None:
    for sign in (1.0, -1.0):

        def when(window: Window, _: int, sign: float = sign) -> float:
            if not window[0]:
                return 0.0
            best, at = window[0][0], window[1][0]
            for value, time in zip(*window, strict=True):
                if sign * value >= sign * best or math.isnan(best):
                    best, at = value, time
            return at / 1000

        for kernel in both(over_time.extreme_time_over_time):
            out = case.room()
            kernel(*case.timed_windows, sign, out)
            same(out, case.expected(when))


@given(cases())
def test_times_of_edges(case: Case) -> None:
    for compiled, index in ((over_time.first_times, 0), (over_time.last_times, -1)):

        def edge(window: Window, _: int, index: int = index) -> float:
            return window[1][index] / 1000 if window[1] else 0.0

        for kernel in both(compiled):
            out = np.full(case.lower.shape, 12345.678)
            kernel(case.times, case.times_at, case.lower, case.upper, out)
            same(out[case.timeline], case.expected(edge))


@given(cases(WILD_FLOATS))
def test_prefixes_refuse_what_is_not_finite(case: Case) -> None:
    room = case.values.size + 1
    for i in range(case.timeline.size):
        start, end = int(case.starts[i]), int(case.starts[i + 1])
        high, low = np.empty(room), np.empty(room)
        largest = sums.prefix_sums(case.values, start, end, high, low)
        if not is_finite(case.values[start:end].tolist()):
            assert largest == math.inf


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e9, 1e15])
@pytest.mark.parametrize("offset", [0.0, 1.0, 1e3, 1e9])
def test_prefixes_agree_with_one_by_one_whatever_the_size(scale: float, offset: float) -> None:
    random = np.random.default_rng(3)
    values = (offset + random.normal(size=2000)) * scale
    values[500:700] = values[500]
    starts, timeline = np.array([0, 2000], np.int64), np.zeros(1, np.int32)
    lower = np.arange(0, 1900, 5, dtype=np.int32).reshape(1, -1)
    upper = lower + 60
    out = np.empty(lower.shape)
    over_time.stdvar_over_time(values, starts, timeline, lower, upper, out)
    one_by_one = [
        over_time.compensated_variance(values, int(low), int(high))
        for low, high in zip(lower[0], upper[0], strict=True)
    ]
    same(out[0], np.array(one_by_one), 1e-10)
    over_time.avg_over_time(values, starts, timeline, lower, upper, out)
    means = [
        sums.compensated_mean(values, int(low), int(high))
        for low, high in zip(lower[0], upper[0], strict=True)
    ]
    same(out[0], np.array(means), 1e-12)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("length", [3, 7, 200])
def test_extremes_are_the_same_however_they_are_found(sign: float, length: int) -> None:
    random = np.random.default_rng(9)
    choices = [0.0, -0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 2.5]
    values = random.choice(choices, 600)
    values[100:320] = math.nan
    lower = np.arange(0, 390, 3, dtype=np.int32).reshape(1, -1)
    upper = lower + length
    out = np.empty(lower.shape)
    windows = values, np.array([0, 600], np.int64), np.zeros(1, np.int32), lower, upper
    over_time.extreme_over_time(*windows, sign, out)
    expected = [
        over_time.scanned_extreme(values, int(low), int(high), sign)
        for low, high in zip(lower[0], upper[0], strict=True)
    ]
    assert list(map(repr, out[0].tolist())) == [repr(float(value)) for value in expected]
