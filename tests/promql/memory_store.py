"""A store in memory behind `Queryable`: what the engine's tests and benchmarks ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.matcher import Matcher
from narthex.model.symbols import Symbols
from narthex.model.tenant import TenantId
from narthex.storage.interface import Columns, SelectHints, Want


@dataclass(frozen=True, slots=True)
class Series:
    """One series: its samples, ascending in time. Series that share `times` share a timeline.

    `start_times` are in ms, as `Columns` has them.
    """

    labels: Labels
    times: NDArray[np.int64]
    values: NDArray[np.float64]
    start_times: NDArray[np.int64] | None = None


@dataclass
class MemorySelection:
    """The series that matched."""

    labels: LabelTable
    found: list[Series]

    @property
    def samples_per_series(self) -> float:
        return sum(s.times.size for s in self.found) / max(1, len(self.found))

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want = Want.VALUES
    ) -> Columns:
        chosen = [self.found[row] for row in rows.tolist()]
        places: dict[int, tuple[int, int, int]] = {}
        times: list[NDArray[np.int64]] = []
        used = 0
        values, starts, times_at, start_times = [], [0], [], []
        for series in chosen:
            if id(series.times) not in places:
                low, high = np.searchsorted(series.times, [start_ms, end_ms + 1]).tolist()
                places[id(series.times)] = (used, low, high)
                times.append(series.times[low:high])
                used += high - low
            at, low, high = places[id(series.times)]
            times_at.append(at)
            values.append(series.values[low:high])
            if series.start_times is not None:
                start_times.append(series.start_times[low:high])
            starts.append(starts[-1] + high - low)
        return Columns(
            np.array(starts, np.int64),
            np.concatenate([np.zeros(0), *values]),
            np.array(times_at, np.int64),
            np.concatenate([np.zeros(0, np.int64), *times]),
            start_times=np.concatenate(start_times) if start_times else None,
        )


@dataclass
class MemoryStore:
    """Holds series; selects by trying every matcher on each."""

    symbols: Symbols = field(default_factory=Symbols)
    series: list[Series] = field(default_factory=list)

    def add(self, labels: dict[str, str], samples: Sequence[tuple[int, float]]) -> None:
        """One series with times of its own, in seconds."""
        times = np.array([int(t * 1000) for t, _ in samples], np.int64)
        values = np.array([v for _, v in samples], np.float64)
        self.series.append(Series(Labels.of(labels), times, values))

    def add_started(
        self, labels: dict[str, str], samples: Sequence[tuple[int, float, float]]
    ) -> None:
        """As `add`, with each sample's start time as well; either all series have them or none."""
        self.add(labels, [(t, v) for t, v, _ in samples])
        start_times = np.array([int(s * 1000) for _, _, s in samples], np.int64)
        self.series[-1] = replace(self.series[-1], start_times=start_times)

    def select(
        self,
        tenant: TenantId,
        matchers: Sequence[Matcher],
        start_ms: int,
        end_ms: int,
        hints: SelectHints = SelectHints(),  # noqa: B008 - frozen
    ) -> MemorySelection:
        found = [s for s in self.series if all(m.matches(s.labels.get(m.name)) for m in matchers)]
        return MemorySelection(
            LabelTable.from_labels(self.symbols, [s.labels for s in found]), found
        )

    def label_names(
        self, tenant: TenantId, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> list[str]:
        return sorted({name for s in self.series for name, _ in s.labels})

    def label_values(
        self, tenant: TenantId, name: str, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> list[str]:
        return sorted({s.labels.get(name) for s in self.series} - {""})
