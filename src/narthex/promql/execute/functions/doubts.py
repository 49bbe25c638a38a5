"""Texts of the annotations that functions add, in Prometheus's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from narthex.model.labels import BUCKET_LABEL, quote
from narthex.model.value import format_float_general
from narthex.promql.annotations import Annotations
from narthex.promql.position import Span

COUNTER_SUFFIXES = ("_total", "_sum", "_count", "_bucket")
COUNTER_TYPES = ("counter", "histogram")

SORT_IN_RANGE_QUERY = (
    "sort is ineffective for range queries since results are always ordered by labels"
)
FORCED_MONOTONICITY = (
    "input to histogram_quantile needed to be fixed for monotonicity (see "
    "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
)


def invalid_quantile(q: float) -> str:
    """A quantile outside 0 to 1."""
    return f"quantile value should be between 0 and 1, got {format_float_general(q)}"


def is_invalid_quantile(q: float) -> bool:
    """Whether `q` deserves the warning."""
    return not 0 <= q <= 1


def name_of_no_counter(metric: str) -> str:
    """`rate` of something that is not named like a counter."""
    return (
        "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "
        f"{quote(metric)}"
    )


def type_of_no_counter(metric: str, type_: str) -> str:
    """`rate` of something whose `__type__` says that it is no counter."""
    return (
        'metric might not be a counter, __type__ label is not set to "counter" or "histogram", '
        f"got {quote(type_)}: {quote(metric)}"
    )


def overlapping_start_times(metric: str) -> str:
    """A counter that began anew before its last sample was taken."""
    return (
        "sample has start time that overlaps with previous sample timestamp for metric "
        f"{quote(metric)}"
    )


def bad_bucket_label(metric: str, bound: str) -> str:
    """A series among buckets whose `le` is no number."""
    text = f"bucket label {quote(BUCKET_LABEL)} is missing or has a malformed value of "
    return f"{text}{quote(bound)}{_for_metric(metric)}"


@dataclass(slots=True)
class Repair:
    """What was done to make the buckets of one metric monotonic."""

    samples: int
    start_ms: int
    end_ms: int
    lowest_bound: float
    highest_bound: float
    largest_difference: float

    def described(self, metric: str) -> str:
        """The whole annotation."""
        start, end = _rfc3339(self.start_ms), _rfc3339(self.end_ms)
        return (
            f"{FORCED_MONOTONICITY}{_for_metric(metric)}, from buckets "
            f"{format_float_general(self.lowest_bound)} to "
            f"{format_float_general(self.highest_bound)}, "
            f"with a max diff of {self.largest_difference:.2g}, over {self.samples} samples "
            f"from {start} to {end}"
        )


@dataclass(slots=True)
class Repairs:
    """Repairs by metric name, to be told once each."""

    by_metric: dict[str, Repair] = field(default_factory=dict)

    def add(self, metric: str, repair: Repair) -> None:
        """Widen what is known of a metric."""
        known = self.by_metric.setdefault(metric, repair)
        if known is not repair:
            known.samples += repair.samples
            known.start_ms = min(known.start_ms, repair.start_ms)
            known.end_ms = max(known.end_ms, repair.end_ms)
            known.lowest_bound = min(known.lowest_bound, repair.lowest_bound)
            known.highest_bound = max(known.highest_bound, repair.highest_bound)
            known.largest_difference = max(known.largest_difference, repair.largest_difference)

    def tell(self, annotations: Annotations, at: Span) -> None:
        """Add one info for each metric."""
        for metric, repair in self.by_metric.items():
            annotations.info(repair.described(metric), at)


def _for_metric(metric: str) -> str:
    return f" for metric name {quote(metric)}" if metric else ""


def _rfc3339(time_ms: int) -> str:
    seconds = int(time_ms / 1000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
