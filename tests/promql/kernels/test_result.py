"""Cells to the samples of an answer, and rows of equal labels laid over each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from narthex.promql.kernels.result import cells_to_answer, merge_rows
from tests.promql.kernels.cases import both


@given(
    st.lists(st.lists(st.integers(0, 1), min_size=3, max_size=3), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_rows_come_out_in_the_order_asked_for(kinds: list[list[int]], random: object) -> None:
    kind = np.array(kinds, np.uint8)
    values = np.arange(kind.size, dtype=np.float64).reshape(kind.shape)
    order = list(range(len(kinds)))
    random.shuffle(order)  # type: ignore[attr-defined]  # a random.Random
    for kernel in both(cells_to_answer):
        out, times = np.empty(kind.size), np.empty(kind.size, np.int64)
        starts = np.empty(len(order) + 1, np.int64)
        used = kernel(
            values, kind, np.array(order, np.int64), np.array([7, 8, 9], np.int64), out, starts,
            times,
        )  # fmt: skip
        assert used == kind.sum()
        for place, row in enumerate(order):
            span = slice(starts[place], starts[place + 1])
            assert out[span].tolist() == values[row][kind[row] == 1].tolist()
            assert times[span].tolist() == [7 + t for t in range(3) if kind[row, t]]


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.lists(st.integers(0, 1), min_size=3, max_size=3)),
        min_size=1,
        max_size=5,
    )
)
def test_rows_merge_unless_two_are_present_at_once(rows: list[tuple[int, list[int]]]) -> None:
    groups = np.array([g for g, _ in rows], np.int32)
    kind = np.array([k for _, k in rows], np.uint8)
    values = np.arange(kind.size, dtype=np.float64).reshape(kind.shape)
    counts = np.zeros((2, 3), np.int64)
    np.add.at(counts, groups, kind)
    for kernel in both(merge_rows):
        out, out_kind = np.zeros((2, 3)), np.zeros((2, 3), np.uint8)
        met = kernel(values, kind, groups, out, out_kind)
        if (counts > 1).any():
            assert met >= 0
            assert (counts[met] > 1).any()
        else:
            assert met == -1
            np.testing.assert_array_equal(out_kind, counts)
            sums = np.zeros((2, 3))
            np.add.at(sums, groups, values * kind)
            np.testing.assert_array_equal(out, sums)
