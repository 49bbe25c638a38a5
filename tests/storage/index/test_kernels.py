"""Kernels of look-ups against their own source run as plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from narthex.storage.index import kernels
from tests.storage.page.test_kernels import assert_same

pytestmark = pytest.mark.kernels

EVEN, ODD_AND_TEN = np.arange(0, 40, 2), np.array([1, 3, 10, 11, 38], np.int64)


@pytest.mark.parametrize(
    ("literals", "gaps", "expected"),
    [
        (["ab"], [], [1, 0, 0, 0, 0]),
        (["a", ""], [0], [1, 1, 1, 0, 0]),
        (["", "b"], [1], [1, 1, 0, 0, 0]),
        (["", "b", ""], [0, 0], [1, 1, 1, 0, 0]),
        (["", ""], [1], [1, 1, 1, 1, 0]),
        (["a", "b", "b"], [0, 0], [0, 0, 0, 0, 0]),
        (["a", "c"], [1], [0, 0, 1, 0, 0]),
    ],
)
def test_globs(literals: list[str], gaps: list[int], expected: list[int]) -> None:
    texts = ["ab", "axb", "abc", "x", ""]
    offsets = np.cumsum([0, *map(len, texts)]).astype(np.int64)
    blob = np.frombuffer("".join(texts).encode(), np.uint8)
    bounds = np.cumsum([0, *map(len, literals)]).astype(np.int64)
    joined = np.frombuffer("".join([*literals, "\0"]).encode(), np.uint8)
    result = assert_same(
        kernels.match_glob, blob, offsets[:-1].copy(), offsets[1:].copy(), joined, bounds,
        np.array(gaps, np.uint8), np.zeros(len(texts), np.uint8),
    )  # fmt: skip
    assert result[-1].tolist() == expected


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(
    ("rows", "others"),
    [(EVEN, ODD_AND_TEN), (ODD_AND_TEN, EVEN), (EVEN, EVEN[:0]), (EVEN[:0], EVEN), (EVEN, EVEN)],
)
def test_sorted_rows_are_kept_or_dropped(rows: np.ndarray, others: np.ndarray, keep: bool) -> None:
    count, *_, out = assert_same(
        kernels.filter_sorted, rows, others, keep, np.zeros(rows.size, np.int64)
    )
    assert out[:count].tolist() == [row for row in rows.tolist() if (row in others) == keep]


def test_postings_merge_key_by_key() -> None:
    a = ([1, 3, 9], [0, 2, 3, 5], [10, 11, 12, 13, 14])
    b = ([3, 4], [0, 1, 3], [20, 21, 22])
    tables = [
        np.array(part, dtype)
        for table in (a, b)
        for part, dtype in zip(table, (np.int64, np.int64, np.int32), strict=True)
    ]
    count, *_, keys, offsets, rows = assert_same(
        kernels.merge_postings, *tables, np.zeros(5, np.int64), np.zeros(6, np.int64),
        np.zeros(8, np.int32),
    )  # fmt: skip
    assert keys[:count].tolist() == [1, 3, 4, 9]
    assert offsets[: count + 1].tolist() == [0, 2, 4, 6, 8]
    assert rows.tolist() == [10, 11, 12, 20, 21, 22, 13, 14]


def test_slices_are_gathered_and_marked() -> None:
    rows = np.arange(10, dtype=np.int32)
    starts, ends = np.array([1, 5, 8], np.int64), np.array([3, 5, 10], np.int64)
    count, *_, out = assert_same(kernels.gather_slices, rows, starts, ends, np.zeros(4, np.int64))
    assert count == 4
    assert out.tolist() == [1, 2, 8, 9]
    marked = np.zeros(10, np.uint8)
    marked[[4, 9]] = 1
    result = assert_same(kernels.slices_marked, rows, starts, ends, marked, np.zeros(3, np.uint8))
    assert result[-1].tolist() == [0, 0, 1]
