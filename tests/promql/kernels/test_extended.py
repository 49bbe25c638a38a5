"""Anchored and smoothed windows against the same things said slowly."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.promql.kernels import extended
from tests.promql.kernels.cases import FLOATS, SMALL_COUNTS, Case, Ints, both, cases, same

VALUES = SMALL_COUNTS | FLOATS
LOOKBACK_MS = 90_000

Samples = list[tuple[int, float]]


def around(case: Case, i: int, t: int, after_ms: int) -> Samples:
    """The samples that are read for one window, with a lookback before it."""
    line = case.timeline[i]
    at, count = int(case.times_at[line]), int(case.starts[i + 1] - case.starts[i])
    times = case.times[at : at + count].tolist()
    values = case.values[case.starts[i] : case.starts[i + 1]].tolist()
    end = int(case.ends_ms[t])
    begin = end - case.range_ms - LOOKBACK_MS
    return [(ms, v) for ms, v in zip(times, values, strict=True) if begin < ms <= end + after_ms]


def widened(case: Case, after_ms: int) -> tuple[Ints, Ints]:
    lower, upper = np.empty_like(case.lower), np.empty_like(case.upper)
    for i, line in enumerate(case.timeline):
        at = int(case.times_at[line])
        times = case.times[at : at + int(case.starts[i + 1] - case.starts[i])]
        begins = case.ends_ms - case.range_ms - LOOKBACK_MS
        lower[line] = np.searchsorted(times, begins, side="right")
        upper[line] = np.searchsorted(times, case.ends_ms + after_ms, side="right")
    return lower, upper


def lost(values: Sequence[float]) -> float:
    return sum(a for a, b in pairwise(values) if b < a)


def anchored(samples: Samples, begin: int, *, counter: bool) -> float | None:
    inside = [value for ms, value in samples if ms > begin]
    if not inside:
        return None
    before = [value for ms, value in samples if ms <= begin]
    chain = before[-1:] + inside
    return chain[-1] - chain[0] + (lost(chain) if counter else 0.0)


def interpolated(a: tuple[int, float], b: tuple[int, float], ms: int, *, counter: bool) -> float:
    start = 0.0 if counter and b[1] < a[1] else a[1]
    return start + (b[1] - start) * (ms - a[0]) / (b[0] - a[0])


def smoothed(samples: Samples, begin: int, end: int, *, counter: bool) -> float | None:
    """The reference goes by the places of samples: before, inside and after the range."""
    before = [s for s in samples if s[0] <= begin]
    inside = [s for s in samples if begin < s[0] < end]
    after = [s for s in samples if s[0] >= end]
    first = (before[-1:] or inside or after)[:1]
    last = (after[:1] or inside[-1:] or before[-1:])[-1:]
    if not samples or last[0][0] <= begin or first[0][0] > end:
        return None
    left, right = first[0][1], last[0][1]
    if before and before[-1][0] < begin:
        left = interpolated(before[-1], (inside + after)[0], begin, counter=counter)
    if after and after[0][0] > end and len(samples) > len(after):
        right = interpolated((before + inside)[-1], after[0], end, counter=counter)
    between = inside if before else inside[1:]
    chain = [left, *(value for _, value in between), right]
    return right - left + (lost(chain) if counter else 0.0)


@given(cases(VALUES), st.booleans())
def test_anchored(case: Case, counter: bool) -> None:
    lower, upper = widened(case, 0)
    expected = case.room()
    for i in range(case.timeline.size):
        for t in range(case.ends_ms.size):
            begin = int(case.ends_ms[t]) - case.range_ms
            expected[i, t] = anchored(around(case, i, t, 0), begin, counter=counter) or 0.0
    for find, change in zip(
        both(extended.anchored_edges), both(extended.anchored_change), strict=True
    ):
        first, last = np.empty_like(lower), np.empty_like(lower)
        find(case.times, case.times_at, lower, upper, case.ends_ms, case.range_ms, first, last)
        out = case.room()
        change(case.values, case.starts, case.timeline, first, last, counter, 1.0, out)
        same(out, expected, 1e-12)


@given(cases(VALUES), st.booleans())
def test_smoothed(case: Case, counter: bool) -> None:
    lower, upper = widened(case, LOOKBACK_MS)
    expected = case.room()
    for i in range(case.timeline.size):
        for t in range(case.ends_ms.size):
            end = int(case.ends_ms[t])
            samples = around(case, i, t, LOOKBACK_MS)
            change_of = smoothed(samples, end - case.range_ms, end, counter=counter)
            expected[i, t] = change_of or 0.0
    for find, change in zip(
        both(extended.smoothed_edges), both(extended.smoothed_change), strict=True
    ):
        first, last = np.empty_like(lower), np.empty_like(lower)
        find(case.times, case.times_at, lower, upper, case.ends_ms, case.range_ms, first, last)
        out = case.room()
        change(
            case.values, case.starts, case.times, case.times_at[case.timeline], case.timeline,
            first, last, case.ends_ms, case.range_ms, counter, 1.0, out,
        )  # fmt: skip
        np.testing.assert_allclose(out, expected, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(5_000, None), (10_000, 1.0), (15_000, 2.0), (20_000, 3.0), (25_000, 3.0)],
)
def test_smoothed_value(moment: int, expected: float | None) -> None:
    times, values = np.array([10_000, 20_000], np.int64), np.array([1.0, 3.0])
    lower, upper = np.zeros((1, 1), np.int32), np.full((1, 1), 2, np.int32)
    for kernel in both(extended.smoothed_value):
        out, kind = np.empty((1, 1)), np.empty((1, 1), np.uint8)
        kernel(
            values, np.array([0, 2], np.int64), times, np.zeros(1, np.int64),
            np.zeros(1, np.int32), lower, upper, np.array([moment], np.int64), out, kind,
        )  # fmt: skip
        assert (out[0, 0] if kind[0, 0] else None) == expected
