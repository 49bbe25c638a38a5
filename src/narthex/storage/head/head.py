"""The newest samples of one tenant's shard: layouts, the series in them, and how to find both.

Two locks, always taken in this order. `writing` is held by whoever changes anything: resolve,
commit, sealing's last step, truncation. `publishing` is held for the moment in which layouts
change what readers see, and by a select while it collects the states of its layouts; so a commit
of many layouts is seen whole or not at all, and a reader never waits for a writer's work.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from narthex.model.matcher import Matcher
from narthex.model.symbols import Symbols
from narthex.storage.head.layout import NEVER, NEVER_AFTER, Draft, Layout
from narthex.storage.head.read import HeadSelection
from narthex.storage.head.registry import SeriesRegistry
from narthex.storage.head.rows import FullRows
from narthex.storage.head.sealing import PagesFolder, SealedRun
from narthex.storage.index.lookup import find_rows, label_names, label_values
from narthex.storage.index.memory import MemoryIndex
from narthex.storage.interface import NO_REF

LAYOUT_SHIFT = 32


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """What the head takes. None: no such limit."""

    series_max: int | None = None
    behind_ms: int | None = 3_600_000
    """Samples older than the newest by more than this are too old (Prometheus: half a block)."""
    ahead_ms: int | None = None
    """Samples later than the clock by more than this are too far ahead."""


class Head:
    """What the head holds: `HeadAppender` writes, `select` reads, `seal` and `truncate` tend it."""

    def __init__(self, symbols: Symbols, pages: PagesFolder) -> None:
        self.symbols = symbols
        self.registry = SeriesRegistry(symbols)
        self.index = MemoryIndex(symbols)
        self.pages = pages
        self.layouts: dict[int, Layout] = {}
        self.writing = threading.RLock()
        self.publishing = threading.Lock()
        self.next_layout = 1
        self.live_series = 0
        self.truncated_ms = NEVER
        self.refused_before_ms = NEVER
        """A block is being written of what is before; no sample may join it any more."""
        self.min_time_ms = NEVER_AFTER
        self.max_time_ms = NEVER
        self.to_seal: list[tuple[Layout, FullRows]] = []

    @property
    def is_empty(self) -> bool:
        """Whether it holds no sample."""
        return self.max_time_ms < self.min_time_ms

    def overlaps(self, start_ms: int, end_ms: int) -> bool:
        """Whether it may hold samples in [start, end]."""
        return self.min_time_ms <= end_ms and start_ms <= self.max_time_ms

    def new_layout(self, number: int | None = None) -> Layout:
        """A layout without columns; `number` is given when the log knows it already."""
        number = self.next_layout if number is None else number
        self.next_layout = max(self.next_layout, number + 1)
        layout = self.layouts[number] = Layout(number, self.registry)
        return layout

    def index_new_series(self, first: int) -> None:
        """Make the series with ids from `first` on findable; those without a ref are forgotten."""
        registry = self.registry
        series = np.arange(first, len(registry), dtype=np.int32)
        if series.size:
            registry.forget(series[registry.refs[series] == NO_REF])
            ids, starts = registry.label_ids(series)
            self.index.add(first, starts, ids[0::2].copy(), ids[1::2].copy())

    def publish(self, drafts: Sequence[Draft]) -> None:
        """Make commits to several layouts visible together."""
        with self.publishing:
            for draft in drafts:
                draft.publish()
        for draft in drafts:
            draft.carry()
            self.to_seal += [(draft.layout, full) for full in draft.completed]
            self.min_time_ms = min(self.min_time_ms, draft.oldest_ms)
            self.max_time_ms = max(self.max_time_ms, draft.newest_ms)

    @property
    def run_count(self) -> int:
        """Complete runs and open ones, over all layouts."""
        return sum(len(layout.state.runs) + 1 for layout in list(self.layouts.values()))

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> HeadSelection:
        """The series that match and whose layouts have samples in the range."""
        found = find_rows(self.index.view(), matchers)
        table = self.registry.view()
        refs = self.registry.refs[found]
        order = np.argsort(refs, kind="stable")
        order = order[np.searchsorted(refs[order], 1) :]
        numbers, layout_of_row = np.unique(refs[order] >> LAYOUT_SHIFT, return_inverse=True)
        with self.publishing:
            oldest_ms = self.truncated_ms
            chosen = [self.layouts.get(number) for number in numbers.tolist()]
            states = [layout.state if layout else None for layout in chosen]
        from_ms = max(start_ms, oldest_ms)
        inside = np.array(
            [
                layout is not None
                and state is not None
                and layout.has_samples(state, from_ms, end_ms)
                for layout, state in zip(chosen, states, strict=True)
            ],
            np.bool_,
        )
        keep = inside[layout_of_row] if numbers.size else np.zeros(0, np.bool_)
        order, layout_of_row = order[keep], layout_of_row[keep]
        renumbered = np.cumsum(inside) - 1
        return HeadSelection(
            self.registry.table(found[order].astype(np.int32), table),
            [state for state, i in zip(states, inside.tolist(), strict=True) if i and state],
            renumbered[layout_of_row].astype(np.int64),
            (refs[order] & np.uint64(0xFFFFFFFF)).astype(np.int64),
            oldest_ms,
        )

    def label_names(self, matchers: Sequence[Matcher]) -> list[str]:
        """Sorted names of the labels of the series that match."""
        return label_names(self.index.view(), matchers)

    def label_values(self, name: str, matchers: Sequence[Matcher]) -> list[str]:
        """Sorted values of one label over the series that match."""
        return label_values(self.index.view(), name, matchers)

    def seal(self) -> int:
        """Move the complete runs that wait into the head's file; return how many.

        Raises OSError when the file cannot be written: the runs then stay in memory and wait.
        """
        sealed = 0
        while True:
            with self.writing:
                if not self.to_seal:
                    return sealed
                layout, full = self.to_seal[0]
            run = self.pages.seal(full)
            with self.writing:
                if self.to_seal and self.to_seal[0][1] is full:
                    self.to_seal.pop(0)
                    self._replace_run(layout, full, run)
                    sealed += 1

    def _replace_run(self, layout: Layout, full: FullRows, run: SealedRun) -> None:
        with self.publishing:
            layout.replace_run(full, run)

    def refuse_before(self, time_ms: int) -> int:
        """Take no sample before `time_ms` from now on; returns what this was before."""
        with self.writing:
            before, self.refused_before_ms = self.refused_before_ms, time_ms
            return before

    def truncate(self, before_ms: int) -> int:
        """Let go of samples before `before_ms` and of series left without any; how many of these.

        Rows before that time are never read again; memory is freed run by run.
        """
        with self.writing:
            with self.publishing:
                self.truncated_ms = max(self.truncated_ms, before_ms)
                for layout in self.layouts.values():
                    layout.drop_before(before_ms)
            gone = [layout.columns_without(before_ms) for layout in self.layouts.values()]
            lost = [
                layout.series[columns]
                for layout, columns in zip(self.layouts.values(), gone, strict=True)
            ]
            series = np.concatenate([*lost, np.zeros(0, np.int32)])
            for layout, columns in zip(list(self.layouts.values()), gone, strict=True):
                if columns.size:
                    layout.forget(columns)
                if not layout.series.any():
                    with self.publishing:
                        del self.layouts[layout.number]
            if series.size:
                self.registry.forget(series)
                self.index.remove(series)
                self.live_series -= series.size
            alive = {id(layout) for layout in self.layouts.values()}
            self.to_seal = [
                (layout, full)
                for layout, full in self.to_seal
                if id(layout) in alive and any(full is run for run in layout.state.runs)
            ]
            self.pages.keep_only(
                {
                    run.file.path
                    for layout in self.layouts.values()
                    for run in layout.state.runs
                    if isinstance(run, SealedRun)
                }
            )
            # The sample that is there, not `before_ms`: a gap of years is not cut block by block.
            kept = (layout.oldest_since(before_ms) for layout in self.layouts.values())
            self.min_time_ms = min(kept, default=NEVER_AFTER)
            if self.min_time_ms == NEVER_AFTER:
                self.max_time_ms = NEVER
            return int(series.size)
