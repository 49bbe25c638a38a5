"""Samples and selections of several sources as one, against dictionaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.label_table import LabelTable
from narthex.model.symbols import Symbols
from narthex.storage.fanout import fan_out, side_by_side
from narthex.storage.interface import Columns, Want
from narthex.storage.kernels.merging import (
    append_part,
    join_times,
    keep_markers,
    merge_parts,
)
from narthex.storage.merge import merge_columns, merge_selections, take_columns
from tests.storage.samples import named

# Kernels run as Python wrap around as they do when compiled, and numpy says so.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered")

Series = dict[int, float]
ONE = st.dictionaries(st.integers(0, 12), st.floats(0, 9), max_size=6)
PARTS = st.lists(st.lists(ONE, min_size=3, max_size=3), min_size=1, max_size=4)


def columns_of(series: list[Series], *, shared: bool = False) -> Columns:
    """One time vector a series, or one for neighbours that have the same."""
    starts = np.zeros(len(series) + 1, np.int64)
    np.cumsum([len(one) for one in series], out=starts[1:])
    times: list[int] = []
    times_at: list[int] = []
    for i, one in enumerate(series):
        if shared and i and sorted(one) == sorted(series[i - 1]):
            times_at.append(times_at[-1])
            continue
        times_at.append(len(times))
        times += sorted(one)
    values = [one[t] for one in series for t in sorted(one)]
    return Columns(
        starts, np.array(values, float), np.array(times_at, np.int64), np.array(times, np.int64)
    )


def series_of(columns: Columns) -> list[Series]:
    found = []
    for i in range(columns.series):
        start, end = int(columns.starts[i]), int(columns.starts[i + 1])
        at = int(columns.times_at[i])
        times = columns.times[at : at + end - start].tolist()
        assert times == sorted(set(times))
        found.append(dict(zip(times, columns.values[start:end].tolist(), strict=True)))
    return found


@given(PARTS, st.booleans())
def test_of_two_samples_at_one_time_the_later_part_wins(
    parts: list[list[Series]], shared: bool
) -> None:
    merged = merge_columns([columns_of(part, shared=shared) for part in parts])
    expected: list[Series] = [{}, {}, {}]
    for part in parts:
        for held, one in zip(expected, part, strict=True):
            held.update(one)
    assert series_of(merged) == expected


@given(PARTS, st.booleans())
def test_blank_parts_merge_by_their_times(parts: list[list[Series]], shared: bool) -> None:
    blank = [
        replace(columns, values=np.zeros(columns.samples), blank=True)
        for columns in (columns_of(part, shared=shared) for part in parts)
    ]
    merged = merge_columns(blank)
    assert merged.blank
    expected = [{time: 0.0 for part in parts for time in part[i]} for i in range(3)]
    assert series_of(merged) == [dict(sorted(series.items())) for series in expected]


def test_series_that_share_times_go_on_sharing() -> None:
    first = columns_of([{1: 1.0, 2: 2.0}] * 5, shared=True)
    second = columns_of([{3: 3.0}] * 5, shared=True)
    merged = merge_columns([first, second])
    assert set(merged.times_at.tolist()) == {3}
    assert merged.times[3:].tolist() == [1, 2, 3]


@given(PARTS)
def test_the_kernel_as_python_gives_the_same(parts: list[list[Series]]) -> None:
    columns = [columns_of(part) for part in parts]
    n = 3
    values = np.concatenate([c.values for c in columns]).view(np.uint64)
    times = np.concatenate([c.times for c in columns])
    bases = np.cumsum([0, *(c.times.size for c in columns)])[:-1]
    starts = np.array([c.starts + b for c, b in zip(columns, bases, strict=True)])
    times_at = np.array([c.times_at + b for c, b in zip(columns, bases, strict=True)])
    answers = []
    kernel: Callable[..., tuple[int, int]] = merge_parts
    for function in (kernel, getattr(kernel, "py_func", kernel)):
        out = [np.zeros(values.size, np.uint64), np.zeros(n + 1, np.int64)]
        out += [np.zeros(n, np.int64), np.zeros(values.size, np.int64)]
        count = function(values, times, starts, times_at, *out, times.size)
        answers.append((count, [array.tolist() for array in out]))
    assert answers[0] == answers[1]


@given(PARTS)
def test_the_kernels_of_parts_that_follow_each_other_as_python(parts: list[list[Series]]) -> None:
    later = [
        [{100 * k + time: value for time, value in one.items()} for one in part]
        for k, part in enumerate(parts)
    ]
    columns = [columns_of(part, shared=True) for part in later]
    times = np.concatenate([c.times for c in columns])
    bases = np.cumsum([0, *(c.times.size for c in columns)])[:-1]
    starts = np.array([c.starts for c in columns])
    times_at = np.array([c.times_at + b for c, b in zip(columns, bases, strict=True)])
    size = int(starts[:, -1].sum())
    join: Callable[..., int] = join_times
    append: Callable[..., None] = append_part
    for joined, appended in (
        (join, append),
        (getattr(join, "py_func", join), getattr(append, "py_func", append)),
    ):
        out_starts, out_times_at = np.zeros(4, np.int64), np.zeros(3, np.int64)
        own_times, values = np.zeros(size, np.int64), np.zeros(size)
        own = joined(times, starts, times_at, out_starts, out_times_at, own_times, times.size)
        filled = out_starts[:-1].copy()
        for c in columns:
            appended(c.values, c.starts, values, filled)
        all_times = np.concatenate([times, own_times[:own]])
        found = series_of(Columns(out_starts, values, out_times_at, all_times))
        assert found == [{t: v for part in later for t, v in part[i].items()} for i in range(3)]


def test_only_markers_are_kept() -> None:
    words = np.array([5, 2, 7], np.uint64)
    keep_markers(words, np.uint64(2))
    assert words.tolist() == [0, 2, 0]


@given(PARTS, st.lists(st.integers(-1, 2), max_size=5))
def test_series_are_taken_in_any_order(parts: list[list[Series]], rows: list[int]) -> None:
    taken = take_columns(columns_of(parts[0]), np.array(rows, np.int64))
    assert series_of(taken) == [parts[0][row] if row >= 0 else {} for row in rows]


class FixedSelection:
    """A selection of what a dictionary holds."""

    def __init__(self, symbols: Symbols, held: dict[str, Series]) -> None:
        self.labels = LabelTable.from_labels(symbols, named(*held))
        self.held = list(held.values())
        self.samples_per_series = 1.0

    def read(
        self, rows: np.ndarray[tuple[int], np.dtype[np.int64]], start_ms: int, end_ms: int,
        want: Want = Want.VALUES,
    ) -> Columns:  # fmt: skip
        assert (np.diff(rows) > 0).all(), "rows ascend"
        return columns_of(
            [
                {t: v for t, v in self.held[row].items() if start_ms <= t <= end_ms}
                for row in rows.tolist()
            ]
        )


def test_the_same_series_of_several_sources_is_one_row() -> None:
    symbols = Symbols()
    merged = merge_selections(
        [
            FixedSelection(symbols, {"a": {1: 1.0}, "b": {1: 2.0}}),
            FixedSelection(symbols, {}),
            FixedSelection(symbols, {"c": {2: 3.0}, "b": {2: 4.0}, "a": {1: 9.0, 2: 5.0}}),
        ]
    )
    assert merged.labels.to_labels() == named("a", "b", "c")
    whole = merged.read(np.arange(3), 0, 9)
    assert series_of(whole) == [{1: 9.0, 2: 5.0}, {1: 2.0, 2: 4.0}, {2: 3.0}]
    assert series_of(merged.read(np.array([2]), 0, 1)) == [{}]


def test_sources_of_the_same_series_keep_its_rows() -> None:
    symbols = Symbols()
    parts = [{"a": {t: 1.0}, "b": {t: 2.0}, "c": {}} for t in (1, 2)]
    merged = merge_selections([FixedSelection(symbols, part) for part in parts])
    assert merged.labels.to_labels() == named("a", "b", "c")
    assert series_of(merged.read(np.array([0, 2]), 0, 9)) == [{1: 1.0, 2: 1.0}, {}]


def test_shards_lie_side_by_side_with_symbols_of_their_own() -> None:
    one = FixedSelection(Symbols(), {"a": {1: 1.0}, "b": {1: 2.0}})
    two = FixedSelection(Symbols(), {"x": {3: 4.0}, "a2": {}})
    fanned = fan_out([one, two])
    assert fanned.labels.to_labels() == named("a", "b", "x", "a2")
    assert series_of(fanned.read(np.array([1, 2, 3]), 0, 9)) == [{1: 2.0}, {3: 4.0}, {}]
    assert series_of(fanned.read(np.array([0]), 0, 9)) == [{1: 1.0}]
    assert fan_out([one]) is one


@given(PARTS)
def test_columns_side_by_side(parts: list[list[Series]]) -> None:
    beside = side_by_side([columns_of(part) for part in parts])
    assert series_of(beside) == [one for part in parts for one in part]
