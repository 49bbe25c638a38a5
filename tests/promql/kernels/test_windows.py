"""Window bounds and columns without stale markers, against looking at every sample."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from narthex.model.value import STALE_NAN_BITS
from narthex.promql.kernels.select import number_timelines
from narthex.promql.kernels.windows import drop_stale, samples_in_windows, window_bounds
from tests.promql.kernels.cases import both
from tests.promql.kernels.test_select import Series, columns, laid_out

Case = tuple[list[Series], NDArray[np.int64]]


@given(columns(), st.integers(1, 50))
@np.errstate(over="ignore")  # hashes wrap around
def test_a_window_is_open_at_its_start_and_closed_at_its_end(case: Case, length: int) -> None:
    series, ends = case
    _, starts, times, times_at = laid_out(series)
    timeline, first_row = np.empty(len(series), np.int32), np.empty(len(series), np.int64)
    count = number_timelines(starts, times_at, timeline, first_row)
    expected = [
        [[j for j, (t, _) in enumerate(s) if end - length < t <= end] for end in ends.tolist()]
        for s in series
    ]
    for bounding, counting in zip(both(window_bounds), both(samples_in_windows), strict=True):
        lower = np.empty((count, ends.size), np.int32)
        upper = np.empty_like(lower)
        bounding(times, starts, times_at, first_row[:count], ends, length, lower, upper)
        found = [
            [list(range(lower[line, t], upper[line, t])) for t in range(ends.size)]
            for line in timeline
        ]
        assert found == expected
        assert counting(lower, upper, timeline) == sum(len(w) for row in expected for w in row)


@given(columns())
def test_stale_markers_go_and_take_their_times_with_them(case: Case) -> None:
    series, _ = case
    values, starts, times, times_at = laid_out(series)
    kept = [
        [(t, v) for t, v in s if np.float64(v).view(np.uint64) != STALE_NAN_BITS] for s in series
    ]
    for kernel in both(drop_stale):
        out_values, out_starts = np.empty(values.size), np.empty_like(starts)
        out_times_at = np.empty_like(times_at)
        out_times = np.concatenate([times, np.zeros(values.size, np.int64)])
        used = kernel(
            values, starts, times_at, times, times.size, out_values, out_starts, out_times_at,
            out_times,
        )  # fmt: skip
        assert used <= out_times.size
        for i, samples in enumerate(kept):
            held = out_values[out_starts[i] : out_starts[i + 1]]
            when = out_times[out_times_at[i] :][: held.size]
            np.testing.assert_array_equal(held, [v for _, v in samples])
            assert when.tolist() == [t for t, _ in samples]
