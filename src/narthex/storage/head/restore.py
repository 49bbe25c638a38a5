"""The head rebuilt from the log at a start.

Layouts keep the numbers they had, so that the log's records go on meaning the same; samples that a
block already holds are passed over. A series that the log names in two layouts left the first
before it came back in the second, so its first column is given up.
"""

from __future__ import annotations

import numpy as np

from narthex.storage.head.head import LAYOUT_SHIFT, Head
from narthex.storage.head.kernels import fill_row, unpack_row
from narthex.storage.head.layout import Draft, Layout
from narthex.storage.head.registry import NO_SERIES
from narthex.storage.interface import NO_REF
from narthex.storage.wal.record import LayoutRecord, LooseSamples, RowSamples
from narthex.storage.wal.replay import Samples

RUNS_WAITING_MAX = 64
"""Complete runs are sealed as they pile up, so that a replay needs no more memory than the head."""


class HeadRestorer:
    """A `Sink` of the log that fills an empty head with what is not before `from_ms`."""

    def __init__(self, head: Head, from_ms: int) -> None:
        self._head = head
        self._from_ms = from_ms
        self._layouts: dict[int, Layout] = {}
        self.samples = 0
        self.rows_set_aside = 0

    def layout(self, record: LayoutRecord) -> None:
        shape = record.shape
        layout = self._layouts.get(shape.layout)
        if layout is None or not layout.continues(record.first, record.hash_before, shape):
            # The same number with other names: what follows in the log belongs to the new ones.
            free = shape.layout not in self._head.layouts
            layout = self._head.new_layout(shape.layout if free else None)
            self._layouts[shape.layout] = layout
        known = layout.columns
        if shape.columns > known:
            self._add_columns(layout, record, known - record.first)

    def _add_columns(self, layout: Layout, record: LayoutRecord, skip: int) -> None:
        head, registry = self._head, self._head.registry
        first_new = len(registry)
        ids = np.maximum(registry.intern(record.series), NO_SERIES)[skip:]
        refs = registry.refs[ids]
        head.live_series += int(np.count_nonzero((refs == NO_REF) & (ids != NO_SERIES)))
        for number in np.unique(refs[refs != NO_REF] >> LAYOUT_SHIFT).tolist():
            moved = refs[refs >> LAYOUT_SHIFT == number] & np.uint64(0xFFFFFFFF)
            head.layouts[number].forget(moved.astype(np.int64))
        first = layout.columns
        layout.extend(ids, record.shape.content_hash)
        new_refs = (layout.number << LAYOUT_SHIFT) + first + np.arange(ids.size)
        registry.refs[ids] = new_refs.astype(np.uint64)
        registry.refs[NO_SERIES] = NO_REF
        head.index_new_series(first_new)

    def commit(self, samples: list[Samples]) -> None:
        drafts: dict[int, Draft] = {}
        for shape, part in samples:
            layout = self._layouts[shape.layout]
            draft = drafts.get(shape.layout) or layout.draft()
            drafts[shape.layout] = draft
            if isinstance(part, LooseSamples):
                self._take_loose(draft, part)
            else:
                self._take_row(draft, part, shape.columns)
        for draft in drafts.values():
            if draft.samples:
                self._head.publish([draft])
                self.samples += draft.samples
        if len(self._head.to_seal) > RUNS_WAITING_MAX:
            self._head.seal()

    def _take_row(self, draft: Draft, row: RowSamples, columns: int) -> None:
        if row.time_ms < self._from_ms:
            return
        if row.time_ms <= draft.newest_row_ms:
            self.rows_set_aside += 1
            return
        at = draft.begin_row()
        if row.present is None:
            fill_row(row.values, at, draft.open.matrix, draft.open.present)
        else:
            unpack_row(row.values, row.present, columns, at, draft.open.matrix, draft.open.present)
        draft.end_row(row.time_ms, row.values.size)

    def _take_loose(self, draft: Draft, samples: LooseSamples) -> None:
        keep = samples.times >= self._from_ms
        if keep.any():
            kept = (samples.columns[keep], samples.times[keep], samples.values[keep])
            draft.add_loose(LooseSamples(*kept))
