"""`sum`: compensated, so that the order of series hardly matters."""

from __future__ import annotations

from narthex.model.histogram_sums import combined
from narthex.promql.execute.aggregate.accumulate import (
    Accumulated,
    Rows,
    accumulate,
    answer,
    kind_of,
)
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.aggregate.histograms import GroupCells, HistogramAggregation
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream
from narthex.promql.kernels.aggregate import merge_sums, sum_rows
from narthex.promql.position import Span


def add(frame: Frame, of_row: Rows, into: Accumulated) -> None:
    """Sums and what they lost; histograms as they are."""
    sum_rows(frame.values, kind_of(frame), of_row, into.first, into.second, into.seen)
    if frame.histograms is not None:
        into.histograms.append(GroupCells.of(frame, of_row))


def merge(part: Accumulated, of_row: Rows, into: Accumulated) -> None:
    """Sums of sums."""
    merge_sums(part.first, part.second, part.seen, of_row, into.first, into.second, into.seen)
    into.histograms += [cells.regrouped(of_row) for cells in part.histograms]


def aggregate_sum(stream: Stream, groups: Groups, at: Span, context: EvalContext) -> Frame:
    """The sum of each group; `at` is the expression that is summed."""
    total = accumulate(stream, groups, context, add, merge)
    floats = answer(groups, total.first + total.second, total.seen)
    native = HistogramAggregation(combined, stream, groups, at, context)
    return native.beside(floats, total.histograms)
