"""A summary that says quantiles, as Prometheus's own do: of the last ten minutes, by one label.

The official client counts and sums only, and dashboards of Prometheus show quantiles. Kept are the
newest observations, so a quantile is exact as long as there are no more of them, and memory is
bounded whatever comes.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

WINDOW_S = 600.0
"""As long as Prometheus's summaries look back."""

OBSERVATIONS_MAX = 1024
"""Per value of the label: ten minutes of one or two a second; 16 KiB."""


@dataclass(slots=True)
class Observations:
    """Of one value of the label: all counted and summed, the newest kept with their times."""

    count: int = 0
    sum: float = 0.0
    newest: deque[tuple[float, float]] = field(
        default_factory=lambda: deque(maxlen=OBSERVATIONS_MAX)
    )

    def add(self, at_s: float, value: float) -> None:
        """One more."""
        self.count += 1
        self.sum += value
        self.newest.append((at_s, value))

    def quantiles(self, of: Sequence[float], now_s: float) -> list[float]:
        """The values at these ranks of the window; NaN when it is empty."""
        kept = sorted(value for at_s, value in self.newest if at_s > now_s - WINDOW_S)
        if not kept:
            return [math.nan] * len(of)
        return [kept[max(0, math.ceil(quantile * len(kept)) - 1)] for quantile in of]


class QuantileSummary(Collector):
    """A summary metric with one label, whose `values` are there from the start. Thread-safe.

    Others are there from the moment that they are first asked for with `labels`.
    """

    def __init__(  # noqa: PLR0913 - what a metric is, by name
        self,
        name: str,
        text: str,
        *,
        label: str,
        values: Iterable[str] = (),
        quantiles: Sequence[float],
        now_s: Callable[[], float],
        registry: CollectorRegistry,
    ) -> None:
        self._name, self._text, self._label = name, text, label
        self._quantiles, self._now_s = quantiles, now_s
        self._observed = {value: Observations() for value in values}
        self._lock = threading.Lock()
        registry.register(self)

    def labels(self, value: str) -> OneValue:
        """What observes for this value of the label."""
        with self._lock:
            self._observed.setdefault(value, Observations())
        return OneValue(self, value)

    def observe(self, observations: Iterable[tuple[str, float]]) -> None:
        """Count these, each a value of the label and what was observed there."""
        now_s = self._now_s()
        with self._lock:
            for value, observed in observations:
                self._observed[value].add(now_s, observed)

    def collect(self) -> Iterator[Metric]:
        """The metric as it is now."""
        metric = Metric(self._name, self._text, "summary")
        now_s = self._now_s()
        with self._lock:
            for value, observed in self._observed.items():
                labels = {self._label: value}
                found = observed.quantiles(self._quantiles, now_s)
                for quantile, at in zip(self._quantiles, found, strict=True):
                    metric.add_sample(self._name, {**labels, "quantile": f"{quantile:g}"}, at)
                metric.add_sample(f"{self._name}_sum", labels, observed.sum)
                metric.add_sample(f"{self._name}_count", labels, observed.count)
        yield metric


@dataclass(frozen=True, slots=True)
class OneValue:
    """Observes for one value of a summary's label."""

    summary: QuantileSummary
    value: str

    def observe(self, observed: float) -> None:
        """Count this."""
        self.summary.observe([(self.value, observed)])
