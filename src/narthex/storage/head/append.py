"""Samples into the head: resolve names to refs, then take batches by them.

A commit has three steps: samples are checked and laid into rows that nobody sees yet, the log is
written, the rows are published. A failure before the last step leaves no trace. The usual batch, all of one
layout at one time, is one kernel and one record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.packed_labels import PackedLabels
from narthex.storage.head.head import LAYOUT_SHIFT, Head, HeadLimits
from narthex.storage.head.kernels import assign_columns, check_order, keep_rows, write_row
from narthex.storage.head.layout import COLUMNS_MAX, Draft, Layout
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
from narthex.storage.wal.record import LooseSamples
from narthex.storage.wal.writer import Entry, LooseEntry, RowEntry, WalWriter

ROW_SHARE = 8
"""A row is taken when it fills at least one cell in so many; fewer samples are kept loose."""

_TIME_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Samples:
    """A batch's samples, or those of one group: arrays of equal length, and who they are in it."""

    refs: Refs
    values: NDArray[np.uint64]
    times: NDArray[np.int64]
    at: NDArray[np.int64]


class HeadAppender:
    """The `Appender` of one head."""

    def __init__(
        self,
        head: Head,
        wal: WalWriter,
        limits: HeadLimits,
        now_ms: Callable[[], int],
        metrics: StorageMetrics,
        *,
        sync_each_commit: bool = False,
    ) -> None:
        self._head = head
        self._wal = wal
        self.limits = limits
        self._now_ms = now_ms
        self._metrics = metrics
        self._sync_each_commit = sync_each_commit

    def resolve(self, series: PackedLabels, beside: int = NO_REF) -> Resolution:
        with self._head.writing:
            return self._resolve(series, beside)

    def _resolve(self, series: PackedLabels, beside: int) -> Resolution:
        head, registry = self._head, self._head.registry
        room = _TIME_MAX
        if self.limits.series_max is not None:
            room = max(0, self.limits.series_max - head.live_series)
        rejected = np.zeros(len(series), np.uint8)
        unnamed = np.diff(series.starts) == 0
        first_new = len(registry)
        # A refused series must not cost memory: at the limit nothing is interned.
        ids = registry.intern(series) if room else registry.find(series)
        ids[unnamed] = -1
        refs = np.where(ids >= 0, registry.refs[ids], np.uint64(NO_REF))
        created = 0
        if room and not refs.all():
            created = self._create(ids, self._home(refs, beside), room)
            refs = np.where(ids >= 0, registry.refs[ids], np.uint64(NO_REF))
        if len(registry) > first_new:
            new = np.arange(first_new, len(registry), dtype=np.int32)
            registry.forget(new[registry.refs[new] == NO_REF])
            head.index_series(first_new, len(registry))
        rejected[refs == NO_REF] = RejectReason.OVER_LIMIT
        rejected[unnamed] = RejectReason.NO_LABELS
        self._metrics.series_refused(int(np.count_nonzero(rejected)))
        return Resolution(refs, rejected, created)

    def _home(self, refs: Refs, beside: int) -> Layout | None:
        """The layout that new series of this call join: the caller's, or that of most known ones."""
        if beside != NO_REF:
            return self._head.layouts.get(beside >> LAYOUT_SHIFT)
        known = refs[refs != NO_REF]
        if known.size * 2 < refs.size:
            return None
        numbers, counts = np.unique(known >> LAYOUT_SHIFT, return_counts=True)
        return self._head.layouts.get(int(numbers[np.argmax(counts)]))

    def _create(self, ids: NDArray[np.int32], layout: Layout | None, room: int) -> int:
        head = self._head
        left = room
        while left:
            if layout is None or layout.columns >= COLUMNS_MAX:
                layout = head.new_layout()
            created = np.empty(ids.size, np.int32)
            count = assign_columns(
                ids, head.registry.refs, layout.number, layout.columns,
                min(left, COLUMNS_MAX - layout.columns), created,
            )  # fmt: skip
            if not count:
                break
            layout.extend(created[:count].copy())
            left -= count
        if layout is not None and not layout.columns:
            del head.layouts[layout.number]
        made = room - left
        head.live_series += made
        self._metrics.series_created(made)
        return made

    def commit(self, batch: Batch) -> Receipt:
        rejected = np.zeros(batch.refs.size, np.uint8)
        with self._head.writing:
            position = self._commit(batch, rejected)
        if self._sync_each_commit:
            self._wal.wait_durable(position)
        self._metrics.samples_rejected(rejected)
        return Receipt(position, rejected)

    def _commit(self, batch: Batch, rejected: NDArray[np.uint8]) -> Position:
        values = np.ascontiguousarray(batch.values, np.float64).view(np.uint64)
        refs = np.ascontiguousarray(batch.refs, np.uint64)
        drafts: dict[int, Draft] = {}
        entries: list[Entry] = []
        try:
            if not self._take_as_row(refs, values, batch.times, rejected, drafts, entries):
                times = np.broadcast_to(batch.times, refs.shape)
                self._take_by_layout(refs, values, times, rejected, drafts, entries)
            position = self._wal.commit(entries) if entries else self._wal.position
        except BaseException:
            for draft in drafts.values():
                draft.withdraw()
            raise
        changed = [draft for draft in drafts.values() if draft.samples]
        self._head.publish(changed)
        self._metrics.samples_appended(sum(draft.samples for draft in changed))
        return position

    def _bounds_ms(self) -> tuple[int, int]:
        """The oldest and the newest time that a sample may have now."""
        head, limits = self._head, self.limits
        oldest = max(head.truncated_ms, head.refused_before_ms)
        if limits.behind_ms is not None and not head.is_empty:
            oldest = max(oldest, head.max_time_ms - limits.behind_ms)
        newest = _TIME_MAX if limits.ahead_ms is None else self._now_ms() + limits.ahead_ms
        return oldest, newest

    def _take_as_row(
        self,
        refs: Refs,
        values: NDArray[np.uint64],
        times: NDArray[np.int64],
        rejected: NDArray[np.uint8],
        drafts: dict[int, Draft],
        entries: list[Entry],
    ) -> bool:
        """The usual case: one layout, one time, later than all it has. False: it is not that."""
        if times.size != 1 or refs.size == 0:
            return False
        time_ms = int(times[0])
        layout = self._head.layouts.get(int(refs[0]) >> LAYOUT_SHIFT)
        oldest, newest = self._bounds_ms()
        if (
            layout is None
            or time_ms <= layout.newest_time_ms
            or not oldest <= time_ms <= newest
            or refs.size * ROW_SHARE < layout.columns
        ):
            return False
        draft = drafts[layout.number] = layout.draft()
        return _lay_row(draft, refs, values, time_ms, rejected, entries)

    def _take_by_layout(
        self,
        refs: Refs,
        values: NDArray[np.uint64],
        times: NDArray[np.int64],
        rejected: NDArray[np.uint8],
        drafts: dict[int, Draft],
        entries: list[Entry],
    ) -> None:
        """Any batch: samples by layout, and within it rows where they make rows, the rest loose."""
        oldest, newest = self._bounds_ms()
        rejected[times < oldest] = RejectReason.TOO_OLD
        rejected[times > newest] = RejectReason.TOO_FAR_AHEAD
        order = np.lexsort((refs, times, refs >> LAYOUT_SHIFT))
        order = order[rejected[order] == 0]
        numbers = (refs >> LAYOUT_SHIFT)[order]
        for part in np.split(order, np.flatnonzero(np.diff(numbers)) + 1):
            if not part.size:
                continue
            layout = self._head.layouts.get(int(refs[part[0]]) >> LAYOUT_SHIFT)
            if layout is None:
                rejected[part] = RejectReason.UNKNOWN_REF
                continue
            draft = drafts.get(layout.number) or layout.draft()
            drafts[layout.number] = draft
            samples = _Samples(refs[part], values[part], times[part], part)
            _take_layout(draft, samples, rejected, entries)


