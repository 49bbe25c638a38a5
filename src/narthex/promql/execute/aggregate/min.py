"""`min`: the least value that is a number; NaN only when there is no other."""

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
from narthex.promql.kernels.aggregate import min_rows


def aggregate_min(stream: Stream, groups: Groups, context: EvalContext) -> Frame:
    """The least of each group."""
    found = accumulate(stream, groups, context, _add, _merge)
    return answer(groups, found.first, found.seen)


def _add(frame: Frame, of_row: Rows, into: Accumulated) -> None:
    min_rows(frame.values, kind_of(frame), of_row, into.first, into.seen)


def _merge(part: Accumulated, of_row: Rows, into: Accumulated) -> None:
    present = (part.seen > 0).astype("uint8")
    min_rows(part.first, present, of_row, into.first, into.seen)
