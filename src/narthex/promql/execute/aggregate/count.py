"""`count`: how many series each group has at a step; their values are not looked at."""

from __future__ import annotations

import numpy as np

from narthex.promql.execute.aggregate.accumulate import Accumulated, Rows, accumulate, answer
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream
from narthex.promql.kernels.aggregate import count_rows


def counted(stream: Stream, groups: Groups, context: EvalContext) -> Accumulated:
    """`seen` alone."""
    return accumulate(stream, groups, context, _add, _merge)


def aggregate_count(stream: Stream, groups: Groups, context: EvalContext) -> Frame:
    """The number of series of each group."""
    seen = counted(stream, groups, context).seen
    return answer(groups, seen.astype(np.float64), seen)


def _add(frame: Frame, of_row: Rows, into: Accumulated) -> None:
    if frame.kind is None:
        into.seen += np.bincount(of_row, minlength=into.seen.shape[0])[:, None]
    else:
        count_rows(frame.kind, of_row, into.seen)


def _merge(part: Accumulated, of_row: Rows, into: Accumulated) -> None:
    into.seen[of_row] += part.seen