def _take_layout(
    draft: Draft, samples: _Samples, rejected: NDArray[np.uint8], entries: list[Entry]
) -> None:
    """Samples of one layout, sorted by time."""
    columns = draft.layout.columns
    rows: list[_Samples] = []
    loose: list[NDArray[np.int64]] = []
    newest_row_ms = draft.newest_row_ms
    cuts = np.flatnonzero(np.diff(samples.times)) + 1
    bounds = [0, *cuts.tolist(), samples.times.size]
    for start, end in zip(bounds, bounds[1:], strict=False):
        time_ms = int(samples.times[start])
        if time_ms > newest_row_ms and (end - start) * ROW_SHARE >= columns:
            rows.append(_slice(samples, np.arange(start, end)))
        else:
            loose.append(np.arange(start, end))
    if loose:
        _lay_loose(draft, _slice(samples, np.concatenate(loose)), rejected, entries)
    for row in rows:
        reasons = np.zeros(row.at.size, np.uint8)
        if int(row.times[0]) <= draft.layout.newest_time_ms:
            repeated = _check(draft, row, reasons)
            row, reasons = _without(row, reasons, repeated, rejected)  # noqa: PLW2901
        if row.at.size:
            _lay_row(draft, row.refs, row.values, int(row.times[0]), reasons, entries)
            rejected[row.at] = reasons


