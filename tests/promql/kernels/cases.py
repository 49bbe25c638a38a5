"""Windows over small series for property tests, and the slow way to look into them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

SCRAPE_MS = 15_000

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Window = tuple[list[float], list[int]]


@dataclass(frozen=True)
class Case:
    """Series of which some share their times, and windows over them."""

    values: NDArray[np.float64]
    starts: NDArray[np.int64]
    times: NDArray[np.int64]
    times_at: NDArray[np.int64]
    timeline: NDArray[np.int32]
    lower: NDArray[np.int32]
    upper: NDArray[np.int32]
    ends_ms: NDArray[np.int64]
    range_ms: int

    @property
    def windows(self) -> tuple[Floats, Longs, Ints, Ints, Ints]:
        """What most kernels take first."""
        return self.values, self.starts, self.timeline, self.lower, self.upper

    @property
    def timed_windows(self) -> tuple[Floats, Longs, Longs, Longs, Ints, Ints, Ints]:
        """What kernels that look at times take first."""
        return (
            self.values, self.starts, self.times, self.times_at[self.timeline], self.timeline,
            self.lower, self.upper,
        )  # fmt: skip

    def room(self) -> NDArray[np.float64]:
        """An answer to be, full of what no kernel writes."""
        return np.full((self.timeline.size, self.ends_ms.size), 12345.678)

    def expected(self, function: Callable[[Window, int], float]) -> NDArray[np.float64]:
        """`function(window, step)` of every window; 0.0 where it answers None."""
        out = self.room()
        for i in range(self.timeline.size):
            for t in range(self.ends_ms.size):
                out[i, t] = function(self.window(i, t), t)
        return out

    def window(self, i: int, t: int) -> Window:
        """The values and times of one window."""
        line = self.timeline[i]
        low, high = int(self.lower[line, t]), int(self.upper[line, t])
        at, time_at = int(self.starts[i]), int(self.times_at[line])
        return (
            self.values[at + low : at + high].tolist(),
            self.times[time_at + low : time_at + high].tolist(),
        )


SMALL_COUNTS = st.integers(0, 9).map(float)
FLOATS = st.floats(-1e6, 1e6) | SMALL_COUNTS
WILD_FLOATS = st.floats() | SMALL_COUNTS
GAPS_MS = st.sampled_from([SCRAPE_MS, SCRAPE_MS, SCRAPE_MS, 14_990, 15_010, 60_000, 1])


@st.composite
def cases(
    draw: st.DrawFn,
    values: st.SearchStrategy[float] = FLOATS,
    gaps_ms: st.SearchStrategy[int] = GAPS_MS,
) -> Case:
    """One to three timelines, one to three series on each, up to eight steps."""
    lines = draw(st.lists(st.lists(gaps_ms, max_size=25), min_size=1, max_size=3))
    step_ms = draw(st.sampled_from([15_000, 30_000, 7_000, 100_000]))
    steps = draw(st.integers(1, 8))
    range_ms = draw(st.sampled_from([1, 15_000, 60_000, 300_000]))
    ends = np.arange(steps, dtype=np.int64) * step_ms + draw(st.integers(0, 200_000))
    times = [np.cumsum(np.array(gaps, np.int64)) for gaps in lines]
    lower = [np.searchsorted(line, ends - range_ms, side="right") for line in times]
    upper = [np.searchsorted(line, ends, side="right") for line in times]
    timeline = [line for line in range(len(lines)) for _ in range(draw(st.integers(1, 3)))]
    columns = [draw(_values(values, times[line].size)) for line in timeline]
    return Case(
        values=np.array([v for column in columns for v in column], np.float64),
        starts=np.cumsum([0, *(len(column) for column in columns)]).astype(np.int64),
        times=np.concatenate([np.zeros(0, np.int64), *times]),
        times_at=np.cumsum([0, *(line.size for line in times[:-1])]).astype(np.int64),
        timeline=np.array(timeline, np.int32),
        lower=np.array(lower, np.int32),
        upper=np.array(upper, np.int32),
        ends_ms=ends,
        range_ms=range_ms,
    )


def _values(values: st.SearchStrategy[float], count: int) -> st.SearchStrategy[Sequence[float]]:
    return st.lists(values, min_size=count, max_size=count)


def both(kernel: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A kernel as it was compiled, and as it was written."""
    return kernel, getattr(kernel, "py_func", kernel)


def same(a: NDArray[np.float64], b: NDArray[np.float64], tolerance: float = 0.0) -> None:
    """Assert that two answers agree; NaN agrees with NaN."""
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * 1e-3, equal_nan=True)


def is_finite(values: Sequence[float]) -> bool:
    """Whether no NaN and no infinity is among them."""
    return all(math.isfinite(value) for value in values)
