"""What a query cost, under Prometheus's names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statistics:
    """Times in seconds; samples read, looked at by steps and windows, and held at most."""

    queue_s: float
    preparation_s: float
    evaluation_s: float
    sorting_s: float
    samples_read: int
    samples_seen: int
    samples_peak: int

    def as_dict(self, detailed: bool) -> dict[str, object]:  # noqa: FBT001 - `stats=all` or not
        """As `stats` of the HTTP API has it; `detailed` is `stats=all`."""
        total_s = self.preparation_s + self.evaluation_s + self.sorting_s
        samples: dict[str, object] = {
            "totalQueryableSamples": self.samples_seen,
            "peakSamples": self.samples_peak,
        }
        if detailed:
            samples["samplesRead"] = self.samples_read
        return {
            "timings": {
                "evalTotalTime": total_s,
                "resultSortTime": self.sorting_s,
                "queryPreparationTime": self.preparation_s,
                "innerEvalTime": self.evaluation_s,
                "execQueueTime": self.queue_s,
                "execTotalTime": self.queue_s + total_s,
            },
            "samples": samples,
        }
