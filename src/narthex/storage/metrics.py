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

_P = "prometheus_tsdb_"


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

_COUNTED_AS = {
    RejectReason.OUT_OF_ORDER: "out_of_order_samples",
    RejectReason.TOO_OLD: "out_of_bound_samples",
}


class StorageMetrics:
    """The metrics of one process's storage, in the registry given (by default one of its own)."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry if registry is not None else CollectorRegistry()
        self._observed: Callable[[], Iterable[Observed]] = tuple

        def counter(name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
            return Counter(_P + name, text, labels, registry=registry)

        appended = counter("head_samples_appended", "Total number of appended samples.", ("type",))
        self._appended = appended.labels("float")
        self._created = counter("head_series_created", "Total number of series created.")
        self._removed = counter("head_series_removed", "Total number of series removed.")
        reasons = ("type",)
        by_name = {
            "out_of_order_samples": "Total number of out of order samples.",
            "out_of_bound_samples": "Total number of samples outside of what the head takes.",
        }
        self._rejected = {
            name: counter(name, text, reasons).labels("float") for name, text in by_name.items()
        }
        by_reason = Counter(
            "narthex_tsdb_rejected_samples", "Samples not taken, by reason.", ("reason",),
            registry=registry,
        )  # fmt: skip
        self._by_reason = {
            reason: by_reason.labels(reason.name.lower())
            for reason in RejectReason
            if reason is not RejectReason.ACCEPTED
        }
        self._refused = Counter(
            "narthex_tsdb_refused_series", "New series that were not taken.", registry=registry
        )
        self.wal_corruptions = counter("wal_corruptions", "Total number of WAL corruptions.")
        self.wal_torn_bytes = Counter(
            "narthex_tsdb_wal_torn_bytes", "Bytes of torn tails cut from the log.",
            registry=registry,
        )  # fmt: skip
        self.wal_parts_set_aside = Counter(
            "narthex_tsdb_wal_parts_set_aside",
            "Rows in the log whose layout is not the one they were written for.", registry=registry,
        )  # fmt: skip
        self.wal_writes_failed = counter("wal_writes_failed", "Log writes that failed.")
        self.wal_fsync_seconds = Summary(
            _P + "wal_fsync_duration_seconds", "Duration of write log fsync.", registry=registry
        )
        self.truncations = counter("head_truncations", "Total number of head truncations.")
        self.truncation_seconds = Summary(
            _P + "head_gc_duration_seconds", "Runtime of garbage collection in the head.",
            registry=registry,
        )  # fmt: skip
        self.compactions = counter("compactions", "Total number of compactions that were executed.")
        self.compactions_failed = counter("compactions_failed", "Compactions that failed.")
        self.compaction_seconds = Histogram(
            _P + "compaction_duration_seconds", "Duration of compaction runs.",
            buckets=[2.0**k for k in range(14)], registry=registry,
        )  # fmt: skip
        self.time_retentions = counter(
            "time_retentions", "Blocks deleted because they are older than the retention."
        )
        self.size_retentions = counter(
            "size_retentions", "Blocks deleted because the size limit was exceeded."
        )
        self.sealing_failed = Counter(
            "narthex_tsdb_sealing_failed", "Runs that could not be written to the head's file.",
            registry=registry,
        )  # fmt: skip
        for names, combine in ((SUMMED, sum), (SMALLEST, _least), (LARGEST, _greatest)):
            for name, text in names.items():
                gauge = Gauge(_P + name, text, registry=registry)
                gauge.set_function(partial(self._combined, combine, name))

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
                name = _COUNTED_AS.get(reason)
                if name:
                    self._rejected[name].inc(counts[reason])

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
