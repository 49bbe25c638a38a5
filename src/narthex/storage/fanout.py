"""Reads of one tenant over all of its shards.

A series lives in one shard only, so selections are laid side by side and never matched. Shards
have symbol tables of their own; labels are brought into the first one's where there is more than
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.symbols import SymbolReader
from narthex.storage.interface import Columns, Selection, Want


def fan_out(selections: Sequence[Selection]) -> Selection:
    """One selection of the series of several shards, one after the other."""
    assert selections
    if len(selections) == 1:
        return selections[0]
    tables = [selection.labels for selection in selections]
    symbols = tables[0].symbols
    labels = LabelTable.concat([_in_symbols(table, symbols) for table in tables])
    first_rows = np.cumsum([0, *(len(table) for table in tables)])
    return FannedSelection(labels, tuple(selections), first_rows)


def _in_symbols(table: LabelTable, symbols: SymbolReader) -> LabelTable:
    if table.symbols is symbols:
        return table
    columns = {}
    for name, column in table.columns.items():
        distinct, at = np.unique(column, return_inverse=True)
        texts = table.symbols.texts(distinct)
        own = np.array([symbols.intern(text) for text in texts], np.int32)
        columns[name] = own[at]
    return LabelTable(symbols, columns, table.size)


@dataclass(frozen=True, slots=True)
class FannedSelection:
    """Rows of shard `s` are `first_rows[s]` to `first_rows[s + 1]`."""

    labels: LabelTable
    shards: tuple[Selection, ...]
    first_rows: NDArray[np.int64]

    @property
    def samples_per_series(self) -> float:
        return max(shard.samples_per_series for shard in self.shards)

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want = Want.VALUES
    ) -> Columns:
        cuts = np.searchsorted(rows, self.first_rows)
        parts = [
            shard.read(rows[cuts[s] : cuts[s + 1]] - self.first_rows[s], start_ms, end_ms, want)
            for s, shard in enumerate(self.shards)
        ]
        return side_by_side(parts)


def side_by_side(parts: Sequence[Columns]) -> Columns:
    """The series of several columns, one after the other."""
    starts = [np.zeros(1, np.int64)]
    times_at = []
    samples = times = 0
    for part in parts:
        starts.append(part.starts[1:] - part.starts[0] + samples)
        times_at.append(part.times_at + times)
        samples += part.samples - int(part.starts[0])
        times += part.times.size
    values = [part.values[part.starts[0] : part.starts[-1]] for part in parts]
    return Columns(
        np.concatenate(starts),
        np.concatenate(values),
        np.concatenate(times_at),
        np.concatenate([part.times for part in parts]),
        blank=all(part.blank for part in parts),
    )
