"""The part of `sum` and `avg` that is histograms: cells kept by group until all are there.

A group that has floats and histograms at a step, or exponential and custom buckets, has no answer
there, and the query is warned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms, run_bounds
from narthex.model.histogram_sums import BOUNDS_RECONCILED, HINT_COLLISION, MIXED, Combined, Lists
from narthex.model.labels import METRIC_NAME
from narthex.promql.execute import histogram_doubts as doubts
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import ABSENT, Frame
from narthex.promql.execute.histogram_cells import HistogramCells, with_histograms
from narthex.promql.execute.stream import Stream
from narthex.promql.position import Span

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupCells:
    """k histograms: the `group` and `step` (int64[k]) of each, in the order of series."""

    group: Rows
    step: Rows
    histograms: Histograms

    @classmethod
    def of(cls, frame: Frame, group_of_row: NDArray[np.int32]) -> GroupCells:
        """Those of a batch."""
        cells = HistogramCells.of(frame)
        return cls(group_of_row[cells.row].astype(np.int64), cells.step, cells.taken())

    def regrouped(self, of_group: NDArray[np.int32]) -> GroupCells:
        """The same under the numbers that their groups have elsewhere."""
        return GroupCells(of_group[self.group].astype(np.int64), self.step, self.histograms)


Reduce = Callable[[Histograms, Lists], Combined]


@dataclass(frozen=True, slots=True)
class HistogramAggregation:
    """`reduce` the histograms of each group and step to one, `at` the expression they come from."""

    reduce: Reduce
    stream: Stream
    groups: Groups
    at: Span
    context: EvalContext

    def beside(self, floats: Frame, parts: list[GroupCells]) -> Frame:
        """The answer of floats, completed by that of histograms."""
        if not parts:
            return floats
        steps = floats.steps
        cell = np.concatenate([part.group * steps + part.step for part in parts])
        order = np.argsort(cell, kind="stable")
        distinct, sizes = np.unique(cell, return_counts=True)
        lists = Lists.unweighted(run_bounds(sizes.astype(np.int64)), order)
        combined = self.reduce(Histograms.concat([part.histograms for part in parts]), lists)
        group, step = np.divmod(distinct, steps)
        beside_float = floats.kinds()[group, step] != ABSENT
        self._warn(combined, group, beside_float)
        kind = floats.kinds().copy()
        kind[group[beside_float], step[beside_float]] = ABSENT
        kept = combined.usable & ~beside_float
        floats = floats.with_values(floats.values, kind)
        return with_histograms(floats, group[kept], step[kept], combined.histograms.take(kept))

    def _warn(self, combined: Combined, group: Rows, beside_float: NDArray[np.bool_]) -> None:
        annotations = self.context.annotations
        if beside_float.any():
            annotations.warn(doubts.MIXED_IN_AGGREGATION, self.at)
        status = np.where(beside_float, np.uint8(0), combined.status)
        for name in self._names(group[(status & MIXED) != 0]):
            annotations.warn(doubts.mixed_buckets(name), self.at)
        if (status & HINT_COLLISION).any():
            annotations.warn(doubts.resets_collide(doubts.AGGREGATION), self.at)
        if (status & BOUNDS_RECONCILED).any():
            annotations.info(doubts.bounds_reconciled(doubts.AGGREGATION), self.at)

    def _names(self, group: Rows) -> list[str]:
        """The metric name of the first series of each of these groups."""
        _, first_row = np.unique(self.groups.of_row, return_index=True)
        labels = self.stream.labels
        return labels.symbols.texts(np.unique(labels.column(METRIC_NAME)[first_row[group]]))
