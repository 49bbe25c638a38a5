"""Cells of two sides, and who meets whom at each step, against plain Python."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from narthex.promql.kernels import binary
from tests.promql.kernels.cases import both, same

STEPS = 3
cells = st.one_of(st.floats(-1e3, 1e3), st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf]))
row = st.lists(cells, min_size=STEPS, max_size=STEPS)
kinds = st.lists(st.integers(0, 1), min_size=STEPS, max_size=STEPS)
grouped = st.lists(st.tuples(st.integers(0, 2), kinds), min_size=1, max_size=5)

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
    ">=": operator.ge, "<=": operator.le,
}  # fmt: skip


def computed(name: str, a: float, b: float) -> float:
    """As C computes it, which is how Go does."""
    with np.errstate(all="ignore"):
        x, y = np.float64(a), np.float64(b)
        answers = {
            "+": x + y, "-": x - y, "*": x * y, "/": x / y, "%": np.fmod(x, y),
            "^": np.power(x, y), "atan2": np.arctan2(x, y),
        }  # fmt: skip
        return float(answers[name])


@given(row, row)
@np.errstate(all="ignore")
def test_arithmetic(left: list[float], right: list[float]) -> None:
    rows = np.zeros(1, np.int64)
    for code, name in enumerate(binary.ARITHMETIC):
        out = np.empty((1, STEPS))
        binary.arithmetic(code, np.array([left]), rows, np.array([right]), rows, out)
        wanted = [[computed(name, a, b) for a, b in zip(left, right, strict=True)]]
        same(out, np.array(wanted), 1e-14)


@given(row, row)
def test_comparison(left: list[float], right: list[float]) -> None:
    rows = np.zeros(1, np.int64)
    for code, name in enumerate(binary.COMPARISONS):
        for kernel in both(binary.compare):
            out = np.empty((1, STEPS), np.uint8)
            kernel(code, np.array([left]), rows, np.array([right]), rows, out)
            wanted = [COMPARE[name](a, b) for a, b in zip(left, right, strict=True)]
            assert out[0].astype(bool).tolist() == wanted


@given(kinds, kinds)
def test_an_empty_side_is_present_everywhere(left: list[int], right: list[int]) -> None:
    rows, every = np.zeros(1, np.int64), np.zeros((0, 0), np.uint8)
    here, there = np.array([left], np.uint8), np.array([right], np.uint8)
    for kernel in both(binary.both_present):
        out = np.empty((1, STEPS), np.uint8)
        kernel(here, rows, there, rows, out)
        assert out[0].tolist() == [a & b for a, b in zip(left, right, strict=True)]
        kernel(every, rows, there, rows, out)
        assert out[0].tolist() == right


def arrays(side: list[tuple[int, list[int]]]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    return np.array([k for _, k in side], np.uint8), np.array([g for g, _ in side], np.int32)


@given(grouped, grouped)
def test_pairs_that_meet(
    many: list[tuple[int, list[int]]], one: list[tuple[int, list[int]]]
) -> None:
    many_kind, of_many = arrays(many)
    one_kind, of_one = arrays(one)
    awaited = many_kind.any(axis=0)
    present = np.zeros((3, STEPS), np.int64)
    np.add.at(present, of_one, one_kind)
    ambiguous = ((present > 1) & awaited).any()
    for settle, meet, mark in zip(
        both(binary.settle_one_side), both(binary.meeting_pairs), both(binary.pair_present),
        strict=True,
    ):  # fmt: skip
        row_at = np.full((3, STEPS), -1, np.int32)
        group, second, first = settle(one_kind, of_one, awaited, row_at)
        if ambiguous:
            assert of_one[second] == of_one[first] == group
            assert (one_kind[second] & one_kind[first] & awaited).any()
            continue
        assert group == -1
        room = np.empty(0, np.int64)
        count = meet(many_kind, of_many, row_at, room, room)
        pair_many, pair_one = np.empty(count, np.int64), np.empty(count, np.int64)
        meet(many_kind, of_many, row_at, pair_many, pair_one)
        out = np.empty((count, STEPS), np.uint8)
        mark(many_kind, of_many, row_at, pair_many, pair_one, out)
        found = {
            (int(m), int(o), t)
            for (m, o), marks in zip(zip(pair_many, pair_one, strict=True), out, strict=True)
            for t in range(STEPS)
            if marks[t]
        }
        assert found == {
            (m, o, t)
            for m in range(len(many))
            for o in range(len(one))
            for t in range(STEPS)
            if of_many[m] == of_one[o] and many_kind[m, t] and one_kind[o, t]
        }


@given(grouped)
def test_the_first_collision(side: list[tuple[int, list[int]]]) -> None:
    kind, group = arrays(side)
    wanted = next(
        (
            i
            for i in range(len(side))
            if any(group[j] == group[i] and (kind[i] & kind[j]).any() for j in range(i))
        ),
        -1,
    )
    for kernel in both(binary.first_collision):
        assert kernel(kind, group, 3) == wanted


@given(grouped, st.booleans())
def test_rows_are_kept_by_their_groups_presence(
    side: list[tuple[int, list[int]]], wanted: bool
) -> None:
    kind, group = arrays(side)
    for mark, keep in zip(both(binary.groups_present), both(binary.keep_where), strict=True):
        present = np.zeros((3, STEPS), np.uint8)
        mark(kind, group, present)
        sums = np.zeros((3, STEPS), np.int64)
        np.add.at(sums, group, kind)
        assert present.tolist() == (sums > 0).astype(int).tolist()
        other = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1]], np.uint8)
        out = np.empty_like(kind)
        keep(kind, group, other, wanted, out)
        there = other[group].astype(bool)
        assert out.tolist() == np.where(there == wanted, kind, 0).tolist()
