"""Samples into the head: resolve names to refs, then take batches by them.

A commit has three steps: samples are checked and laid into rows that nobody sees yet, the log is
written, the rows are published. A failure before the last step leaves no trace. The usual batch,
all of one layout at one time, is one kernel and one record.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from narthex.model.packed_labels import PackedLabels
from narthex.storage.head.head import LAYOUT_SHIFT, Head, HeadLimits
from narthex.storage.head.kernels import assign_columns
from narthex.storage.head.laying import Laying, Samples
from narthex.storage.head.layout import COLUMNS_MAX, Layout
from narthex.storage.interface import (
    NO_REF,
    Batch,
    Position,
    Receipt,
    Refs,
    RejectReason,
    Resolution,
)
from narthex.storage.metrics import StorageMetrics
from narthex.storage.wal.writer import WalWriter

_TIME_MAX_MS = 2**62
"""Times beyond, before or after the epoch, are refused: sums and differences of times fit int64."""
_COUNT_MAX = 2**62


class HeadAppender:
    """The `Appender` of one head."""

    def __init__(
        self,
        head: Head,
        wal: WalWriter,
        limits: HeadLimits,
        now_ms: Callable[[], int],
        metrics: StorageMetrics,
    ) -> None:
        self._head = head
        self._wal = wal
        self.limits = limits
        self._now_ms = now_ms
        self._metrics = metrics

    def resolve(self, series: PackedLabels, beside: int = NO_REF) -> Resolution:
        """As `Appender.resolve`."""
        with self._head.writing:
            resolution = self._resolve(series, beside)
        self._metrics.series_created(resolution.created)
        self._metrics.series_refused(int(np.count_nonzero(resolution.rejected)))
        return resolution

    def _resolve(self, series: PackedLabels, beside: int) -> Resolution:
        head, registry = self._head, self._head.registry
        room = _COUNT_MAX
        if self.limits.series_max is not None:
            room = max(0, self.limits.series_max - head.live_series)
        first_new = len(registry)
        # A refused series must not cost memory: at the limit nothing is interned.
        ids = registry.intern(series) if room else registry.find(series)
        refs = registry.refs_of(ids)
        created = 0
        if room and not refs.all():
            created = self._create(ids, self._home(refs, beside), room)
            refs = registry.refs_of(ids)
        head.index_new_series(first_new)
        rejected = np.zeros(len(series), np.uint8)
        rejected[refs == NO_REF] = RejectReason.OVER_LIMIT
        rejected[np.diff(series.starts) == 0] = RejectReason.NO_LABELS
        return Resolution(refs, rejected, created)

    def _home(self, refs: Refs, beside: int) -> Layout | None:
        """The layout that new series join: that of `beside`, or of most of the known ones."""
        if beside != NO_REF:
            return self._head.layouts.get(beside >> LAYOUT_SHIFT)
        known = refs[refs != NO_REF]
        if known.size * 2 < refs.size:
            return None
        numbers, counts = np.unique(known >> LAYOUT_SHIFT, return_counts=True)
        return self._head.layouts.get(int(numbers[np.argmax(counts)]))

    def _create(self, ids: NDArray[np.int32], layout: Layout | None, room: int) -> int:
        """Give columns to the series that have none, `room` of them at most; how many got one."""
        head = self._head
        created = np.empty(ids.size, np.int32)
        made = 0
        while made < room:
            if layout is None or layout.columns >= COLUMNS_MAX or layout.is_crowded:
                layout = head.new_layout()
            count = assign_columns(
                ids, head.registry.refs, layout.number, layout.columns,
                min(room - made, COLUMNS_MAX - layout.columns), created,
            )  # fmt: skip
            if not count:
                break
            layout.extend(created[:count])
            made += count
        if layout is not None and not layout.columns:
            del head.layouts[layout.number]
        head.live_series += made
        return made

    def commit(self, batch: Batch) -> Receipt:
        """As `Appender.commit`, but for waiting until it is durable."""
        laying = Laying(np.zeros(batch.refs.size, np.uint8))
        with self._head.writing:
            position = self._commit(batch, laying)
        taken = sum(draft.samples for draft in laying.changed)
        self._metrics.samples_appended(taken)
        if taken < batch.refs.size:
            self._metrics.samples_rejected(laying.rejected)
        return Receipt(position, laying.rejected)

    def _commit(self, batch: Batch, laying: Laying) -> Position:
        try:
            self._lay(batch, laying)
            position = self._wal.commit(laying.entries) if laying.entries else self._wal.position
        except BaseException:
            laying.withdraw()
            raise
        self._head.publish(laying.changed)
        return position

    def _lay(self, batch: Batch, laying: Laying) -> None:
        values = np.ascontiguousarray(batch.values, np.float64).view(np.uint64)
        refs = np.ascontiguousarray(batch.refs, np.uint64)
        oldest, newest = self._bounds_ms()
        if batch.times.size == 1 and refs.size and oldest <= batch.times[0] <= newest:
            layout = self._head.layouts.get(int(refs[0]) >> LAYOUT_SHIFT)
            if layout and laying.take_whole(layout, refs, values, int(batch.times[0])):
                return
        times = np.broadcast_to(batch.times, refs.shape)
        laying.rejected[times < oldest] = RejectReason.TOO_OLD
        laying.rejected[times > newest] = RejectReason.TOO_FAR_AHEAD
        order = np.lexsort((refs, times, refs >> LAYOUT_SHIFT))
        order = order[laying.rejected[order] == 0]
        numbers = (refs >> LAYOUT_SHIFT)[order]
        for part in np.split(order, np.flatnonzero(np.diff(numbers)) + 1):
            if part.size:
                self._lay_part(Samples(refs[part], values[part], times[part], part), laying)

    def _lay_part(self, samples: Samples, laying: Laying) -> None:
        layout = self._head.layouts.get(int(samples.refs[0]) >> LAYOUT_SHIFT)
        if layout is None:
            laying.rejected[samples.at] = RejectReason.UNKNOWN_REF
        else:
            laying.take(layout, samples)

    def _bounds_ms(self) -> tuple[int, int]:
        """The oldest and the newest time that a sample may have now."""
        head, limits = self._head, self.limits
        oldest = max(head.truncated_ms, head.refused_before_ms, -_TIME_MAX_MS)
        if limits.behind_ms is not None and not head.is_empty:
            oldest = max(oldest, head.max_time_ms - limits.behind_ms)
        newest = _TIME_MAX_MS
        if limits.ahead_ms is not None:
            newest = min(newest, self._now_ms() + limits.ahead_ms)
        return oldest, newest
