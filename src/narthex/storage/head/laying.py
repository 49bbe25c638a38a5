"""One batch on its way into the head: checked, laid into drafts, and described for the log.

Nothing here is seen by readers. Samples of one layout at one time, later than its rows, become a
row; all others (few, late within the layout, of times of their own) are kept loose beside the
rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from narthex.storage.head.kernels import check_order, keep_rows, write_row
from narthex.storage.head.layout import Draft, Layout
from narthex.storage.interface import Refs
from narthex.storage.wal.record import LooseSamples
from narthex.storage.wal.writer import Entry, LooseEntry, RowEntry

ROW_SHARE = 8
"""A row is taken when it fills at least one cell in so many; fewer samples are kept loose."""

_COLUMN = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Samples:
    """Arrays of equal length: refs, values as bits, times, and the place of each in its batch."""

    refs: Refs
    values: NDArray[np.uint64]
    times: NDArray[np.int64]
    at: NDArray[np.int64]

    def take(self, which: NDArray[np.int64]) -> Samples:
        """Those with these indices."""
        return Samples(self.refs[which], self.values[which], self.times[which], self.at[which])


class Laying:
    """The work of one commit; `rejected` uint8[k] collects the reasons of what is not taken."""

    def __init__(self, rejected: NDArray[np.uint8]) -> None:
        self.rejected = rejected
        self.drafts: dict[int, Draft] = {}
        self.entries: list[Entry] = []

    @property
    def changed(self) -> list[Draft]:
        """The drafts that took anything."""
        return [draft for draft in self.drafts.values() if draft.samples]

    def withdraw(self) -> None:
        """Nothing of it happened."""
        for draft in self.drafts.values():
            draft.withdraw()

    def _draft(self, layout: Layout) -> Draft:
        draft = self.drafts.get(layout.number)
        if draft is None:
            draft = self.drafts[layout.number] = layout.draft()
        return draft

    def take_whole(
        self, layout: Layout, refs: Refs, values: NDArray[np.uint64], time_ms: int
    ) -> bool:
        """A batch as one row of `layout`; False, and nothing taken, when it is not that."""
        if time_ms <= layout.newest_time_ms or refs.size * ROW_SHARE < layout.columns:
            return False
        if self._lay_row(self._draft(layout), refs, values, time_ms, self.rejected):
            return True
        self.rejected[:] = 0
        return False

    def take(self, layout: Layout, samples: Samples) -> None:
        """Samples of one layout, sorted by time."""
        draft = self._draft(layout)
        rows: list[Samples] = []
        loose: list[NDArray[np.int64]] = []
        cuts = np.flatnonzero(np.diff(samples.times)) + 1
        for start, end in pairwise([0, *cuts.tolist(), samples.times.size]):
            which = np.arange(start, end)
            is_later = samples.times[start] > draft.newest_row_ms
            if is_later and which.size * ROW_SHARE >= layout.columns:
                rows.append(samples.take(which))
            else:
                loose.append(which)
        if loose:
            self._lay_loose(draft, samples.take(np.concatenate(loose)))
        for row in rows:
            self._lay_checked_row(draft, row)

    def _lay_checked_row(self, draft: Draft, row: Samples) -> None:
        time_ms = int(row.times[0])
        if time_ms <= draft.layout.newest_time_ms:
            row = self._later_than_newest(draft.layout, row)
        if row.at.size:
            reasons = np.zeros(row.at.size, np.uint8)
            self._lay_row(draft, row.refs, row.values, time_ms, reasons)
            self.rejected[row.at] = reasons

    def _lay_row(
        self,
        draft: Draft,
        refs: Refs,
        values: NDArray[np.uint64],
        time_ms: int,
        reasons: NDArray[np.uint8],
    ) -> bool:
        layout = draft.layout
        row = draft.begin_row()
        matrix, present = draft.open.matrix, draft.open.present
        accepted = write_row(
            refs, values, layout.number, layout.series, row, matrix, present, reasons
        )
        if accepted < 0:
            keep_rows(present, row)
            return False
        draft.end_row(time_ms, accepted)
        if accepted:
            logged = draft.logged_row(row, accepted)
            self.entries.append(RowEntry(layout, logged, draft.row_before(row, logged)))
        return True

    def _lay_loose(self, draft: Draft, samples: Samples) -> None:
        by_column = samples.take(np.lexsort((samples.times, samples.refs)))
        taken = self._later_than_newest(draft.layout, by_column)
        if taken.at.size:
            columns = (taken.refs & _COLUMN).astype(np.int32)
            loose = LooseSamples(columns, taken.times, taken.values)
            draft.add_loose(loose)
            self.entries.append(LooseEntry(draft.layout, loose))

    def _later_than_newest(self, layout: Layout, samples: Samples) -> Samples:
        """Without what is rejected for its order, or repeats the newest sample of its series."""
        reasons = np.zeros(samples.at.size, np.uint8)
        repeated = np.zeros(samples.at.size, np.uint8)
        state = layout.state
        check_order(
            samples.refs, samples.times, samples.values, layout.series,
            state.open.matrix, state.open.present, state.open.times, state.rows,
            layout.newest_ms, layout.newest_values, reasons, repeated,
        )  # fmt: skip
        self.rejected[samples.at] = reasons
        return samples.take(np.flatnonzero((reasons == 0) & (repeated == 0)))
