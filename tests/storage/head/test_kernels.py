"""Kernels of the head against plain Python, and against their own source."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.storage.head import kernels as k

WORDS = st.integers(0, 2**64 - 1)
ROWS, COLUMNS = 6, 5


def both(kernel: Callable[..., Any]) -> list[Callable[..., Any]]:
    return [kernel, getattr(kernel, "py_func", kernel)]


@given(WORDS)
def test_bits(word: int) -> None:
    one = np.uint64(word)
    with np.errstate(over="ignore"):
        for count in both(k.count_bits):
            assert count(one) == word.bit_count()
        for highest in both(k.highest_bit):
            assert highest(one) == word.bit_length() - 1
        for lowest in both(k.lowest_bit):
            assert lowest(one) == ((word & -word).bit_length() - 1 if word else 64)


@given(st.integers(0, 64))
def test_first_rows(rows: int) -> None:
    assert int(k.first_rows(rows)) == (1 << rows) - 1


@pytest.fixture
def matrix() -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
    return np.arange(ROWS * COLUMNS, dtype=np.uint64).reshape(ROWS, COLUMNS)


PRESENT = np.array([0b111111, 0b000000, 0b101010, 0b000111, 0b111000], np.uint64)


def test_a_row_is_written_and_taken_back() -> None:
    layout = np.uint64(9)
    refs = (layout << np.uint64(32)) | np.array([0, 3, 1, 7, 0, 2], np.uint64)
    values = np.array([10, 13, 11, 17, 99, 12], np.uint64)
    series = np.array([1, 2, 0, 4], np.int32)
    for write_row in both(k.write_row):
        rows = np.zeros((2, 4), np.uint64)
        present = np.zeros(4, np.uint64)
        rejected = np.zeros(6, np.uint8)
        assert write_row(refs, values, layout, series, 1, rows, present, rejected) == 3
        assert rows[1].tolist() == [10, 11, 0, 13]
        assert present.tolist() == [2, 2, 0, 2]
        assert rejected.tolist() == [0, 0, 0, 6, 2, 6]
        other = np.uint64(8)
        assert write_row(refs, values, other, series, 0, rows, present, rejected) == -1
        k.keep_rows(present, 1)
        assert present.tolist() == [0, 0, 0, 0]


def test_presence_of_a_row_and_back(matrix: Any) -> None:
    words = np.zeros(1, np.uint64)
    assert k.row_presence(PRESENT, COLUMNS, 1, words) == 3
    assert words.tolist() == [0b01101]
    packed = np.zeros(3, np.uint64)
    assert k.pack_present(matrix[1], COLUMNS, words, packed) == 3
    assert packed.tolist() == [5, 7, 8]
    rows, present = np.zeros((2, COLUMNS), np.uint64), np.zeros(COLUMNS, np.uint64)
    k.unpack_row(packed, words, COLUMNS, 1, rows, present)
    assert rows[1].tolist() == [5, 0, 7, 8, 0]
    assert present.tolist() == [2, 0, 2, 2, 0]


def test_columns_are_transposed_without_absent_cells(matrix: Any) -> None:
    packed = np.zeros(ROWS * COLUMNS, np.uint64)
    starts = np.zeros(COLUMNS + 1, np.int64)
    k.transpose_present(matrix, PRESENT, ROWS, COLUMNS, packed, starts)
    expected = [
        [int(matrix[r, c]) for r in range(ROWS) if int(PRESENT[c]) >> r & 1] for c in range(COLUMNS)
    ]
    assert [packed[a:b].tolist() for a, b in pairwise(starts)] == expected


@pytest.mark.parametrize("mask", [0b111111, 0b011100, 0b000010])
def test_rows_in_a_range_are_counted_and_gathered(matrix: Any, mask: int) -> None:
    times = np.arange(ROWS) * 10
    columns = np.array([0, 2, 4, 9])
    wanted = [
        [r for r in range(ROWS) if mask >> r & 1 and c < COLUMNS and int(PRESENT[c]) >> r & 1]
        for c in columns.tolist()
    ]
    counts, first, last = np.zeros(4, np.int64), np.full(4, -1), np.full(4, -1)
    k.count_run(PRESENT, columns, np.uint64(mask), 100, counts, first, last)
    start = (mask & -mask).bit_length() - 1
    assert counts.tolist() == [len(rows) for rows in wanted]
    assert first.tolist() == [100 + rows[0] - start if rows else -1 for rows in wanted]
    assert last.tolist() == [100 + rows[-1] - start if rows else -1 for rows in wanted]
    starts = np.cumsum([0, *counts])
    packed = np.concatenate(
        [
            [int(matrix[r, c]) for r in range(ROWS) if c < COLUMNS and int(PRESENT[c]) >> r & 1]
            for c in columns.tolist()
        ]
    ).astype(np.uint64)
    sizes = [int(PRESENT[c]).bit_count() if c < COLUMNS else 0 for c in columns.tolist()]
    packed_starts = np.cumsum([0, *sizes])
    for gather, source in (
        (k.gather_rows, (matrix,)),
        (k.gather_packed, (packed, packed_starts)),
    ):
        for function in both(gather):
            values = np.zeros(int(starts[-1]), np.uint64)
            own_times = np.zeros(int(starts[-1]), np.int64)
            with np.errstate(over="ignore"):
                function(
                    *source, PRESENT, columns, np.uint64(mask), times,
                    starts[:-1].copy(), values, starts[:-1].copy(), own_times,
                )  # fmt: skip
            flat = [(r, c) for c, rows in zip(columns, wanted, strict=True) for r in rows]
            assert values.tolist() == [int(matrix[r, c]) for r, c in flat]
            assert own_times.tolist() == [r * 10 for r, _ in flat]


def test_the_newest_of_each_column_is_carried(matrix: Any) -> None:
    times = np.arange(ROWS) * 10
    newest_ms = np.full(COLUMNS, 25)
    newest = np.full(COLUMNS, 7, np.uint64)
    k.carry_newest(matrix, PRESENT, times, 4, COLUMNS, newest_ms, newest)
    assert newest_ms.tolist() == [30, 25, 30, 25, 30]
    assert newest.tolist() == [15, 7, 17, 7, 19]
    loose = (np.array([1, 1], np.int32), np.array([40, 41]), np.array([3, 4], np.uint64))
    k.carry_loose(*loose, newest_ms, newest)
    assert (newest_ms[1], newest[1]) == (41, 4)


def test_order_is_checked_against_rows_and_what_was_carried(matrix: Any) -> None:
    times = np.arange(ROWS) * 10
    series = np.arange(1, COLUMNS + 1, dtype=np.int32)
    newest_ms = np.full(COLUMNS, -1)
    newest_ms[1] = 70
    newest = np.zeros(COLUMNS, np.uint64)
    refs = np.array([0, 0, 0, 1, 1, 2, 3, 8], np.uint64)
    at = np.array([49, 50, 51, 70, 71, 50, 20, 1])
    values = np.array([1, 25, 1, 0, 1, 1, 13, 1], np.uint64)
    for check in both(k.check_order):
        rejected, repeated = np.zeros(8, np.uint8), np.zeros(8, np.uint8)
        check(
            refs, at, values, series, matrix, PRESENT, times, ROWS,
            newest_ms, newest, rejected, repeated,
        )  # fmt: skip
        assert rejected.tolist() == [1, 0, 0, 0, 0, 2, 0, 6]
        assert repeated.tolist() == [0, 1, 0, 1, 0, 0, 1, 0]
