"""The series of a test file in a store, and what no store holds yet.

Floats go through the appender like anybody's samples; native histograms and start timestamps are
kept beside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from narthex.cli.tool.promql_test.commands import Load
from narthex.cli.tool.promql_test.histogram_store import HistogramStore
from narthex.cli.tool.promql_test.nhcb import collated
from narthex.cli.tool.promql_test.points import Point
from narthex.cli.tool.promql_test.start_time_store import StartTimeStore
from narthex.model.labels import Labels
from narthex.model.matcher import Matcher
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.model.value import STALE_NAN_BITS, is_stale
from narthex.storage.interface import Batch, RejectReason, SelectHints, Selection, Storage


class LoadRefused(ValueError):
    """The store did not take a sample of a load."""


@dataclass(slots=True)
class ScriptStore:
    """A store of one test file, as a `Queryable`."""

    storage: Storage
    histograms: HistogramStore = field(default_factory=HistogramStore)
    start_times: StartTimeStore = field(default_factory=StartTimeStore)

    def load(self, load: Load) -> None:
        """Add the series of one `load`. Raises LoadRefused and BadItem."""
        series = {labels: loaded.points for labels, loaded in load.series.items()}
        for labels, loaded in load.series.items():
            self.start_times.add(labels, loaded.start_offsets, load.step_ms)
        if load.with_nhcb:
            series |= collated(series)
        for labels, points in series.items():
            found = {
                i * load.step_ms: point.histogram
                for i, point in enumerate(points)
                if point.histogram is not None
            }
            if found:
                floats = [i * load.step_ms for i, point in enumerate(points) if _is_float(point)]
                self.histograms.add(labels, found, floats)
        self._append(series, load.step_ms)

    def _append(self, series: Mapping[Labels, list[Point]], step_ms: int) -> None:
        named = [labels for labels, points in series.items() if any(map(_is_float, points))]
        if not named:
            return
        appender = self.storage.appender(DEFAULT_TENANT)
        resolution = appender.resolve(PackedLabels.from_labels(named))
        _check(resolution.rejected.tolist(), named)
        for time_ms, rows, values in _columns([series[labels] for labels in named], step_ms):
            times = np.array([time_ms], np.int64)
            batch = Batch(DEFAULT_TENANT, resolution.refs[rows], times, _floats(values))
            receipt = appender.commit(batch)
            _check(receipt.rejected.tolist(), [named[row] for row in rows])

    def select(
        self,
        tenant: TenantId,
        matchers: Sequence[Matcher],
        start_ms: int,
        end_ms: int,
        hints: SelectHints = SelectHints(),  # noqa: B008 - frozen
    ) -> Selection:
        """As `Queryable`."""
        floats = self.storage.select(tenant, matchers, start_ms, end_ms, hints)
        return self.start_times.put_to(self.histograms.beside(floats, matchers))

    def label_names(
        self, tenant: TenantId, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> list[str]:
        """As `Queryable`."""
        return self.storage.label_names(tenant, matchers, start_ms, end_ms)

    def label_values(
        self, tenant: TenantId, name: str, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> list[str]:
        """As `Queryable`."""
        return self.storage.label_values(tenant, name, matchers, start_ms, end_ms)


def _is_float(point: Point) -> bool:
    return point.value is not None


def _columns(
    series: Sequence[list[Point]], step_ms: int
) -> Iterator[tuple[int, list[int], list[float]]]:
    """Time, rows and values of each batch: what a scrape of all series would have brought."""
    by_place: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
    for row, points in enumerate(series):
        for i, point in enumerate(points):
            if point.value is not None:
                by_place[i].append((row, point.value))
    for i in sorted(by_place):
        rows, values = zip(*by_place[i], strict=True)
        yield i * step_ms, list(rows), list(values)


def _floats(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The values with the stale marker's bits, which a NaN on its way may lose, put back."""
    floats = np.array(values, np.float64)
    floats.view(np.uint64)[is_stale(floats)] = STALE_NAN_BITS
    return floats


def _check(rejected: Sequence[int], series: Sequence[Labels]) -> None:
    for reason, labels in zip(rejected, series, strict=True):
        if reason:
            refused = RejectReason(reason).name.lower().replace("_", " ")
            raise LoadRefused(f"cannot load {labels}: {refused}")
