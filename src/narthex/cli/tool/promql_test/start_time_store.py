"""Start timestamps of a test file, kept beside the store and put to its samples when read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.storage.interface import Columns, Selection, Want

NO_START_MS = 0


@dataclass(slots=True)
class StartTimeStore:
    """For each series with start timestamps those of its samples, by their time; both in ms."""

    series: defaultdict[Labels, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, labels: Labels, offsets: Sequence[int | None], step_ms: int) -> None:
        """Sample i is at `i * step_ms`, and its start so many ms from there (None: unknown)."""
        starts = {
            i * step_ms: i * step_ms + offset
            for i, offset in enumerate(offsets)
            if offset is not None
        }
        if starts:
            self.series[labels].update(starts)

    def put_to(self, samples: Selection) -> Selection:
        """The same selection, with start times where some of its series have them."""
        if not self.series:
            return samples
        starts = [self.series.get(labels, {}) for labels in samples.labels.to_labels()]
        if not any(starts):
            return samples
        return WithStartTimes(samples.labels, samples.samples_per_series, samples, starts)


@dataclass(frozen=True, slots=True)
class WithStartTimes:
    """A `Selection`: `samples`, and for each of its series the starts by the times of samples."""

    labels: LabelTable
    samples_per_series: float
    samples: Selection
    starts: Sequence[Mapping[int, int]]

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want = Want.VALUES
    ) -> Columns:
        """As `Selection`."""
        columns = self.samples.read(rows, start_ms, end_ms, want)
        counts = np.diff(columns.starts).tolist()
        start_times = np.zeros(columns.values.size, np.int64)
        for i, row in enumerate(rows.tolist()):
            at = int(columns.times_at[i])
            times = columns.times[at : at + counts[i]].tolist()
            start_times[columns.starts[i] : columns.starts[i + 1]] = [
                self.starts[row].get(time_ms, NO_START_MS) for time_ms in times
            ]
        return replace(columns, start_times=start_times)
