"""`stdvar` and `stddev`: population variance by Welford's method, and its square root."""

from __future__ import annotations

import numpy as np

from narthex.promql.execute.aggregate.accumulate import (
    Accumulated,
    Matrix,
    Rows,
    accumulate,
    answer,
    kind_of,
)
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream
from narthex.promql.kernels.aggregate import deviate_rows, merge_deviations


def aggregate_stdvar(stream: Stream, groups: Groups, context: EvalContext) -> Frame:
    """The variance of each group."""
    found = accumulate(stream, groups, context, _add, _merge)
    return answer(groups, _variance(found), found.seen)


def aggregate_stddev(stream: Stream, groups: Groups, context: EvalContext) -> Frame:
    """The standard deviation of each group."""
    found = accumulate(stream, groups, context, _add, _merge)
    return answer(groups, np.sqrt(_variance(found)), found.seen)


def _variance(found: Accumulated) -> Matrix:
    return found.second / np.maximum(found.seen, 1)


def _add(frame: Frame, of_row: Rows, into: Accumulated) -> None:
    deviate_rows(frame.values, kind_of(frame), of_row, into.first, into.second, into.seen)


def _merge(part: Accumulated, of_row: Rows, into: Accumulated) -> None:
    merge_deviations(part.first, part.second, part.seen, of_row, into.first, into.second, into.seen)
