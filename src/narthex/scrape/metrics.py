"""What scraping says of itself, under Prometheus's names."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Summary

from narthex.storage.interface import RejectReason


class ScrapeMetrics:
    """The `prometheus_target_*` metrics of one process, and what is ours beside them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, registry=registry)

        def summary(name: str, text: str, *labels: str) -> Summary:
            return Summary(name, text, labels, registry=registry)

        prefix = "prometheus_target_"
        self.interval_length = summary(
            f"{prefix}interval_length_seconds", "Actual intervals between scrapes.", "interval"
        )
        self.reload_length = summary(
            f"{prefix}reload_length_seconds", "How long reloads of a job took.", "interval"
        )
        self.pools = counter(f"{prefix}scrape_pools", "Pools of targets created.")
        self.pools_failed = counter(f"{prefix}scrape_pools_failed", "Pools that failed to start.")
        self.pool_reloads = counter(f"{prefix}scrape_pool_reloads", "Jobs reloaded.")
        self.pool_reloads_failed = counter(
            f"{prefix}scrape_pool_reloads_failed", "Jobs that failed to reload."
        )
        self.pool_syncs = counter(
            f"{prefix}scrape_pool_sync", "Updates of a job's targets.", "scrape_job"
        )
        self.pool_targets = gauge(
            f"{prefix}scrape_pool_targets", "Targets of a job at present.", "scrape_job"
        )
        self.pool_target_limit = gauge(
            f"{prefix}scrape_pool_target_limit", "Targets a job may have.", "scrape_job"
        )
        self.exceeded_target_limit = counter(
            f"{prefix}scrape_pool_exceeded_target_limit", "Updates that brought too many targets."
        )
        self.exceeded_label_limits = counter(
            f"{prefix}scrape_pool_exceeded_label_limits", "Scrapes refused for a limit of labels."
        )
        self.sync_length = summary(
            f"{prefix}sync_length_seconds", "How long updates of targets took.", "scrape_job"
        )
        self.sync_failed = counter(
            f"{prefix}sync_failed", "Targets that could not be made of their labels.", "scrape_job"
        )
        self.exceeded_sample_limit = counter(
            f"{prefix}scrapes_exceeded_sample_limit", "Scrapes refused for their samples."
        )
        self.exceeded_body_size_limit = counter(
            f"{prefix}scrapes_exceeded_body_size_limit", "Scrapes refused for their size."
        )
        self.exceeded_bucket_limit = counter(
            f"{prefix}scrapes_exceeded_native_histogram_bucket_limit",
            "Scrapes refused for their native histograms.",
        )
        self.duplicate_timestamp = counter(
            f"{prefix}scrapes_sample_duplicate_timestamp",
            "Samples refused: another value at the same time.",
        )
        self.out_of_order = counter(
            f"{prefix}scrapes_sample_out_of_order", "Samples refused: older than the newest one."
        )
        self.out_of_bounds = counter(
            f"{prefix}scrapes_sample_out_of_bounds", "Samples refused: too old or in the future."
        )
        self.series_refused = counter(
            "narthex_scrape_series_refused", "New series refused for the limit of series."
        )
        self.commits_failed = counter(
            "narthex_scrape_commits_failed", "Scrapes that the store could not write."
        )

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
            self.sync_length,
            self.sync_failed,
        ):
            metric.remove_by_labels({"scrape_job": job})
