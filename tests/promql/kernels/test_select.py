"""Which sample a step sees, against looking at every sample for every step."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from narthex.model.value import STALE_NAN, STALE_NAN_BITS
from narthex.promql.kernels.select import (
    count_present,
    count_stale,
    gather,
    gather_complete,
    gather_presence,
    gather_times,
    newest_at_steps,
    number_timelines,
    rows_present,
)
from tests.promql.kernels.cases import both

Series = list[tuple[int, float]]

values = st.one_of(st.floats(allow_nan=False, width=32), st.just(float("nan")), st.just(STALE_NAN))


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[Series], NDArray[np.int64]]:
    """Up to four series, of which some share their times, and moments to look from."""
    times_of_one = st.lists(st.integers(0, 60), unique=True, max_size=8).map(sorted)
    vectors = draw(st.lists(times_of_one, min_size=1, max_size=2))
    series = []
    for _ in range(draw(st.integers(1, 4))):
        times = draw(st.sampled_from(vectors))
        series.append([(t, draw(values)) for t in times])
    moments = draw(st.lists(st.integers(-5, 80), min_size=1, max_size=6).map(sorted))
    return series, np.array(moments, np.int64)


def laid_out(series: list[Series]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """(values, starts, times, times_at), series of equal times sharing them."""
    places: dict[tuple[int, ...], int] = {}
    times: list[int] = []
    out: list[float] = []
    starts, times_at = [0], []
    for samples in series:
        vector = tuple(t for t, _ in samples)
        if vector not in places:
            places[vector] = len(times)
            times.extend(vector)
        times_at.append(places[vector])
        out.extend(v for _, v in samples)
        starts.append(len(out))
    return (
        np.array(out, np.float64), np.array(starts, np.int64), np.array(times, np.int64),
        np.array(times_at, np.int64),
    )  # fmt: skip


def seen(samples: Series, moment: int, lookback: int) -> tuple[int, float] | None:
    """The slow way: the newest sample in (moment - lookback, moment] unless it is stale."""
    within = [(t, v) for t, v in samples if moment - lookback < t <= moment]
    if not within or np.float64(within[-1][1]).view(np.uint64) == STALE_NAN_BITS:
        return None
    return within[-1]


@given(columns(), st.integers(1, 40))
@np.errstate(over="ignore")  # hashes wrap around
def test_each_step_sees_the_newest_sample_that_is_not_stale(
    case: tuple[list[Series], NDArray[np.int64]], lookback: int
) -> None:
    series, moments = case
    cells, starts, times, times_at = laid_out(series)
    expected = [[seen(s, int(m), lookback) for m in moments] for s in series]
    for numbering, finding, gathering, timing in zip(
        both(number_timelines), both(newest_at_steps), both(gather), both(gather_times), strict=True
    ):
        timeline, first_row = np.empty(len(series), np.int32), np.empty(len(series), np.int64)
        count = numbering(starts, times_at, timeline, first_row)
        index = np.empty((count, moments.size), np.int32)
        complete = finding(times, starts, times_at, first_row[:count], moments, lookback, index)
        assert complete == bool((index >= 0).all())
        shape = (len(series), moments.size)
        out, kind = np.empty(shape), np.empty(shape, np.uint8)
        gathering(cells, starts, timeline, index, out, kind)
        assert kind.tolist() == [[int(e is not None) for e in row] for row in expected]
        for marking in both(gather_presence):
            alone = np.empty(shape, np.uint8)
            marking(cells, starts, timeline, index, alone)
            np.testing.assert_array_equal(alone, kind)
        wanted = [[0.0 if e is None else e[1] for e in row] for row in expected]
        np.testing.assert_array_equal(out, wanted)
        timing(cells, starts, timeline, index, times, times_at, out, kind)
        wanted = [[0.0 if e is None else e[0] / 1000 for e in row] for row in expected]
        np.testing.assert_array_equal(out, wanted)


@given(st.lists(st.lists(st.integers(0, 3), max_size=3, unique=True).map(sorted), max_size=6))
@np.errstate(over="ignore")
def test_a_timeline_is_a_place_and_a_length(vectors: list[list[int]]) -> None:
    _, starts, _, times_at = laid_out([[(t, 0.0) for t in vector] for vector in vectors])
    lengths = np.diff(starts)
    for numbering in both(number_timelines):
        timeline, first_row = np.empty(len(vectors), np.int32), np.empty(len(vectors), np.int64)
        count = numbering(starts, times_at, timeline, first_row)
        keys = list(zip(times_at.tolist(), lengths.tolist(), strict=True))
        assert count == len(set(keys))
        assert [keys[first_row[line]] for line in timeline] == keys


@given(st.lists(st.lists(values, min_size=3, max_size=3), min_size=1, max_size=4))
def test_the_complete_way_gives_what_the_general_one_does(rows: list[list[float]]) -> None:
    cells = np.array(rows).reshape(-1)
    starts = np.arange(len(rows) + 1, dtype=np.int64) * 3
    timeline, index = np.zeros(len(rows), np.int32), np.array([[0, 0, 1, 2]], np.int32)
    out, kind = np.empty((len(rows), 4)), np.empty((len(rows), 4), np.uint8)
    gather(cells, starts, timeline, index, out, kind)
    for kernel in both(gather_complete):
        fast = np.empty_like(out)
        assert kernel(cells, starts, timeline, index, fast) == bool(kind.all())
        if kind.all():
            np.testing.assert_array_equal(fast, out)


@given(st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=2), min_size=1, max_size=5))
def test_presence_is_counted(cells: list[list[int]]) -> None:
    kind = np.array(cells, np.uint8)
    for counting, marking in zip(both(count_present), both(rows_present), strict=True):
        assert counting(kind) == np.count_nonzero(kind)
        present = np.empty(len(cells), np.uint8)
        marking(kind, present)
        assert present.astype(bool).tolist() == kind.any(axis=1).tolist()


def test_only_the_marker_counts_as_stale() -> None:
    for kernel in both(count_stale):
        assert kernel(np.array([STALE_NAN, float("nan"), 1.0, STALE_NAN])) == 2
