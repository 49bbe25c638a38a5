"""What scraping says of itself, under Prometheus's names."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Summary

from narthex.runtime.clock import Clock, SystemClock
from narthex.storage.interface import RejectReason
from narthex.telemetry.quantiles import QuantileSummary

PREFIX = "prometheus_target_"
INTERVAL_QUANTILES = (0.01, 0.05, 0.5, 0.9, 0.99)


class ScrapeMetrics:
    """The `prometheus_target_*` metrics of one process, and what is ours beside them."""

    def __init__(self, registry: CollectorRegistry, clock: Clock | None = None) -> None:
        self._registry = registry
        self._clock = clock or SystemClock()
        self._declare_pools()
        self._declare_scrapes()

    def _declare_pools(self) -> None:
        """Of jobs and their targets."""
        self.pools = self._counter("scrape_pools", "Pools of targets created.")
        self.pools_failed = self._counter("scrape_pools_failed", "Pools that failed to start.")
        self.pool_reloads = self._counter("scrape_pool_reloads", "Jobs reloaded.")
        self.pool_reloads_failed = self._counter(
            "scrape_pool_reloads_failed", "Jobs that failed to reload."
        )
        self.reload_length = self._summary(
            "reload_length_seconds", "How long reloads of a job took.", "interval"
        )
        self.pool_syncs = self._counter(
            "scrape_pool_sync", "Updates of a job's targets.", "scrape_job"
        )
        self.pool_targets = self._gauge(
            "scrape_pool_targets", "Targets of a job at present.", "scrape_job"
        )
        self.pool_target_limit = self._gauge(
            "scrape_pool_target_limit", "Targets a job may have.", "scrape_job"
        )
        self.metadata_entries = self._gauge(
            "metadata_cache_entries", "Families that a job's targets tell of.", "scrape_job"
        )
        self.metadata_bytes = self._gauge(
            "metadata_cache_bytes", "Length of what they tell.", "scrape_job"
        )
        self.exceeded_target_limit = self._counter(
            "scrape_pool_exceeded_target_limit", "Updates that brought too many targets."
        )
        self.sync_length = self._summary(
            "sync_length_seconds", "How long updates of targets took.", "scrape_job"
        )
        self.sync_failed = self._counter(
            "sync_failed", "Targets that could not be made of their labels.", "scrape_job"
        )

    def _declare_scrapes(self) -> None:
        """Of scrapes and their samples."""
        self.interval_length = QuantileSummary(
            f"{PREFIX}interval_length_seconds",
            "Actual intervals between scrapes.",
            label="interval",
            quantiles=INTERVAL_QUANTILES,
            now_s=self._clock.monotonic_s,
            registry=self._registry,
        )
        self.exceeded_label_limits = self._counter(
            "scrape_pool_exceeded_label_limits", "Scrapes refused for a limit of labels."
        )
        self.exceeded_sample_limit = self._counter(
            "scrapes_exceeded_sample_limit", "Scrapes refused for their samples."
        )
        self.exceeded_body_size_limit = self._counter(
            "scrapes_exceeded_body_size_limit", "Scrapes refused for their size."
        )
        self.exceeded_bucket_limit = self._counter(
            "scrapes_exceeded_native_histogram_bucket_limit",
            "Scrapes refused for their native histograms.",
        )
        self.duplicate_timestamp = self._counter(
            "scrapes_sample_duplicate_timestamp", "Samples refused: another value at that time."
        )
        self.out_of_order = self._counter(
            "scrapes_sample_out_of_order", "Samples refused: older than the newest one."
        )
        self.out_of_bounds = self._counter(
            "scrapes_sample_out_of_bounds", "Samples refused: too old or in the future."
        )
        self.series_refused = Counter(
            "narthex_scrape_series_refused",
            "Samples refused: their series would be one more than the store may hold.",
            registry=self._registry,
        )
        self.commits_failed = Counter(
            "narthex_scrape_commits_failed",
            "Scrapes that the store could not write.",
            registry=self._registry,
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(PREFIX + name, text, labels, registry=self._registry)

    def _summary(self, name: str, text: str, *labels: str) -> Summary:
        return Summary(PREFIX + name, text, labels, registry=self._registry)

    def count_rejected(self, counts: Sequence[int]) -> None:
        """Add the samples that the store refused, by `RejectReason`."""
        self.out_of_order.inc(counts[RejectReason.OUT_OF_ORDER])
        self.duplicate_timestamp.inc(counts[RejectReason.DUPLICATE])
        self.out_of_bounds.inc(counts[RejectReason.TOO_OLD] + counts[RejectReason.TOO_FAR_AHEAD])
        self.series_refused.inc(counts[RejectReason.OVER_LIMIT])

    def forget_job(self, job: str) -> None:
        """Drop the labels of a job that is no more."""
        for metric in (
            self.pool_syncs,
            self.pool_targets,
            self.pool_target_limit,
            self.metadata_entries,
            self.metadata_bytes,
            self.sync_length,
            self.sync_failed,
        ):
            metric.remove_by_labels({"scrape_job": job})
