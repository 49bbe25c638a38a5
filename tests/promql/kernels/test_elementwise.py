"""clamp, round and sgn cell by cell."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from narthex.promql.kernels import elementwise
from tests.promql.kernels.cases import both, same

CELLS = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=4))
NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("a", "b", "largest", "smallest"),
    [
        (1.0, 2.0, 2.0, 1.0),
        (NAN, 2.0, NAN, NAN),
        (2.0, NAN, NAN, NAN),
        (NAN, INF, INF, NAN),
        (-INF, NAN, NAN, -INF),
        (-0.0, 0.0, 0.0, -0.0),
        (0.0, -0.0, 0.0, -0.0),
    ],
)
def test_max_and_min_as_go_has_them(a: float, b: float, largest: float, smallest: float) -> None:
    for compiled, expected in (
        (elementwise.go_max, largest),
        (elementwise.go_min, smallest),
    ):
        for kernel in both(compiled):
            assert repr(float(kernel(a, b))) == repr(expected)


@given(CELLS, st.floats(), st.floats())
def test_clamp(values: NDArray[np.float64], low: float, high: float) -> None:
    steps = values.shape[1]
    for kernel in both(elementwise.clamp):
        out = np.empty(values.shape)
        kernel(values, np.full(steps, low), np.full(steps, high), out)
        for cell, value in zip(out.flat, values.flat, strict=True):
            expected = elementwise.go_max(low, elementwise.go_min(high, value))
            same(np.array(cell), np.array(expected))


@pytest.mark.parametrize(
    ("value", "nearest", "expected"),
    [
        (2.5, 1.0, 3.0),
        (-2.5, 1.0, -2.0),
        (0.15, 0.1, 0.2),
        (23.0, 5.0, 25.0),
        (1.0, 0.0, NAN),
        (NAN, 1.0, NAN),
    ],
)
def test_round_takes_ties_up(value: float, nearest: float, expected: float) -> None:
    out = np.empty((1, 1))
    elementwise.round_to(np.array([[value]]), np.array([nearest]), out)
    same(out, np.array([[expected]]), 1e-15)


@given(CELLS)
def test_sgn(values: NDArray[np.float64]) -> None:
    for kernel in both(elementwise.sgn):
        out = np.empty(values.shape)
        kernel(values, out)
        same(out, np.sign(values))
