"""What storage says of itself: Prometheus's `prometheus_tsdb_*` where the meaning is the same.

Counters are counted where things happen; gauges are looked up when asked for, over all TSDBs of the
process. What Prometheus has no name for is called `narthex_tsdb_*`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Summary

from narthex.storage.interface import RejectReason

PROMETHEUS = "prometheus_tsdb_"
OWN = "narthex_tsdb_"


class Observed(Protocol):
    """What the gauges look up in each TSDB."""

    def gauges(self) -> dict[str, float]:
        """Present figures by the name of their gauge; absent ones count as nothing."""


SUMMED = {
    "head_series": "Total number of series in the head.",
    "head_chunks": "Total number of runs of rows in the head.",
    "blocks_loaded": "Number of currently loaded data blocks.",
    "storage_blocks_bytes": "Bytes that are currently used for local storage by all blocks.",
    "symbol_table_size_bytes": "Size of the symbol tables in memory.",
    "wal_storage_size_bytes": "Size of the write-ahead log.",
}
SMALLEST = {
    "head_min_time": "Minimum time bound of the head, in milliseconds.",
    "head_min_time_seconds": "Minimum time bound of the head, in seconds.",
    "lowest_timestamp": "Lowest timestamp stored, in milliseconds.",
    "lowest_timestamp_seconds": "Lowest timestamp stored, in seconds.",
}
LARGEST = {
    "head_max_time": "Maximum timestamp of the head, in milliseconds.",
    "head_max_time_seconds": "Maximum timestamp of the head, in seconds.",
    "wal_segment_current": "The segment that the log is writing to.",
    "retention_limit_bytes": "Max number of bytes to be retained in the tsdb blocks, 0: no limit.",
    "retention_limit_seconds": "How long to retain samples in storage, 0: no limit.",
    "data_replay_duration_seconds": "Time taken to replay the data on disk.",
}


class StorageMetrics:
    """The metrics of one process's storage, in the registry given (by default one of its own)."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._registry = registry if registry is not None else CollectorRegistry()
        self._observed: Callable[[], Iterable[Observed]] = tuple
        self._make_counters_of_samples()
        self._make_counters_of_the_log()
        self._make_counters_of_blocks()
        for names, combine in ((SUMMED, sum), (SMALLEST, _least), (LARGEST, _greatest)):
            for name, text in names.items():
                gauge = Gauge(PROMETHEUS + name, text, registry=self._registry)
                gauge.set_function(partial(self._combined, combine, name))

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self._registry)

    def _summary(self, name: str, text: str) -> Summary:
        return Summary(name, text, registry=self._registry)

    def _make_counters_of_samples(self) -> None:
        counter = self._counter
        appended = counter(f"{PROMETHEUS}head_samples_appended", "Samples appended.", "type")
        self._appended = appended.labels("float")
        self._created = counter(f"{PROMETHEUS}head_series_created", "Series created.")
        self._removed = counter(f"{PROMETHEUS}head_series_removed", "Series removed.")
        self._refused = counter(f"{OWN}refused_series", "New series that were not taken.")
        self._named = {
            reason: counter(f"{PROMETHEUS}{name}", text, "type").labels("float")
            for reason, name, text in (
                (RejectReason.OUT_OF_ORDER, "out_of_order_samples", "Samples out of order."),
                (RejectReason.TOO_OLD, "out_of_bound_samples", "Samples too old for the head."),
            )
        }
        by_reason = counter(f"{OWN}rejected_samples", "Samples not taken, by reason.", "reason")
        self._by_reason = {
            reason: by_reason.labels(reason.name.lower())
            for reason in RejectReason
            if reason is not RejectReason.ACCEPTED
        }

    def _make_counters_of_the_log(self) -> None:
        counter = self._counter
        self.wal_corruptions = counter(f"{PROMETHEUS}wal_corruptions", "Gaps in the log.")
        self.wal_writes_failed = counter(f"{PROMETHEUS}wal_writes_failed", "Failed writes.")
        self.wal_fsync_seconds = self._summary(
            f"{PROMETHEUS}wal_fsync_duration_seconds", "Duration of syncs of the log."
        )
        self.wal_torn_bytes = counter(f"{OWN}wal_torn_bytes", "Bytes of torn tails, cut.")
        self.wal_parts_set_aside = counter(
            f"{OWN}wal_parts_set_aside", "Rows in the log whose layout is not the one they name."
        )

    def _make_counters_of_blocks(self) -> None:
        counter = self._counter
        self.truncations = counter(f"{PROMETHEUS}head_truncations", "Truncations of the head.")
        self.truncation_seconds = self._summary(
            f"{PROMETHEUS}head_gc_duration_seconds", "Duration of truncations of the head."
        )
        self.compactions = counter(f"{PROMETHEUS}compactions", "Blocks cut or merged.")
        self.compactions_failed = counter(f"{PROMETHEUS}compactions_failed", "Failures to do so.")
        self.compaction_seconds = Histogram(
            f"{PROMETHEUS}compaction_duration_seconds",
            "Duration of cutting or merging a block.",
            buckets=[2.0**k for k in range(14)],
            registry=self._registry,
        )
        self.time_retentions = counter(f"{PROMETHEUS}time_retentions", "Blocks removed for age.")
        self.size_retentions = counter(f"{PROMETHEUS}size_retentions", "Blocks removed for size.")
        self.sealing_failed = counter(
            f"{OWN}sealing_failed", "Failures to write rows to the head's file."
        )

    def watch(self, observed: Callable[[], Iterable[Observed]]) -> None:
        """Gauges are from now on those of what `observed` returns."""
        self._observed = observed

    def _combined(self, combine: Callable[[list[float]], float], name: str) -> float:
        found = (tsdb.gauges().get(name) for tsdb in self._observed())
        return combine([value for value in found if value is not None])

    def samples_appended(self, count: int) -> None:
        """Samples that became visible."""
        self._appended.inc(count)

    def samples_rejected(self, rejected: NDArray[np.uint8]) -> None:
        """Count the samples of a batch that were not taken, by reason."""
        if not rejected.any():
            return
        counts = np.bincount(rejected, minlength=len(RejectReason)).tolist()
        for reason, counter in self._by_reason.items():
            if counts[reason]:
                counter.inc(counts[reason])
                if reason in self._named:
                    self._named[reason].inc(counts[reason])

    def series_created(self, count: int) -> None:
        """Series new in the head."""
        self._created.inc(count)

    def series_removed(self, count: int) -> None:
        """Series that left the head."""
        self._removed.inc(count)

    def series_refused(self, count: int) -> None:
        """New series that were not taken."""
        if count:
            self._refused.inc(count)


def _least(values: list[float]) -> float:
    return min(values, default=0.0)


def _greatest(values: list[float]) -> float:
    return max(values, default=0.0)
