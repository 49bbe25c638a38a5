"""Lines through windows against exact fractions, smoothing against its recurrence."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from narthex.promql.kernels import regression
from tests.promql.kernels.cases import Case, Floats, Longs, Window, both, cases, same

VALUES = st.integers(-1000, 1000).map(float)
REGULAR_MS = st.sampled_from([15_000, 14_000, 60_000])


def line_through(window: Window, origin_ms: int) -> tuple[Fraction, Fraction]:
    ys = list(map(Fraction, window[0]))
    xs = [Fraction(time - origin_ms, 1000) for time in window[1]]
    count = Fraction(len(ys))
    zero = Fraction(0)
    sum_x, sum_y = sum(xs, zero), sum(ys, zero)
    cov = sum((x * y for x, y in zip(xs, ys, strict=True)), zero) - sum_x * sum_y / count
    var = sum((x * x for x in xs), zero) - sum_x**2 / count
    slope = cov / var
    return slope, sum_y / count - slope * sum_x / count


def sums_of_times(case: Case, origins_ms: Longs) -> Floats:
    sums, again = np.zeros((*case.lower.shape, 2)), np.zeros((*case.lower.shape, 2))
    for kernel, out in zip(both(regression.sums_of_times), (sums, again), strict=True):
        kernel(case.times, case.times_at, case.lower, case.upper, origins_ms, out)
    same(sums, again)
    return sums


@given(cases(VALUES, REGULAR_MS))
def test_deriv_is_the_slope(case: Case) -> None:
    def slope(window: Window, _: int) -> float:
        return float(line_through(window, window[1][0])[0]) if len(window[0]) > 1 else 0.0

    origins = np.zeros(case.lower.shape, np.int64)
    for line, t in np.argwhere(case.upper > case.lower):
        origins[line, t] = case.times[case.times_at[line] + case.lower[line, t]]
    for kernel in both(regression.deriv):
        out = case.room()
        kernel(*case.timed_windows, origins, sums_of_times(case, origins), out)
        np.testing.assert_allclose(out, case.expected(slope), rtol=1e-6, atol=1e-9)


@given(cases(VALUES, REGULAR_MS), st.integers(-1000, 1000))
def test_prediction_is_where_the_line_leads(case: Case, ahead_s: int) -> None:
    def prediction(window: Window, t: int) -> float:
        if len(window[0]) < 2:
            return 0.0
        slope, height = line_through(window, int(case.ends_ms[t]))
        return float(slope * ahead_s + height)

    ahead = np.full(case.ends_ms.size, float(ahead_s))
    origins = np.tile(case.ends_ms, (case.lower.shape[0], 1))
    for kernel in both(regression.predict_linear):
        out = case.room()
        kernel(*case.timed_windows, origins, sums_of_times(case, origins), ahead, out)
        expected = case.expected(prediction)
        np.testing.assert_allclose(out, expected, rtol=1e-6, atol=1e-3)


def test_a_constant_has_no_slope_and_a_constant_infinity_no_line() -> None:
    times = np.array([0, 15_000, 30_000], np.int64)
    for value, expected in ((0.1, (0.0, 0.1)), (math.inf, (math.nan, math.nan))):
        line = regression.fitted_line(np.full(3, value), 0, times, 0, 3, 0, 45.0, 1125.0)
        same(np.array(line), np.array(expected))


@given(cases(VALUES, REGULAR_MS), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_double_exponential_smoothing(case: Case, smoothing: float, trending: float) -> None:
    def smoothed(window: Window, _: int) -> float:
        values = window[0]
        if len(values) < 2:
            return 0.0
        levels = [values[0]]
        trend = values[1] - values[0]
        for i, value in enumerate(values[1:]):
            if i:
                trend = trending * (levels[-1] - levels[-2]) + (1 - trending) * trend
            levels.append(smoothing * value + (1 - smoothing) * (levels[-1] + trend))
        return levels[-1]

    factors = np.full(case.ends_ms.size, smoothing), np.full(case.ends_ms.size, trending)
    compiled = regression.double_exponential_smoothing
    for kernel in both(compiled):
        out = case.room()
        kernel(*case.windows, *factors, out)
        same(out, case.expected(smoothed), 1e-12)
