"""Which ref each row of a page has: worked out once per layout, reused while pages look the same.

Almost every page of a target names the same series in the same order as the one before: then one
comparison of hashes is all that is left of names. Otherwise rows are looked up by hash, and only
texts never seen are taken apart, relabelled and resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.exposition.page import Page
from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.scrape.errors import SampleLimitExceeded
from narthex.scrape.rewrite import Rewrite
from narthex.scrape.staleness import NO_REFS, Refs
from narthex.storage.interface import NO_REF, Appender

Rows = NDArray[np.int64]
Hashes = NDArray[np.uint64]

REFUSED_RETRY_MS = 60_000
"""Series beyond the store's limit are offered again after this time; until then each costs nothing
but its row in the page."""

ALL_ROWS = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Of pages with these `hashes` uint64[k], in this order; kept as bytes, compared at once.

    `rows` are those of the first sample of each kept series (a slice when that is all of them),
    `refs` uint64[m] their refs, `present` the same ascending. `repeats` are rows and refs of the
    second, third and further samples of series that a page names more than once. `kept` counts
    the rows that relabelling let through; `refused` the series that the store would not take,
    to be offered again at `retry_ms`.
    """

    hashes: bytes
    rows: Rows | slice
    refs: Refs
    present: Refs
    repeats: tuple[tuple[Rows, Refs], ...]
    kept: int
    refused: int
    retry_ms: int

    def fits(self, page: Page, now_ms: int) -> bool:
        """Whether it is the layout of `page`."""
        if self.refused and now_ms >= self.retry_ms:
            return False
        return self.hashes == page.hashes.tobytes()


class LayoutCache:
    """The layouts of one target.

    Refs of series that were in neither of the last two layouts are forgotten: they are resolved
    again should they return.
    """

    def __init__(self, rewrite: Rewrite, appender: Appender, reports: Sequence[Labels]) -> None:
        self._rewrite = rewrite
        self._appender = appender
        self._reports = reports
        self.forget()

    def forget(self) -> None:
        """Resolve everything anew next time."""
        self._layout: Layout | None = None
        self._hashes: Hashes = np.empty(0, np.uint64)
        self._refs: Refs = NO_REFS
        self._report_refs: Refs = np.full(len(self._reports), NO_REF, np.uint64)
        self._all_reports_taken = not self._reports

    @property
    def has_layout(self) -> bool:
        """Whether a page has been arranged since the last `forget`."""
        return self._layout is not None

    def report_refs(self) -> Refs:
        """The refs of the series of the report; `NO_REF` where the store takes no more."""
        if not self._all_reports_taken:
            self._resolve([])
        return self._report_refs

    def arrange(self, page: Page, now_ms: int) -> tuple[Layout, int]:
        """The layout of a page, and how many series are new to the target.

        Raises BadExposition, LabelLimitExceeded or SampleLimitExceeded before a series is made.
        """
        if self._layout is not None and self._layout.fits(page, now_ms):
            return self._layout, 0
        hashes, first, inverse = np.unique(page.hashes, return_index=True, return_inverse=True)
        refs, known = self._look_up(hashes)
        new = np.flatnonzero(~known)
        new = new[np.argsort(first[new])]  # series are made in the order of the page
        offered = np.ones(hashes.size, np.bool_)
        labels = self._rewritten(page, first[new])
        passed = np.array([series is not None for series in labels], np.bool_)
        offered[new] = passed
        offered[known] = refs[known] != NO_REF
        self._check_sample_count(page, int(np.count_nonzero(offered)))
        refs[new[passed]] = self._resolve([series for series in labels if series is not None])
        refused = offered & (refs == NO_REF)
        layout = lay_out(
            page.hashes,
            refs[inverse],
            kept=int(np.count_nonzero(offered[inverse])),
            refused=int(np.count_nonzero(refused)),
            retry_ms=now_ms + REFUSED_RETRY_MS,
        )
        self._remember(layout, hashes[~refused], refs[~refused])
        return layout, int(np.count_nonzero(refs[new]))

    def _look_up(self, hashes: Hashes) -> tuple[Refs, NDArray[np.bool_]]:
        """The refs remembered for these hashes, and for which there are any."""
        if self._hashes.size == 0:
            return np.full(hashes.size, NO_REF, np.uint64), np.zeros(hashes.size, np.bool_)
        at = np.minimum(np.searchsorted(self._hashes, hashes), self._hashes.size - 1)
        known = self._hashes[at] == hashes
        return np.where(known, self._refs[at], np.uint64(NO_REF)), known

    def _rewritten(self, page: Page, rows: Rows) -> list[Labels | None]:
        apply = self._rewrite.apply
        if not self._rewrite.honor_labels:
            return [apply(series) for series in page.labels(rows)]
        pairs = zip(page.labels(rows), page.emptied(rows), strict=True)
        return [apply(series, emptied) for series, emptied in pairs]

    def _check_sample_count(self, page: Page, samples: int) -> None:
        limit = self._rewrite.limits.samples
        if limit and samples > limit:
            raise SampleLimitExceeded(len(page), samples, limit)

    def _resolve(self, series: Sequence[Labels]) -> Refs:
        """Refs of `series`; those of the report come along, to share the layout in storage.

        They come first: where the store takes no more series, `up` is the last to be refused.
        Later series join the layout that the report is in.
        """
        reports = [] if self._all_reports_taken else self._reports
        if not series and not reports:
            return NO_REFS
        packed = PackedLabels.from_labels([*reports, *series])
        refs = self._appender.resolve(packed, int(self._report_refs[0])).refs
        if reports:
            self._report_refs = refs[: len(reports)]
            self._all_reports_taken = bool(self._report_refs.all())
        return refs[len(reports) :]

    def _remember(self, layout: Layout, hashes: Hashes, refs: Refs) -> None:
        before = self._layout
        if before is not None:
            lately = np.isin(self._hashes, np.frombuffer(before.hashes, np.uint64))
            lately &= ~np.isin(self._hashes, hashes)
            hashes = np.concatenate([hashes, self._hashes[lately]])
            refs = np.concatenate([refs, self._refs[lately]])
            order = np.argsort(hashes)
            hashes, refs = hashes[order], refs[order]
        self._layout, self._hashes, self._refs = layout, hashes, refs


def lay_out(hashes: Hashes, refs: Refs, *, kept: int, refused: int, retry_ms: int) -> Layout:
    """The layout of rows with these refs, `NO_REF` for those that are left out."""
    rows = np.flatnonzero(refs != NO_REF)
    row_refs = refs[rows]
    present = np.unique(row_refs)
    repeats: tuple[tuple[Rows, Refs], ...] = ()
    if present.size != rows.size:
        turns = occurrences(row_refs)
        repeats = tuple(
            (rows[turns == turn], row_refs[turns == turn])
            for turn in range(1, int(turns.max()) + 1)
        )
        rows, row_refs = rows[turns == 0], row_refs[turns == 0]
    chosen: Rows | slice = ALL_ROWS if rows.size == hashes.size else rows
    return Layout(hashes.tobytes(), chosen, row_refs, present, repeats, kept, refused, retry_ms)


def occurrences(refs: Refs) -> NDArray[np.int64]:
    """How often each ref stood before its place, int64[k]."""
    order = np.argsort(refs, kind="stable")
    ordered = refs[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    lengths = np.diff(np.append(starts, refs.size))
    turns = np.empty(refs.size, np.int64)
    turns[order] = np.arange(refs.size) - np.repeat(starts, lengths)
    return turns
