"""Counters that tell their start, against the same said slowly, one window at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from narthex.promql.kernels import rate, start_times
from tests.promql.kernels.cases import FLOATS, SMALL_COUNTS, Case, both, cases, same


@dataclass(frozen=True)
class Sample:
    value: float
    time_ms: int
    start_ms: int


@st.composite
def started_cases(draw: st.DrawFn) -> tuple[Case, NDArray[np.int64]]:
    """A case whose samples began at all the places that matter, before them and after."""
    case = draw(cases(SMALL_COUNTS | FLOATS))
    starts: list[int] = []
    for i in range(case.timeline.size):
        at = int(case.times_at[case.timeline[i]])
        size = int(case.starts[i + 1] - case.starts[i])
        for j in range(size):
            now, before = int(case.times[at + j]), int(case.times[at + max(j - 1, 0)])
            near = st.sampled_from([0, now, before, now - 1, before - 1, now + 1, before + 1])
            same_as_before = st.just(starts[-1]) if j else st.nothing()
            starts.append(draw(near | same_as_before | st.integers(-200_000, 400_000)))
    return case, np.array(starts, np.int64)


STARTED = started_cases()


def window_of(case: Case, starts: NDArray[np.int64], i: int, t: int) -> list[Sample]:
    values, times = case.window(i, t)
    low = int(case.starts[i] + case.lower[case.timeline[i], t])
    began = starts[low : low + len(values)].tolist()
    return [Sample(*each) for each in zip(values, times, began, strict=True)]


def began_anew(before: Sample, now: Sample) -> bool:
    if now.value < before.value:
        return True
    if now.start_ms == 0 or now.start_ms >= now.time_ms:
        return False
    if now.start_ms == before.time_ms:
        return before.start_ms not in {0, before.time_ms} and before.start_ms < before.time_ms
    return now.start_ms > before.time_ms


def pairs(samples: list[Sample]) -> list[tuple[Sample, Sample]]:
    return list(itertools.pairwise(samples))


def restarts_of(case: Case, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    times_at = case.times_at[case.timeline]
    out = np.ones(case.values.size, np.bool_)
    start_times.find_restarts(case.values, case.starts, case.times, times_at, starts, out)
    return out


def increase(case: Case, t: int, samples: list[Sample], divisor_s: float) -> float | None:
    if not samples:
        return None
    first, last, end_ms = samples[0], samples[-1], int(case.ends_ms[t])
    gained = last.value - first.value
    gained += sum(before.value for before, now in pairs(samples) if began_anew(before, now))
    spacing = (last.time_ms - first.time_ms) / 1000 / max(len(samples) - 1, 1)
    to_start = (first.time_ms - (end_ms - case.range_ms)) / 1000
    to_end = (end_ms - last.time_ms) / 1000
    if to_start >= spacing * 1.1:
        to_start = spacing / 2
    if to_end >= spacing * 1.1:
        to_end = spacing / 2
    if first.start_ms != 0 and end_ms - case.range_ms < first.start_ms < first.time_ms:
        gained += first.value
        sampled, to_start = (last.time_ms - first.start_ms) / 1000, 0.0
    elif len(samples) == 1:
        return None
    else:
        sampled = (last.time_ms - first.time_ms) / 1000
        if gained > 0 and first.value >= 0:
            to_start = min(to_start, sampled * (first.value / gained))
    return gained * ((sampled + to_start + to_end) / sampled / divisor_s)


@given(STARTED)
def test_restarts(drawn: tuple[Case, NDArray[np.int64]]) -> None:
    case, starts = drawn
    expected = np.zeros(case.values.size, np.bool_)
    for i in range(case.timeline.size):
        at, first = int(case.times_at[case.timeline[i]]), int(case.starts[i])
        samples = [
            Sample(float(case.values[k]), int(case.times[at + k - first]), int(starts[k]))
            for k in range(first, int(case.starts[i + 1]))
        ]
        for j, (before, now) in enumerate(pairs(samples)):
            expected[first + j + 1] = began_anew(before, now)
    times_at = case.times_at[case.timeline]
    for kernel in both(start_times.find_restarts):
        out = np.ones(case.values.size, np.bool_)
        kernel(case.values, case.starts, case.times, times_at, starts, out)
        np.testing.assert_array_equal(out, expected)
    for kernel in both(start_times.started_between):
        assert not kernel(5, 10, 0, 20)
        assert kernel(5, 10, 10, 20)
        assert not kernel(10, 10, 10, 20)


@given(STARTED)
def test_increase(drawn: tuple[Case, NDArray[np.int64]]) -> None:
    case, starts = drawn
    restarts, times_at = restarts_of(case, starts), case.times_at[case.timeline]
    for divisor_s in (1.0, case.range_ms / 1000):
        reach = np.full((*case.lower.shape, 4), np.nan)
        rate.extrapolation(
            case.times, case.times_at, case.lower, case.upper, case.ends_ms, case.range_ms,
            divisor_s, reach,
        )  # fmt: skip
        expected, present = case.room(), np.zeros((case.timeline.size, case.ends_ms.size))
        for i, t in np.ndindex(*expected.shape):
            answer = increase(case, t, window_of(case, starts, i, t), divisor_s)
            expected[i, t] = 0.0 if answer is None else answer
            present[i, t] = answer is not None
        for kernel in both(start_times.counter_increase):
            out, kind = case.room(), np.full(expected.shape, 9, np.uint8)
            kernel(
                case.values, restarts, case.starts, case.times, times_at, starts, case.timeline,
                case.lower, case.upper, case.ends_ms, case.range_ms, reach, divisor_s, out, kind,
            )  # fmt: skip
            same(out, expected, 1e-12)
            np.testing.assert_array_equal(kind, present)


@given(cases(SMALL_COUNTS | FLOATS))
def test_without_starts_it_is_the_same_increase(case: Case) -> None:
    starts = np.zeros(case.values.size, np.int64)
    reach = np.zeros((*case.lower.shape, 4))
    rate.extrapolation(
        case.times, case.times_at, case.lower, case.upper, case.ends_ms, case.range_ms, 1.0, reach
    )
    plain, out, kind = case.room(), case.room(), np.empty(case.room().shape, np.uint8)
    rate.extrapolated_increase(*case.windows, reach, 1.0, plain)
    start_times.counter_increase(
        case.values, restarts_of(case, starts), case.starts, case.times,
        case.times_at[case.timeline], starts, case.timeline, case.lower, case.upper, case.ends_ms,
        case.range_ms, reach, 1.0, out, kind,
    )  # fmt: skip
    same(out, plain)
    np.testing.assert_array_equal(kind, (case.upper - case.lower >= 2)[case.timeline])


@given(STARTED)
def test_instant_rate(drawn: tuple[Case, NDArray[np.int64]]) -> None:
    case, starts = drawn

    def slowly(samples: list[Sample]) -> float:
        if len(samples) < 2:
            return 0.0
        before, now = samples[-2:]
        gained = now.value if began_anew(before, now) else now.value - before.value
        return gained / ((now.time_ms - before.time_ms) / 1000)

    values, series, times, times_at, *windows = case.timed_windows
    for kernel in both(start_times.instant_rate):
        out = case.room()
        kernel(values, restarts_of(case, starts), series, times, times_at, *windows, out)
        same(out, _expected(case, starts, slowly))


@given(STARTED)
def test_count_of_restarts(drawn: tuple[Case, NDArray[np.int64]]) -> None:
    case, starts = drawn
    expected = _expected(
        case, starts, lambda samples: sum(began_anew(*pair) for pair in pairs(samples))
    )
    for kernel in both(start_times.count_restarts):
        out = case.room()
        kernel(restarts_of(case, starts), *case.windows[1:], out)
        same(out, expected)


@given(STARTED)
def test_overlaps(drawn: tuple[Case, NDArray[np.int64]]) -> None:
    case, starts = drawn

    def slowly(samples: list[Sample]) -> float:
        return any(
            now.start_ms not in {0, before.start_ms} and now.start_ms < before.time_ms
            for before, now in pairs(samples)
        )

    expected = _expected(case, starts, slowly).any(axis=1)
    times_at = case.times_at[case.timeline]
    for kernel in both(start_times.find_overlaps):
        out = np.ones(case.timeline.size, np.bool_)
        kernel(case.starts, case.times, times_at, starts, *case.windows[2:], out)
        np.testing.assert_array_equal(out, expected)


def _expected(
    case: Case, starts: NDArray[np.int64], function: Callable[[list[Sample]], Any]
) -> NDArray[np.float64]:
    out = case.room()
    for i, t in np.ndindex(*out.shape):
        out[i, t] = function(window_of(case, starts, i, t))
    return out
