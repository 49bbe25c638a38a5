"""What discovery says of itself, under Prometheus's names."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Summary


class DiscoveryMetrics:
    """The `prometheus_sd_*` metrics of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        self.discovered_targets = Gauge(
            "prometheus_sd_discovered_targets",
            "Current number of discovered targets.",
            ("name", "config"),
            registry=registry,
        )
        self.failed_configs = Gauge(
            "prometheus_sd_failed_configs",
            "Current number of service discovery configurations that failed to load.",
            ("name",),
            registry=registry,
        )
        self.received_updates = counter(
            "prometheus_sd_received_updates", "Updates received from discoverers.", "name"
        )
        self.updates = counter(
            "prometheus_sd_updates", "Updates handed on to the users of targets.", "name"
        )
        self.updates_delayed = counter(
            "prometheus_sd_updates_delayed",
            "Updates that waited because another one had just been handed on.",
            "name",
        )
        self.refresh_failures = counter(
            "prometheus_sd_refresh_failures",
            "Refreshes that failed; the targets found before stay.",
            "mechanism",
            "config",
        )
        self.refresh_duration = Summary(
            "prometheus_sd_refresh_duration_seconds",
            "How long a refresh took.",
            ("mechanism", "config"),
            registry=registry,
        )
        self.file_read_errors = counter(
            "prometheus_sd_file_read_errors", "Files of targets that could not be read."
        )
        self.file_mtime = Gauge(
            "prometheus_sd_file_mtime_seconds",
            "When a file of targets was last changed, at its last read.",
            ("filename",),
            registry=registry,
        )
        self.http_failures = counter(
            "prometheus_sd_http_failures", "Requests for targets that failed."
        )
