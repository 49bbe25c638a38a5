"""Cells of an inner query to samples."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from narthex.promql.kernels.subquery import cells_to_samples
from tests.promql.kernels.cases import both

cells = st.lists(
    st.lists(st.one_of(st.none(), st.floats(-5, 5)), min_size=3, max_size=3), min_size=1, max_size=4
)


@given(cells)
def test_present_cells_become_samples_in_order(rows: list[list[float | None]]) -> None:
    values = np.array([[v or 0.0 for v in row] for row in rows])
    kind = np.array([[v is not None for v in row] for row in rows]).astype(np.uint8)
    moments = np.array([10, 20, 30], np.int64)
    for kernel in both(cells_to_samples):
        out, times = np.empty(values.size), np.empty(values.size, np.int64)
        starts = np.empty(len(rows) + 1, np.int64)
        count = kernel(values, kind, moments, out, starts, times)
        assert count == np.count_nonzero(kind)
        for i, row in enumerate(rows):
            samples = list(
                zip(times[starts[i] : starts[i + 1]], out[starts[i] : starts[i + 1]], strict=True)
            )
            assert samples == [(10 * (t + 1), v) for t, v in enumerate(row) if v is not None]
