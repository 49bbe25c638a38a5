"""Rows of a group to one, against the standard library a cell at a time."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from narthex.promql.kernels import aggregate
from tests.promql.kernels.cases import both, same

STEPS = 9
Rows = list[tuple[int, list[float | None]]]

finite = st.floats(-1e6, 1e6)
anything = st.one_of(finite, st.sampled_from([math.nan, math.inf, -math.inf, 1e308]))


def rows_of(cells: st.SearchStrategy[float]) -> st.SearchStrategy[Rows]:
    """Some series: the group of each, and a cell a step (None: absent)."""
    row = st.lists(st.one_of(st.none(), cells), min_size=STEPS, max_size=STEPS)
    return st.lists(st.tuples(st.integers(0, 2), row), min_size=1, max_size=7)


def matrices(rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.uint8], NDArray[np.int32]]:
    values = np.array([[7e7 if v is None else v for v in row] for _, row in rows])
    kind = np.array([[v is not None for v in row] for _, row in rows]).astype(np.uint8)
    return values, kind, np.array([g for g, _ in rows], np.int32)


def expected(rows: Rows, function: Callable[[list[float]], float]) -> NDArray[np.float64]:
    """`function` of each group's present cells, 0.0 where there are none."""
    out = np.zeros((3, STEPS))
    for g in range(3):
        for t in range(STEPS):
            cells = [v for group, row in rows if group == g and (v := row[t]) is not None]
            out[g, t] = function(cells) if cells else 0.0
    return out


def blank() -> list[NDArray[Any]]:
    """An accumulator of two numbers and a count."""
    return [np.zeros((3, STEPS)), np.zeros((3, STEPS)), np.zeros((3, STEPS), np.int64)]


def count_of(rows: Rows) -> NDArray[np.float64]:
    return expected(rows, len)


def best(cells: list[float], choose: Callable[[list[float]], float]) -> float:
    numbers = [v for v in cells if not math.isnan(v)]
    return choose(numbers) if numbers else math.nan


@given(rows_of(finite))
def test_sums_are_those_of_fsum(rows: Rows) -> None:
    values, kind, group = matrices(rows)
    for kernel in both(aggregate.sum_rows):
        total, comp = np.zeros((3, STEPS)), np.zeros((3, STEPS))
        seen = np.zeros((3, STEPS), np.int64)
        kernel(values, kind, group, total, comp, seen)
        same(total + comp, expected(rows, math.fsum), 1e-15)
        same(seen.astype(float), count_of(rows))


@given(rows_of(anything), rows_of(anything))
@np.errstate(over="ignore", invalid="ignore")
def test_sums_of_batches_are_sums_of_all(first: Rows, second: Rows) -> None:
    whole: list[NDArray[Any]] = blank()
    aggregate.sum_rows(*matrices(first + second), *whole)
    for kernel in both(aggregate.merge_sums):
        joined = blank()
        for rows in (first, second):
            part = blank()
            aggregate.sum_rows(*matrices(rows), *part)
            kernel(*part, np.arange(3, dtype=np.int32), *joined)
        np.testing.assert_array_equal(joined[2], whole[2])
        finite_sums = np.abs(whole[0]) < 1e300
        same((joined[0] + joined[1])[finite_sums], (whole[0] + whole[1])[finite_sums], 1e-12)


@pytest.mark.parametrize(
    ("kernel", "choose"), [(aggregate.min_rows, min), (aggregate.max_rows, max)]
)
@given(rows=rows_of(anything))
def test_extremes_are_nan_only_when_nothing_else_is_there(
    kernel: Callable[..., Any], choose: Callable[[list[float]], float], rows: Rows
) -> None:
    for run in both(kernel):
        found, seen = np.zeros((3, STEPS)), np.zeros((3, STEPS), np.int64)
        run(*matrices(rows), found, seen)
        same(found, expected(rows, lambda cells: best(cells, choose)))


@given(rows_of(finite), st.integers(0, 6))
def test_variance_of_all_and_of_batches(rows: Rows, cut: int) -> None:
    wanted = expected(rows, statistics.pvariance)
    for adding, merging in zip(
        both(aggregate.deviate_rows), both(aggregate.merge_deviations), strict=True
    ):
        whole = blank()
        adding(*matrices(rows), *whole)
        np.testing.assert_allclose(whole[1] / np.maximum(whole[2], 1), wanted, rtol=1e-6, atol=1e-3)
        joined = blank()
        for batch in (rows[:cut], rows[cut:]):
            if batch:
                part = blank()
                adding(*matrices(batch), *part)
                merging(*part, np.arange(3, dtype=np.int32), *joined)
        np.testing.assert_allclose(joined[1], whole[1], rtol=1e-6, atol=1e-3)


@np.errstate(invalid="ignore")
def test_the_variance_of_what_is_not_finite_is_nan() -> None:
    for kernel in both(aggregate.deviate_rows):
        found = [np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((1, 1), np.int64)]
        kernel(np.array([[math.inf]]), np.zeros((0, 0), np.uint8), np.zeros(1, np.int32), *found)
        assert math.isnan(found[1][0, 0])


@given(rows_of(finite))
def test_no_kinds_means_that_every_cell_counts(rows: Rows) -> None:
    values, kind, group = matrices(rows)
    every = np.zeros((0, 0), np.uint8)
    for kernel in (aggregate.min_rows, aggregate.max_rows):
        for run in both(kernel):
            dense, marked = np.zeros((2, 3, STEPS))
            seen = np.zeros((3, STEPS), np.int64)
            run(values, every, group, dense, seen)
            run(values, np.ones_like(kind), group, marked, np.zeros_like(seen))
            same(dense, marked)
            assert seen.sum() == values.size


