"""What the engine says of itself: `prometheus_engine_*`, as dashboards of Prometheus ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge

from narthex.promql.statistics import Statistics
from narthex.runtime.clock import Clock
from narthex.telemetry.quantiles import QuantileSummary

PREFIX = "prometheus_engine_"
SLICES = ("queue_time", "prepare_time", "inner_eval", "result_sort")
QUANTILES = (0.5, 0.9, 0.99)


class EngineMetrics:
    """The metrics of one engine, in the registry given (by default one of its own)."""

    def __init__(
        self, clock: Clock, max_concurrency: int, registry: CollectorRegistry | None = None
    ) -> None:
        registry = registry if registry is not None else CollectorRegistry()
        self._queries = Gauge(
            f"{PREFIX}queries", "Queries being executed or waiting.", registry=registry
        )
        Gauge(
            f"{PREFIX}queries_concurrent_max",
            "Queries that may be executed at the same time.",
            registry=registry,
        ).set(max_concurrency)
        self._samples = Counter(
            f"{PREFIX}query_samples", "Samples that queries looked at.", registry=registry
        )
        self._samples_read = Counter(
            f"{PREFIX}query_samples_read", "Samples that queries read.", registry=registry
        )
        self._duration = QuantileSummary(
            f"{PREFIX}query_duration_seconds",
            "How long the parts of a query took.",
            label="slice",
            values=SLICES,
            quantiles=QUANTILES,
            now_s=clock.monotonic_s,
            registry=registry,
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """While a query waits for its turn or is executed."""
        self._queries.inc()
        try:
            yield
        finally:
            self._queries.dec()

    def answered(self, cost: Statistics) -> None:
        """Count a query that has got its answer."""
        times = cost.queue_s, cost.preparation_s, cost.evaluation_s, cost.sorting_s
        self._duration.observe(zip(SLICES, times, strict=True))
        self._samples.inc(cost.samples_seen)
        self._samples_read.inc(cost.samples_read)
