"""The kernels of blocks against the same things said slowly, and against their own source."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from narthex.model.value import STALE_NAN
from narthex.storage.block.kernels import (
    close_gaps,
    cut_timelines,
    hash_timelines,
    mark_stale_series,
    place_timelines,
    reorder_series,
)
from narthex.storage.page.timeline import encode_timeline

SERIES = st.lists(
    st.lists(st.one_of(st.floats(allow_nan=False), st.just(STALE_NAN)), max_size=5), max_size=6
)
TIMELINES = st.lists(
    st.lists(st.integers(0, 10**12), max_size=6, unique=True).map(sorted), min_size=1, max_size=5
)


def both(kernel: Any) -> list[Any]:
    """The kernel and its source."""
    return [kernel, getattr(kernel, "py_func", kernel)]


def packed(rows: list[list[Any]], dtype: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    starts = np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)
    return np.array([value for row in rows for value in row], dtype), starts


@given(SERIES)
def test_series_with_stale_markers(rows: list[list[float]]) -> None:
    values, starts = packed(rows, np.float64)
    stale = np.float64(STALE_NAN).view(np.uint64)
    for function in both(mark_stale_series):
        marked = np.full(len(rows), 7, np.uint8)
        function(values, starts, marked)
        expected = [any(np.float64(v).view(np.uint64) == stale for v in row) for row in rows]
        assert marked.tolist() == expected


@given(SERIES, st.randoms(use_true_random=False))
def test_series_in_another_order(rows: list[list[float]], chance: Any) -> None:
    values, starts = packed(rows, np.float64)
    order = list(range(len(rows)))
    chance.shuffle(order)
    for function in both(reorder_series):
        out, out_starts = np.zeros(values.size), np.zeros(starts.size, np.int64)
        function(values, starts, np.array(order, np.int64), out, out_starts)
        expected, expected_starts = packed([rows[i] for i in order], np.float64)
        assert out.tobytes() == expected.tobytes()
        assert out_starts.tolist() == expected_starts.tolist()


@given(TIMELINES, st.integers(0, 2**63))
def test_equal_times_have_equal_digests(rows: list[list[int]], seed: int) -> None:
    times, starts = packed([*rows, rows[0]], np.int64)
    outcomes = []
    for function in both(hash_timelines):
        digests = np.zeros((len(rows) + 1, 2), np.uint64)
        with np.errstate(over="ignore"):
            function(times, starts[:-1].copy(), np.diff(starts), np.uint64(seed), digests)
        outcomes.append(digests)
    assert (outcomes[0] == outcomes[1]).all()
    for i, row in enumerate(rows):
        assert (outcomes[0][i] == outcomes[0][-1]).all() == (row == rows[0])


@given(TIMELINES, st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_range_is_cut(rows: list[list[int]], start_ms: int, end_ms: int) -> None:
    times, starts = packed(rows, np.int64)
    for function in both(cut_timelines):
        lows, highs = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
        function(times, starts, start_ms, end_ms, lows, highs)
        for row, low, high in zip(rows, lows, highs, strict=True):
            assert row[low:high] == [t for t in row if start_ms <= t <= end_ms]


@given(TIMELINES)
def test_timelines_are_decoded_where_they_belong(rows: list[list[int]]) -> None:
    parts = [encode_timeline(np.array(row, np.int64)) for row in rows]
    data = np.frombuffer(b"".join(parts) + bytes(16), np.uint8)
    offsets = np.cumsum([0, *map(len, parts)]).astype(np.int64)
    counts = np.array([len(row) for row in rows], np.int64)
    ids = np.array([*range(len(rows)), -1], np.int64)
    to = np.cumsum([0, *counts.tolist()]).astype(np.int64)
    for function in both(place_timelines):
        times = np.zeros(int(counts.sum()), np.int64)
        assert function(data, offsets, counts, ids, to, times)
        assert times.tolist() == [t for row in rows for t in row]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=6))
def test_gaps_are_closed(runs: list[tuple[int, int]]) -> None:
    """`runs` are (gap before, length)."""
    froms, at = [], 0
    for gap, length in runs:
        froms.append(at + gap)
        at += gap + length
    lengths = np.array([length for _, length in runs], np.int64)
    starts = np.cumsum([0, *lengths.tolist()]).astype(np.int64)
    for function in both(close_gaps):
        values = np.arange(at, dtype=np.float64)
        function(values, np.array(froms, np.int64), lengths, starts)
        kept = [float(f + i) for f, n in zip(froms, lengths, strict=True) for i in range(n)]
        assert values[: len(kept)].tolist() == kept