@given(st.lists(finite, min_size=1, max_size=40), st.data())
def test_rank_selection_finds_what_sorting_finds(cells: list[float], data: st.DataObject) -> None:
    rank = data.draw(st.integers(0, len(cells) - 1))
    for select, sort in zip(
        both(aggregate.select_rank), both(aggregate.sort_ascending), strict=True
    ):
        values = np.array(cells)
        assert select(values, len(cells), rank) == sorted(cells)[rank]
        assert sorted(values.tolist()) == sorted(cells)
        assert all(values[:rank] <= values[rank])
        assert all(values[rank:] >= values[rank])
        sort(values, len(cells))
        assert values.tolist() == sorted(cells)


def quantile(cells: list[float], q: float) -> float:
    """Prometheus's: NaN first, linear between ranks."""
    if math.isnan(q):
        return math.nan
    if not 0 <= q <= 1:
        return -math.inf if q < 0 else math.inf
    ranked = sorted(cells, key=lambda v: (not math.isnan(v), v))
    rank = q * (len(ranked) - 1)
    lower, upper = ranked[math.floor(rank)], ranked[min(math.floor(rank) + 1, len(ranked) - 1)]
    weight = rank - math.floor(rank)
    return lower * (1 - weight) + upper * weight


@given(rows_of(anything), st.one_of(st.floats(-0.5, 1.5), st.just(math.nan)), st.integers(0, STEPS))
@np.errstate(over="ignore", invalid="ignore")
def test_quantiles(rows: Rows, q: float, cut: int) -> None:
    values, kind, group = matrices(rows)
    order = np.argsort(group, kind="stable").astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=3))]).astype(np.int64)
    for kernel in both(aggregate.quantile_groups):
        out, out_kind = np.zeros((3, STEPS)), np.zeros((3, STEPS), np.uint8)
        for start, end in ((0, cut), (cut, STEPS)):
            kernel(values, kind, order, bounds, np.full(STEPS, q), start, end, out, out_kind)
        same(out_kind.astype(float), (count_of(rows) > 0).astype(float))
        same(out, expected(rows, lambda cells: quantile(cells, q)), 1e-12)


def place(value: float, sign: int, row: int) -> tuple[bool, float, int]:
    """NaN last, then by value, then in the order of rows."""
    return (True, 0.0, row) if math.isnan(value) else (False, sign * value, row)


@given(rows_of(anything), st.integers(-1, 4), st.booleans())
def test_the_best_of_each_group(rows: Rows, k: int, largest: bool) -> None:
    values, kind, group = matrices(rows)
    order = np.argsort(group, kind="stable").astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=3))]).astype(np.int64)
    sign = -1 if largest else 1
    for kernel in both(aggregate.best_of_groups):
        chosen = np.zeros(values.shape, np.uint8)
        kernel(values, kind, order, bounds, np.full(STEPS, k, np.int64), largest, 0, STEPS, chosen)
        for g in range(3):
            for t in range(STEPS):
                here = [i for i in range(len(rows)) if group[i] == g and kind[i, t]]
                here.sort(key=lambda i: place(values[i, t], sign, i))
                picked = [i for i in range(len(rows)) if group[i] == g and chosen[i, t]]
                assert picked == sorted(here[: max(k, 0)])


@given(rows_of(finite), st.integers(-1, 4))
def test_the_first_of_each_group(rows: Rows, k: int) -> None:
    _, kind, group = matrices(rows)
    order = np.argsort(group, kind="stable").astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=3))]).astype(np.int64)
    for kernel in both(aggregate.first_of_groups):
        chosen = np.zeros(kind.shape, np.uint8)
        kernel(kind, order, bounds, np.full(STEPS, k, np.int64), chosen)
        for g in range(3):
            for t in range(STEPS):
                here = [i for i in range(len(rows)) if group[i] == g and kind[i, t]]
                assert [i for i in here if chosen[i, t]] == here[: max(k, 0)]


@given(rows_of(st.sampled_from([1.0, 2.0, 3.5])))
def test_cells_are_paired_with_their_values_and_counted(rows: Rows) -> None:
    values, kind, group = matrices(rows)
    distinct = np.unique(values[kind == 1].view(np.uint64))
    wanted = [(g, float(v), t) for g, row in rows for t, v in enumerate(row) if v is not None]
    for pairing, counting in zip(
        both(aggregate.value_pairs), both(aggregate.count_cells), strict=True
    ):
        pairs, steps = np.empty((values.size, 2), np.int32), np.empty(values.size, np.int32)
        count = pairing(values.view(np.uint64), kind, group, distinct, pairs, steps)
        numbers = distinct.view(np.float64)
        found = [
            (int(g), float(numbers[v]), int(t))
            for (g, v), t in zip(pairs[:count], steps[:count], strict=True)
        ]
        assert found == wanted
        out = np.zeros((3, STEPS))
        counting(pairs[:count, 0].copy(), steps[:count], out)
        same(out, count_of(rows))


@given(rows_of(finite))
def test_every_kind_counts_as_present(rows: Rows) -> None:
    _, kind, group = matrices(rows)
    for kernel in both(aggregate.count_rows):
        seen = np.zeros((3, STEPS), np.int64)
        kernel(kind * 2, group, seen)
        same(seen.astype(float), count_of(rows))
