"""The samples of one target on their way to storage: one commit a scrape.

A page, the report of its scrape and the stale markers of series that it no longer has go into one
batch, so that a reader sees a scrape whole or not at all. What the store refuses is counted by
reason; a series that left the store meanwhile is resolved again at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.exposition.page import NO_TIME, Page
from narthex.model.tenant import TenantId
from narthex.model.value import STALE_NAN
from narthex.scrape.layout import Layout, LayoutCache
from narthex.scrape.metrics import ScrapeMetrics
from narthex.scrape.report import Report, report_series
from narthex.scrape.rewrite import Rewrite
from narthex.scrape.staleness import NO_REFS, Refs, StalenessTracker
from narthex.storage.interface import NO_REF, Appender, Batch, RejectReason

Times = NDArray[np.int64]
Values = NDArray[np.float64]

MakeReport = Callable[[int, int, int], Report]
"""The report, given the samples scraped, the samples kept and the series added."""


@dataclass(frozen=True, slots=True)
class TimePolicy:
    """What timestamps that a target gives itself are worth."""

    honor_timestamps: bool = True
    track_staleness: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """Where samples go."""

    tenant: TenantId
    appender: Appender


@dataclass(frozen=True, slots=True, eq=False)
class BatchShape:
    """Of the batches of one layout: the report's series, then the page's, then markers.

    `reported` int64[r] are the series of the report that are written: not those that the store
    refused, nor those that the page itself brings (an exporter may have an `up` of its own, which
    wins, as in Prometheus). `refs` are theirs and the layout's.
    """

    layout: Layout
    report_refs: Refs
    reported: NDArray[np.int64]
    refs: Refs

    @classmethod
    def of(cls, layout: Layout, report_refs: Refs) -> BatchShape:
        """The shape for a layout and the refs of a report."""
        own = (report_refs != NO_REF) & ~np.isin(report_refs, layout.present)
        reported = np.flatnonzero(own)
        return cls(
            layout, report_refs, reported, np.concatenate([report_refs[reported], layout.refs])
        )


class TargetSeries:
    """What is known of the series of one target, from its first scrape to its end."""

    def __init__(
        self,
        destination: Destination,
        metrics: ScrapeMetrics,
        rewrite: Rewrite,
        times: TimePolicy,
        report_names: tuple[str, ...],
    ) -> None:
        self._destination = destination
        self._metrics = metrics
        self._times = times
        self._report_names = report_names
        self._cache = LayoutCache(
            rewrite,
            destination.appender,
            report_series(rewrite.target_labels, report_names),
        )
        self._tracker = StalenessTracker()
        self._shape: BatchShape | None = None

    def follow(self, before: TargetSeries) -> None:
        """Take over from the same target under an older configuration: its series may vanish."""
        self._tracker = before._tracker

    @property
    def is_settled(self) -> bool:
        """Whether the next page is probably laid out as the last one."""
        return self._cache.has_layout

    def store(self, page: Page, at_ms: int, make_report: MakeReport) -> Report:
        """Commit a page and the report of its scrape.

        Raises BadExposition or ScrapeRefused with nothing stored, OSError when the log cannot be
        written.
        """
        layout, added = self._cache.arrange(page, at_ms)
        report = make_report(len(page), layout.kept, added)
        shape = self._shape_of(layout)
        times, present = self._times_of(page, layout, at_ms)
        gone = self._gone(present, shape.refs)
        if times is not None:
            others = np.full(shape.reported.size, at_ms), np.full(gone.size, at_ms)
            times = np.concatenate([others[0], times, others[1]])
        report_values = report.values(len(self._report_names))[shape.reported]
        refs, values = shape.refs, np.concatenate([report_values, page.values[layout.rows]])
        if gone.size:
            refs = np.concatenate([refs, gone])
            values = np.concatenate([values, np.full(gone.size, STALE_NAN)])
        unknown = self._commit(refs, _or_all_at(times, at_ms), values)
        self._tracker.saw(present)
        if layout.refused:
            self._metrics.series_refused.inc(layout.refused)
        if unknown.size:
            self._store_unknown(page, at_ms, report, shape, unknown)
        self._store_repeats(page, layout)
        return report

    def fail(self, at_ms: int, report: Report) -> None:
        """Commit the report of a failed scrape; every series of the last one ends.

        Raises OSError when the log cannot be written.
        """
        gone = self._gone(NO_REFS, self._cache.report_refs())
        self._store_report(at_ms, report, gone)
        self._tracker.saw(NO_REFS)

    def retire(self, at_ms: int) -> None:
        """End every series, those of the report too: the target is no more. Raises OSError."""
        reports = self._cache.report_refs()
        refs = np.union1d(self._tracker.vanished(NO_REFS), reports[reports != NO_REF])
        self._commit(refs, np.array([at_ms]), np.full(refs.size, STALE_NAN))
        self._tracker.saw(NO_REFS)

    def _times_of(self, page: Page, layout: Layout, at_ms: int) -> tuple[Times | None, Refs]:
        """The times of a layout's rows, None when all are that of the scrape; what to follow."""
        if not page.timed or not self._times.honor_timestamps:
            return None, layout.present
        own = page.times[layout.rows]
        if bool((own == NO_TIME).all()):
            return None, layout.present
        times = np.where(own == NO_TIME, at_ms, own)
        if self._times.track_staleness:
            return times, layout.present
        return times, np.unique(layout.refs[own == NO_TIME])

    def _gone(self, present: Refs, written: Refs) -> Refs:
        """The refs to end: not followed any more, and nothing else is written to them now.

        A series that has got times of its own is written and not followed; one that the page has
        no more may be the report's.
        """
        gone = self._tracker.vanished(present)
        return np.setdiff1d(gone, written, assume_unique=True) if gone.size else gone

    def _shape_of(self, layout: Layout) -> BatchShape:
        """The shape of batches of this layout; the same as long as the target looks the same."""
        report_refs = self._cache.report_refs()
        shape = self._shape
        if shape is None or shape.layout is not layout or shape.report_refs is not report_refs:
            shape = self._shape = BatchShape.of(layout, report_refs)
        return shape

    def _store_report(self, at_ms: int, report: Report, gone: Refs) -> None:
        for _ in range(2):  # once more when the report's own series had left the store
            report_refs = self._cache.report_refs()
            taken = report_refs != NO_REF
            refs = np.concatenate([report_refs[taken], gone])
            values = np.concatenate(
                [report.values(report_refs.size)[taken], np.full(gone.size, STALE_NAN)]
            )
            unknown = self._commit(refs, np.array([at_ms]), values)
            if not (unknown < np.count_nonzero(taken)).any():
                return
            self._cache.forget()
            gone = NO_REFS

    def _store_unknown(
        self,
        page: Page,
        at_ms: int,
        report: Report,
        shape: BatchShape,
        unknown: NDArray[np.int64],
    ) -> None:
        """Resolve everything anew and commit what was refused for an unknown ref."""
        self._cache.forget()
        fresh, _ = self._cache.arrange(page, at_ms)
        times, present = self._times_of(page, fresh, at_ms)
        all_rows = np.arange(len(page))
        places = unknown - shape.reported.size  # in the layout; before it are those of the report
        rows = all_rows[shape.layout.rows]
        wanted = rows[places[(places >= 0) & (places < rows.size)]]
        chosen = np.isin(all_rows[fresh.rows], wanted)
        chosen_times = _or_all_at(None if times is None else times[chosen], at_ms)
        self._commit(fresh.refs[chosen], chosen_times, page.values[fresh.rows][chosen])
        self._tracker.saw(present)
        if (places < 0).any():
            self._store_report(at_ms, report, NO_REFS)

    def _store_repeats(self, page: Page, layout: Layout) -> None:
        """Further samples of one series: stored where the page gives them times of their own."""
        for rows, refs in layout.repeats:
            timed = (page.times[rows] != NO_TIME) & self._times.honor_timestamps
            self._metrics.duplicate_timestamp.inc(int(np.count_nonzero(~timed)))
            self._commit(refs[timed], page.times[rows[timed]], page.values[rows[timed]])

    def _commit(self, refs: Refs, times: Times, values: Values) -> NDArray[np.int64]:
        """Commit, count what is refused, return the places of refs that storage knows no more."""
        if refs.size == 0:
            return np.empty(0, np.int64)
        destination = self._destination
        receipt = destination.appender.commit(Batch(destination.tenant, refs, times, values))
        if receipt.accepted == refs.size:
            return np.empty(0, np.int64)
        counts = np.bincount(receipt.rejected, minlength=len(RejectReason))
        self._metrics.count_rejected(counts.tolist())
        return np.flatnonzero(receipt.rejected == RejectReason.UNKNOWN_REF)


def _or_all_at(times: Times | None, at_ms: int) -> Times:
    return np.array([at_ms]) if times is None else times
