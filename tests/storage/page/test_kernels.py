"""Kernels of pages against their own source run as plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from narthex.model.value import STALE_NAN
from narthex.storage.page import kernels

pytestmark = pytest.mark.kernels

VALUES = np.array(
    [1.0, 1.0, STALE_NAN, 2.0, 3.0, 5.0, -0.0, -0.0, np.nan, np.inf, 2.0**53, 2.0**53 + 2, 0.5]
)
STARTS = np.array([0, 3, 6, 8, 8, 9, 13], np.int64)


def both(kernel: Any, *arguments: object) -> list[Any]:
    """Run a kernel and its source on equal arguments; the results and all arguments after it."""
    outcomes = []
    for function in (kernel, getattr(kernel, "py_func", kernel)):
        copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        with np.errstate(over="ignore", invalid="ignore"):
            outcomes.append([function(*copies), *copies])
    return outcomes


def assert_same(kernel: Any, *arguments: object) -> list[Any]:
    compiled: list[Any]
    compiled, plain = both(kernel, *arguments)
    for one, other in zip(compiled, plain, strict=True):
        if isinstance(one, np.ndarray):
            assert one.tobytes() == other.tobytes()
        else:
            assert one == other
    return compiled


def classified() -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    n = STARTS.size - 1
    kinds, markers, facts = np.zeros(n, np.uint8), np.zeros(n, np.int64), np.zeros(7, np.int64)
    kernels.classify_series(VALUES, STARTS, kinds, markers, np.zeros(n), facts)
    return kinds, markers, facts


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        (0.0, True), (-0.0, False), (3.0, True), (-7.0, True), (0.5, False), (2.0**53, True),
        (2.0**53 + 2, False), (np.nan, False), (np.inf, False), (STALE_NAN, False),
    ],
)  # fmt: skip
def test_whole_numbers_are_those_that_come_back(value: float, whole: bool) -> None:
    bits = int(np.float64(value).view(np.int64))
    assert bool(kernels.is_whole(value, bits)) is whole


def test_series_are_sorted_by_kind() -> None:
    n = STARTS.size - 1
    result = assert_same(
        kernels.classify_series, VALUES, STARTS, np.zeros(n, np.uint8), np.zeros(n, np.int64),
        np.zeros(n), np.zeros(7, np.int64),
    )  # fmt: skip
    kinds, markers, facts = result[3], result[4], result[6]
    assert kinds.tolist() == [1, 2, 1, 0, 1, 2]
    assert markers.tolist() == [1, 0, 0, 0, 0, 0]
    # Not whole; two move, with seven values; three are constant; one marker; nothing is the same.
    assert facts.tolist() == [0, 2, 7, 3, 1, 0, 0]


@pytest.mark.parametrize("flags", [0, kernels.MARKERS])
@pytest.mark.parametrize("rows", [-1, 300])
def test_a_directory_reads_back(flags: int, rows: int) -> None:
    kinds, markers, _ = classified()
    page_bytes = np.array([5, 200], np.int64)
    result = assert_same(
        kernels.write_directory, VALUES, STARTS, kinds, markers, page_bytes, flags, rows, 16, 40,
        np.zeros(300, np.uint8),
    )  # fmt: skip
    # The pages would follow: their lengths are only taken when they fit.
    size, data = result[0], result[-1]
    counts, codes = np.zeros(6, np.int64), np.zeros(6, np.int64)
    at, *_, counts, codes = assert_same(kernels.read_counts, data, 1, flags, counts, codes)
    assert counts.tolist() == np.diff(STARTS).tolist()
    assert codes.tolist() == [0, 6, 0, 0, 0, 201]
    marker_starts = np.zeros(7 if flags else 0, np.int64)
    if flags:
        at, *_, marker_starts, positions = assert_same(
            kernels.read_markers, data, at, counts, marker_starts, np.zeros(13, np.int64)
        )
        assert marker_starts.tolist() == [0, 1, 1, 1, 1, 1, 1]
        assert positions[0] == 2
    numbers = np.zeros(3 if rows >= 0 else 2, np.int64)
    at, *_, numbers = assert_same(kernels.read_varints, data, at, numbers.size, numbers)
    assert numbers.tolist() == [300, 16, 40][-numbers.size :]
    assert at == size
    assert_same(
        kernels.sort_series, counts, codes, marker_starts, np.zeros(6, np.int64),
        np.zeros(6, np.uint8), np.zeros(7, np.int64),
    )  # fmt: skip


@pytest.mark.parametrize("whole", [False, True])
def test_values_are_packed_without_markers(whole: bool) -> None:
    values = np.array([1.0, STALE_NAN, 2.0, 7.0, 7.0, 3.0, 4.0])
    starts, kinds = np.array([0, 3, 5, 7], np.int64), np.array([2, 1, 2], np.uint8)
    count, *_, packed = assert_same(kernels.pack_moving, values, starts, kinds, whole, np.zeros(4))
    assert count == 4
    assert (packed.view(np.int64) if whole else packed).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("whole", [False, True])
def test_pages_become_samples_in_place(whole: bool) -> None:
    page = np.array([1, 2, 0, 0, 0, 0], np.int64)
    out = page.view(np.float64).copy() if whole else page.astype(np.float64)
    _, out, *_ = assert_same(
        kernels.finish_series, out, np.array([0, 3], np.int64), np.array([1, 0], np.int64),
        np.array([2, 3], np.int64), np.array([1, 2], np.uint8), np.array([9.0, 0.0]), whole,
        np.array([0, 0, 1], np.int64), np.array([1], np.int64),
    )  # fmt: skip
    assert out.tobytes() == np.array([1.0, STALE_NAN, 2.0, 9.0, 9.0, 0.0]).tobytes()


@pytest.mark.parametrize(
    "times", [[5], [-5, 0, 5, 10, 15], [0, 1, 3, 6, 7, 8, 9, 2**40], [-(2**62), 2**61]]
)
def test_timelines(times: list[int]) -> None:
    held = np.array(times, np.int64)
    size, *_, out = assert_same(
        kernels.write_timeline, held, 0, held.size, np.zeros(20 * (held.size + 1), np.uint8)
    )
    end, *_, read, _ = assert_same(
        kernels.read_timeline, out[:size], 0, held.size, np.zeros(held.size, np.int64), 0
    )
    assert end == size
    assert read.tolist() == times
