"""`sum`: compensated, so that the order of series hardly matters."""

from __future__ import annotations

from narthex.promql.execute.aggregate.accumulate import (
    Accumulated,
    Rows,
    accumulate,
    answer,
    kind_of,
)
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream
from narthex.promql.kernels.aggregate import merge_sums, sum_rows


def add(frame: Frame, of_row: Rows, into: Accumulated) -> None:
    """Sums and what they lost."""
    sum_rows(frame.values, kind_of(frame), of_row, into.first, into.second, into.seen)


def merge(part: Accumulated, of_row: Rows, into: Accumulated) -> None:
    """Sums of sums."""
    merge_sums(part.first, part.second, part.seen, of_row, into.first, into.second, into.seen)


def aggregate_sum(stream: Stream, groups: Groups, context: EvalContext) -> Frame:
    """The sum of each group."""
    total = accumulate(stream, groups, context, add, merge)
    return answer(groups, total.first + total.second, total.seen)
