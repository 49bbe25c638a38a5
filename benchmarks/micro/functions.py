"""Range functions alone: kernels over many series on one thread.

Series of one timeline: 20,000 over 6 hours at 15 s, looked at in 360 windows of 5 minutes; and
2,000 of them in windows of an hour. Run with `python -m benchmarks.micro.functions`; prints the
median of several runs after a warm-up.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from narthex.promql.kernels import over_time, quantile, rate, regression

RUNS = 5
INTERVAL_MS = 15_000
STEP_MS = 60_000
STEPS = 360
SAMPLES = STEPS * STEP_MS // INTERVAL_MS


@dataclass(frozen=True)
class Load:
    """Counters and gauges on one timeline, and windows over them."""

    counters: NDArray[np.float64]
    gauges: NDArray[np.float64]
    starts: NDArray[np.int64]
    times: NDArray[np.int64]
    lower: NDArray[np.int32]
    upper: NDArray[np.int32]
    ends_ms: NDArray[np.int64]
    range_ms: int

    @classmethod
    def of(cls, series: int, range_ms: int) -> Load:
        """So many series, each window `range_ms` long."""
        random = np.random.default_rng(1)
        shape = (series, SAMPLES)
        times = np.arange(SAMPLES, dtype=np.int64) * INTERVAL_MS + 7_000
        ends = np.arange(1, STEPS + 1, dtype=np.int64) * STEP_MS
        return cls(
            counters=np.cumsum(random.integers(0, 5, shape), axis=1).astype(np.float64).ravel(),
            gauges=random.normal(size=shape).ravel(),
            starts=np.arange(series + 1, dtype=np.int64) * SAMPLES,
            times=times,
            lower=np.searchsorted(times, ends - range_ms, "right").astype(np.int32)[None, :],
            upper=np.searchsorted(times, ends, "right").astype(np.int32)[None, :],
            ends_ms=ends,
            range_ms=range_ms,
        )

    def functions(self) -> dict[str, Callable[[], None]]:
        """What is measured, by its name in a query."""
        series = self.starts.size - 1
        timeline, at = np.zeros(series, np.int32), np.zeros(series, np.int64)
        out = np.empty((series, STEPS))
        bounds = (timeline, self.lower, self.upper)
        gauges = (self.gauges, self.starts, *bounds)
        timed = (self.gauges, self.starts, self.times, at, *bounds)
        ninth, ahead = np.full(STEPS, 0.9), np.full(STEPS, 3600.0)
        origins, sums = self.ends_ms[None, :], np.empty((1, STEPS, 2))
        regression.sums_of_times(
            self.times, np.zeros(1, np.int64), self.lower, self.upper, origins, sums
        )
        return {
            "rate": partial(self._rate, timeline, out),
            "resets": partial(rate.count_resets, *gauges, out),
            "irate": partial(rate.instant_rate, *timed, out),
            "last_over_time": partial(over_time.last_over_time, *gauges, out),
            "sum_over_time": partial(over_time.sum_over_time, *gauges, out),
            "avg_over_time": partial(over_time.avg_over_time, *gauges, out),
            "max_over_time": partial(over_time.extreme_over_time, *gauges, 1.0, out),
            "stddev_over_time": partial(over_time.stddev_over_time, *gauges, out),
            "quantile_over_time": partial(quantile.quantile_over_time, *gauges, ninth, out),
            "deriv": partial(regression.deriv, *timed, origins, sums, out),
            "predict_linear": partial(regression.predict_linear, *timed, origins, sums, ahead, out),
        }

    def _rate(self, timeline: NDArray[np.int32], out: NDArray[np.float64]) -> None:
        reach = np.empty((1, STEPS, 4))
        seconds = self.range_ms / 1000
        rate.extrapolation(
            self.times, np.zeros(1, np.int64), self.lower, self.upper, self.ends_ms,
            self.range_ms, seconds, reach,
        )  # fmt: skip
        rate.extrapolated_increase(
            self.counters, self.starts, timeline, self.lower, self.upper, reach, seconds, out
        )


def measure(function: Callable[[], None]) -> float:
    """Median seconds."""
    function()
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    """Print a table."""
    for series, range_ms in ((20_000, 300_000), (2_000, 3_600_000)):
        print(f"{series} series, {STEPS} windows of {range_ms // 60_000} min")
        for name, function in Load.of(series, range_ms).functions().items():
            seconds = measure(function)
            each = seconds / (series * STEPS) * 1e9
            print(f"  {name:20} {seconds * 1000:9.1f} ms {each:9.1f} ns a window")


if __name__ == "__main__":
    main()
