"""A selection over plain dictionaries: the obvious storage that blocks are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.matcher import Matcher
from narthex.model.symbols import Symbols
from narthex.model.value import STALE_NAN_BITS
from narthex.storage.interface import Columns, Selection, Want

Samples = Mapping[Labels, Sequence[tuple[int, int]]]
"""Of each series (time in ms, bits of the value), ascending."""


@dataclass
class DictSelection:
    """A `Selection` in the order of the dictionary."""

    symbols: Symbols
    samples: Samples

    @property
    def labels(self) -> LabelTable:
        return LabelTable.from_labels(self.symbols, list(self.samples))

    @property
    def samples_per_series(self) -> float:
        return sum(map(len, self.samples.values())) / max(1, len(self.samples))

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want = Want.VALUES
    ) -> Columns:
        every = list(self.samples.values())
        parts = [[s for s in every[row] if start_ms <= s[0] <= end_ms] for row in rows.tolist()]
        starts = np.cumsum([0, *map(len, parts)]).astype(np.int64)
        words = np.array([word for part in parts for _, word in part], np.uint64)
        if want is Want.PRESENCE:
            words[words != STALE_NAN_BITS] = 0
        times = np.array([time for part in parts for time, _ in part], np.int64)
        return Columns(starts, words.view(np.float64), starts[:-1], times)


def samples_in(
    samples: Samples, start_ms: int, end_ms: int, matchers: Sequence[Matcher] = ()
) -> dict[Labels, list[tuple[int, int]]]:
    """What a query should see: series with samples in [start, end] that match."""
    found = {
        labels: [sample for sample in held if start_ms <= sample[0] <= end_ms]
        for labels, held in samples.items()
        if all(matcher.matches(labels.get(matcher.name)) for matcher in matchers)
    }
    return {labels: held for labels, held in found.items() if held}


def read_all(
    selection: Selection, start_ms: int, end_ms: int, want: Want = Want.VALUES
) -> dict[Labels, list[tuple[int, int]]]:
    """All samples of a selection in [start, end], series without any left out."""
    return read_rows(selection, np.arange(selection.labels.size), start_ms, end_ms, want)


def read_rows(
    selection: Selection, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want
) -> dict[Labels, list[tuple[int, int]]]:
    """The same for some rows."""
    columns = selection.read(rows, start_ms, end_ms, want)
    words = np.ascontiguousarray(columns.values).view(np.uint64)
    found = {}
    for k, labels in enumerate(selection.labels.take(rows).to_labels()):
        start, end = columns.starts[k : k + 2].tolist()
        at = int(columns.times_at[k])
        times = columns.times[at : at + end - start].tolist()
        if times:
            found[labels] = list(zip(times, words[start:end].tolist(), strict=True))
    return found
