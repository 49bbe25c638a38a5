"""rate and its kin against the same things said slowly, one window at a time."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from narthex.promql.kernels import rate
from tests.promql.kernels.cases import (
    FLOATS,
    SMALL_COUNTS,
    WILD_FLOATS,
    Case,
    Window,
    both,
    cases,
    same,
)


def extrapolated(
    window: Window, end_ms: int, range_ms: int, *, counter: bool, divisor_s: float
) -> float:
    values, times = window
    if len(values) < 2:
        return 0.0
    gained = values[-1] - values[0]
    if counter:
        gained += sum(a for a, b in itertools.pairwise(values) if b < a)
    sampled = (times[-1] - times[0]) / 1000
    spacing = sampled / (len(values) - 1)
    to_start = (times[0] - (end_ms - range_ms)) / 1000
    to_end = (end_ms - times[-1]) / 1000
    if to_start >= spacing * 1.1:
        to_start = spacing / 2
    if counter and gained > 0 and values[0] >= 0:
        to_start = min(to_start, sampled * (values[0] / gained))
    if to_end >= spacing * 1.1:
        to_end = spacing / 2
    return gained * ((sampled + to_start + to_end) / sampled / divisor_s)


def reach_of(case: Case, divisor_s: float) -> NDArray[np.float64]:
    reach = np.zeros((*case.lower.shape, 4))
    rate.extrapolation(
        case.times, case.times_at, case.lower, case.upper, case.ends_ms, case.range_ms,
        divisor_s, reach,
    )  # fmt: skip
    again = np.zeros_like(reach)
    both(rate.extrapolation)[1](
        case.times, case.times_at, case.lower, case.upper, case.ends_ms, case.range_ms,
        divisor_s, again,
    )  # fmt: skip
    same(reach, again)
    return reach


@given(cases(SMALL_COUNTS | FLOATS))
def test_increase_of_counters(case: Case) -> None:
    for divisor_s in (1.0, case.range_ms / 1000):
        reach = reach_of(case, divisor_s)

        def reference(window: Window, t: int, divisor_s: float = divisor_s) -> float:
            return extrapolated(
                window, int(case.ends_ms[t]), case.range_ms, counter=True, divisor_s=divisor_s
            )

        expected = case.expected(reference)
        for kernel in both(rate.extrapolated_increase):
            out = case.room()
            kernel(*case.windows, reach, divisor_s, out)
            same(out, expected, 1e-12)


@given(cases(WILD_FLOATS))
def test_increase_never_reads_outside_of_a_series(case: Case) -> None:
    out, again = case.room(), case.room()
    reach = reach_of(case, 1.0)
    rate.extrapolated_increase(*case.windows, reach, 1.0, out)
    with np.errstate(all="ignore"):
        both(rate.extrapolated_increase)[1](*case.windows, reach, 1.0, again)
    same(out, again)


@given(cases())
def test_delta_of_gauges(case: Case) -> None:
    reach = reach_of(case, 1.0)
    expected = case.expected(
        lambda window, t: extrapolated(
            window, int(case.ends_ms[t]), case.range_ms, counter=False, divisor_s=1.0
        )
    )
    for kernel in both(rate.extrapolated_delta):
        out = case.room()
        kernel(*case.windows, reach, out)
        same(out, expected, 1e-12)


@given(cases())
def test_last_two_samples(case: Case) -> None:
    def instant(window: Window, *, per_second: bool) -> float:
        values, times = window
        if len(values) < 2:
            return 0.0
        if not per_second:
            return values[-1] - values[-2]
        gained = values[-1] if values[-1] < values[-2] else values[-1] - values[-2]
        return gained / ((times[-1] - times[-2]) / 1000)

    for kernel in both(rate.instant_rate):
        out = case.room()
        kernel(*case.timed_windows, out)
        same(out, case.expected(lambda window, _: instant(window, per_second=True)))
    for kernel in both(rate.instant_delta):
        out = case.room()
        kernel(*case.windows, out)
        same(out, case.expected(lambda window, _: instant(window, per_second=False)))


@given(cases(WILD_FLOATS))
def test_resets_and_changes_are_counted_within_the_window(case: Case) -> None:
    def resets(window: Window, _: int) -> float:
        values = window[0]
        return float(sum(b < a for a, b in itertools.pairwise(values)))

    def changes(window: Window, _: int) -> float:
        values = window[0]
        return float(
            sum(
                a != b and not (math.isnan(a) and math.isnan(b))
                for a, b in itertools.pairwise(values)
            )
        )

    for compiled, reference in ((rate.count_resets, resets), (rate.count_changes, changes)):
        for kernel in both(compiled):
            out = case.room()
            kernel(*case.windows, out)
            same(out, case.expected(reference))


@pytest.mark.parametrize(
    ("values", "range_s", "expected"),
    [
        ([0.0, 5.0, 10.0], 30, 12.5),  # at zero already: nothing before the first sample
        ([100.0, 105.0, 110.0], 30, 15.0),  # far from zero: to both edges
        ([100.0, 105.0, 3.0], 30, 12.0),  # a reset before the last sample: 5 and 3 gained
        ([100.0, 105.0, 110.0], 90, 15.0),  # a far edge: half a spacing
    ],
)
def test_increase_by_hand(values: list[float], range_s: int, expected: float) -> None:
    times = np.array([5_000, 15_000, 25_000], np.int64)
    ends = np.array([30_000], np.int64)
    lower, upper = np.zeros((1, 1), np.int32), np.full((1, 1), 3, np.int32)
    reach = np.zeros((1, 1, 4))
    rate.extrapolation(times, np.zeros(1, np.int64), lower, upper, ends, range_s * 1000, 1.0, reach)
    out = np.zeros((1, 1))
    rate.extrapolated_increase(
        np.array(values), np.array([0, 3], np.int64), np.zeros(1, np.int32), lower, upper, reach,
        1.0, out,
    )  # fmt: skip
    assert out[0, 0] == pytest.approx(expected)
