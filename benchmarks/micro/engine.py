"""The engine alone: queries over columns that lie in memory, without storage or encoding.

Data as of a fleet: targets x series of node_exporter's shape at one interval. Run with
`python -m benchmarks.micro.engine`; prints the median of several runs after a warm-up.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import METRIC_NAME, Labels
from narthex.model.matcher import Matcher
from narthex.model.symbols import Symbols
from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.promql.engine import Engine, EngineOptions
from narthex.runtime.clock import SystemClock
from narthex.runtime.executor import Executor
from narthex.storage.interface import Columns, Want

HOUR_MS = 3_600_000


@dataclass(frozen=True)
class MatrixSelection:
    """Rows of a matrix; every series has the same times."""

    labels: LabelTable
    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    times: NDArray[np.int64]

    @property
    def samples_per_series(self) -> float:
        return float(self.times.size)

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, _want: Want = Want.VALUES
    ) -> Columns:
        low, high = np.searchsorted(self.times, [start_ms, end_ms + 1]).tolist()
        n = rows.size
        return Columns(
            np.arange(n + 1, dtype=np.int64) * (high - low),
            self._values(self.rows[rows], low, high),
            np.zeros(n, np.int64),
            self.times[low:high],
        )

    def _values(self, rows: NDArray[np.int64], low: int, high: int) -> NDArray[np.float64]:
        # Neighbouring rows over their whole length are handed on as they lie.
        if high - low == self.times.size and rows[-1] - rows[0] + 1 == rows.size:
            return self.values[rows[0] : rows[-1] + 1].reshape(-1)
        return self.values[rows, low:high].reshape(-1)


@dataclass
class MatrixStore:
    """Metrics by name, a matrix each."""

    symbols: Symbols
    labels: LabelTable
    series: list[Labels]
    values: NDArray[np.float64]
    times: NDArray[np.int64]

    def select(
        self, _tenant: TenantId, matchers: Sequence[Matcher], *_range_and_hints: object
    ) -> MatrixSelection:
        found = np.ones(len(self.labels), np.bool_)
        for matcher in matchers:
            wanted = self.symbols.find(matcher.value)
            found &= self.labels.column(matcher.name) == (-1 if wanted is None else wanted)
        rows = np.flatnonzero(found).astype(np.int64)
        return MatrixSelection(self.labels.take(rows), rows, self.values, self.times)

    def label_names(self, *_: object) -> list[str]:
        raise NotImplementedError

    def label_values(self, *_: object) -> list[str]:
        raise NotImplementedError


def fleet(targets: int, hours: int, interval_ms: int) -> MatrixStore:
    """node_exporter's shape: 64 CPU counters and 436 other series a target."""
    modes = ("idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user")
    of_target = [
        {METRIC_NAME: "node_cpu_seconds_total", "cpu": str(cpu), "mode": mode}
        for cpu in range(8)
        for mode in modes
    ]
    of_target += [{METRIC_NAME: f"node_metric_{i // 4}", "device": str(i % 4)} for i in range(436)]
    series = [
        Labels.of({"job": "node", "instance": f"host-{target}:9100"} | labels)
        for labels in of_target
        for target in range(targets)
    ]
    return _store(series, hours, interval_ms)


def wide(count: int, hours: int, interval_ms: int) -> MatrixStore:
    """One counter with many series."""
    series = [
        Labels.of({METRIC_NAME: "big", "job": f"j{i % 10}", "pod": f"p{i}"}) for i in range(count)
    ]
    return _store(series, hours, interval_ms)


def _store(series: list[Labels], hours: int, interval_ms: int) -> MatrixStore:
    symbols = Symbols()
    times = np.arange(0, hours * HOUR_MS + 1, interval_ms, dtype=np.int64)
    steps = np.random.default_rng(1).integers(0, 50, (len(series), times.size))
    values = np.cumsum(steps, axis=1, dtype=np.float64)
    return MatrixStore(symbols, LabelTable.from_labels(symbols, series), series, values, times)


def measured_ms(
    engine: Engine, text: str, start_ms: int, end_ms: int, step_ms: int
) -> tuple[float, float]:
    """Medians of seven after three, in ms: wall and processor time; instant when start is end."""
    taken, worked = [], []
    for _ in range(10 if start_ms != end_ms else 400):
        began, idle = time.perf_counter(), time.process_time()
        if start_ms == end_ms:
            engine.instant(DEFAULT_TENANT, text, end_ms)
        else:
            engine.range(DEFAULT_TENANT, text, start_ms, end_ms, step_ms)
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - idle) * 1000)
    return statistics.median(taken[3:]), statistics.median(worked[3:])


QUERIES = (
    ("sum by (instance) (rate(node_cpu_seconds_total[5m]))", 15_000),
    ('count({job="node"})', 15_000),
    ("quantile by (job) (0.9, node_cpu_seconds_total)", 15_000),
    ("node_cpu_seconds_total", 15_000),
    ("topk(5, rate(node_cpu_seconds_total[5m]))", 15_000),
    ("node_cpu_seconds_total * on (instance, cpu, mode) node_cpu_seconds_total", 15_000),
    ('node_metric_3{instance="host-3:9100",device="1"}', 0),
    ('sum(rate(node_cpu_seconds_total{instance="host-3:9100"}[5m]))', 0),
)
WIDE_QUERIES = (
    ("sum(rate(big[5m]))", 60_000),
    ("sum by (job) (rate(big[5m]))", 60_000),
    ("topk(10, max_over_time(big[1h]))", 300_000),
)


def _report(store: MatrixStore, queries: Sequence[tuple[str, int]]) -> None:
    executor = Executor()
    engine = Engine(store, executor, SystemClock(), EngineOptions(max_samples=1 << 60))
    end_ms = int(store.times[-1])
    for text, step_ms in queries:
        taken, worked = measured_ms(engine, text, 0 if step_ms else end_ms, end_ms, step_ms)
        print(f"{taken:10.3f} ms  {worked:10.3f} ms of processor  {text}")
    executor.close()


if __name__ == "__main__":
    _report(fleet(20, 6, 15_000), QUERIES)
    if "wide" in sys.argv:
        _report(wide(100_000, 6, 60_000), WIDE_QUERIES)
