"""The engine tests' store in memory, with an appender: a whole `Storage` without a file."""

from __future__ import annotations

import numpy as np

from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import TenantId
from narthex.storage.interface import (
    Batch,
    HeadStatistics,
    Position,
    Receipt,
    RejectReason,
    Resolution,
    Statistics,
)
from tests.promql.memory_store import MemoryStore, Series


class AppendableStore(MemoryStore):
    """A `MemoryStore` that its user fills through the contract."""

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[Labels, int] = {}

    def appender(self, tenant: TenantId) -> AppendableStore:
        return self

    def resolve(self, series: PackedLabels) -> Resolution:
        refs = []
        before = len(self.series)
        for labels in series.to_labels():
            if labels not in self._places:
                self._places[labels] = len(self.series)
                self.series.append(Series(labels, np.zeros(0, np.int64), np.zeros(0)))
            refs.append(self._places[labels] + 1)
        rejected = np.zeros(len(refs), np.uint8)
        return Resolution(np.array(refs, np.uint64), rejected, len(self.series) - before)

    def commit(self, batch: Batch) -> Receipt:
        rejected = np.zeros(batch.refs.size, np.uint8)
        times = np.broadcast_to(batch.times, batch.refs.shape)
        for i, ref in enumerate(batch.refs.tolist()):
            series = self.series[ref - 1]
            if series.times.size and series.times[-1] > times[i]:
                rejected[i] = RejectReason.OUT_OF_ORDER
                continue
            if series.times.size and series.times[-1] == times[i]:
                same = series.values[-1:].view(np.uint64) == batch.values[i : i + 1].view(np.uint64)
                rejected[i] = RejectReason.ACCEPTED if same.all() else RejectReason.DUPLICATE
                continue
            self.series[ref - 1] = Series(
                series.labels,
                np.append(series.times, times[i]),
                np.append(series.values, batch.values[i : i + 1]),
            )
        return Receipt(Position(0, 0), rejected)

    def statistics(self, tenant: TenantId, limit: int) -> Statistics:
        return Statistics(HeadStatistics(len(self.series), 0, 0, 0, 0))