def _lay_row(
    draft: Draft,
    refs: Refs,
    values: NDArray[np.uint64],
    time_ms: int,
    rejected: NDArray[np.uint8],
    entries: list[Entry],
) -> bool:
    """One more row; False, and no trace, when some refs are of another layout."""
    layout = draft.layout
    row = draft.begin_row()
    accepted = write_row(
        refs, values, layout.number, layout.series, row, draft.open.matrix, draft.open.present,
        rejected,
    )  # fmt: skip
    if accepted < 0:
        keep_rows(draft.open.present, row)
        rejected[:] = 0
        return False
    draft.end_row(time_ms, accepted)
    if accepted:
        logged = draft.logged_row(row, accepted)
        entries.append(RowEntry(layout, logged, draft.row_before(row, logged)))
    return True


def _lay_loose(
    draft: Draft, samples: _Samples, rejected: NDArray[np.uint8], entries: list[Entry]
) -> None:
    by_column = _slice(samples, np.lexsort((samples.times, samples.refs)))
    reasons = np.zeros(by_column.at.size, np.uint8)
    repeated = _check(draft, by_column, reasons)
    taken, _ = _without(by_column, reasons, repeated, rejected)
    if taken.at.size:
        columns = (taken.refs & np.uint64(0xFFFFFFFF)).astype(np.int32)
        loose = LooseSamples(columns, taken.times, taken.values)
        draft.add_loose(loose)
        entries.append(LooseEntry(draft.layout, loose))


def _check(draft: Draft, samples: _Samples, reasons: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reject what is not later than its column's newest; returns what repeats it."""
    repeated = np.zeros(samples.at.size, np.uint8)
    layout, state = draft.layout, draft.layout.state
    check_order(
        samples.refs, samples.times, samples.values, layout.series,
        state.open.matrix, state.open.present, state.open.times, state.rows,
        layout.newest_ms, layout.newest_values, reasons, repeated,
    )  # fmt: skip
    return repeated


def _without(
    samples: _Samples,
    reasons: NDArray[np.uint8],
    repeated: NDArray[np.uint8],
    rejected: NDArray[np.uint8],
) -> tuple[_Samples, NDArray[np.uint8]]:
    """The samples neither rejected nor repeated; the reasons of the others are written down."""
    rejected[samples.at] = reasons
    taken = np.flatnonzero((reasons == 0) & (repeated == 0))
    return _slice(samples, taken), np.zeros(taken.size, np.uint8)


def _slice(samples: _Samples, at: NDArray[np.int64]) -> _Samples:
    return _Samples(
        samples.refs[at], samples.values[at], samples.times[at], samples.at[at]
    )


