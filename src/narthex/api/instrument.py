"""What is counted of every request, under Prometheus's own metric names."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

DURATION_BUCKETS = (0.1, 0.2, 0.4, 1, 3, 8, 20, 60, 120)
SIZE_BUCKETS = (100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9)


class HttpMetrics:
    """Requests by handler: how many with which code, how long, how large."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "prometheus_http_requests",
            "Counter of HTTP requests.",
            ["handler", "code"],
            registry=registry,
        )
        self._duration = Histogram(
            "prometheus_http_request_duration_seconds",
            "Histogram of latencies for HTTP requests.",
            ["handler"],
            buckets=DURATION_BUCKETS,
            registry=registry,
        )
        self._size = Histogram(
            "prometheus_http_response_size_bytes",
            "Histogram of response size for HTTP requests.",
            ["handler"],
            buckets=SIZE_BUCKETS,
            registry=registry,
        )

        # Finding a child by its labels costs more than counting; there are few handlers and codes.
        self._children: dict[tuple[str, int], tuple[Counter, Histogram, Histogram]] = {}

    def observe(self, handler: str, code: int, seconds: float, body_bytes: int) -> None:
        """Count one request that has been answered."""
        key = (handler, code)
        if key not in self._children:
            self._children[key] = (
                self._requests.labels(handler, str(code)),
                self._duration.labels(handler),
                self._size.labels(handler),
            )
        requests, duration, size = self._children[key]
        requests.inc()
        duration.observe(seconds)
        size.observe(body_bytes)
