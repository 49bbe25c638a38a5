"""The process's own figures on `/metrics`: build, memory, garbage collection, the loop's delay."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.gc_collector import GCCollector

LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1)


def new_registry() -> CollectorRegistry:
    """A registry with the usual collectors of a Python process."""
    # `_created` series would double the counters, and Prometheus itself has none.
    disable_created_metrics()
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def publish_build(registry: CollectorRegistry, build: Mapping[str, str]) -> None:
    """`prometheus_build_info` with Prometheus's labels, and its like under our own name."""
    labels = {
        "version": build["version"],
        "revision": build["revision"],
        "branch": build["branch"],
        "goversion": build["goVersion"],
    }
    for name in ("prometheus", "narthex"):
        Gauge(
            f"{name}_build_info",
            "A metric with a constant '1' value labeled by version, revision and branch.",
            list(labels),
            registry=registry,
        ).labels(**labels).set(1)


class LoopMetrics:
    """How late the event loop comes round, and whether the process is ready."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.lag = Histogram(
            "narthex_event_loop_lag_seconds",
            "How late the event loop woke up from a short sleep.",
            buckets=LAG_BUCKETS,
            registry=registry,
        )
        self.ready = Gauge(
            "prometheus_ready", "Whether this server is ready to serve traffic.", registry=registry
        )
