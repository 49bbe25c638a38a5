"""`avg`: the compensated sum by the count; a sum that overflows is taken again, scaled down."""

from __future__ import annotations

import numpy as np

from narthex.model.histogram_sums import averaged
from narthex.promql.execute.aggregate import sum as summing
from narthex.promql.execute.aggregate.accumulate import Accumulated, accumulate, answer
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.aggregate.histograms import HistogramAggregation
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream
from narthex.promql.position import Span

SCALE = 2.0**-64
"""Exact for every value that could make a sum overflow, and more than any count of series."""


def aggregate_avg(stream: Stream, groups: Groups, at: Span, context: EvalContext) -> Frame:
    """The mean of each group; `at` is the expression whose mean is taken."""
    total = accumulate(stream, groups, context, summing.add, summing.merge)
    means = _mean(total)
    if np.isinf(total.first).any():
        scaled = stream.map(_scaled_down)
        again = accumulate(scaled, groups, context, summing.add, summing.merge)
        means = np.where(np.isinf(total.first), _mean(again) / SCALE, means)
    native = HistogramAggregation(averaged, stream, groups, at, context)
    return native.beside(answer(groups, means, total.seen), total.histograms)


def _scaled_down(frame: Frame) -> Frame:
    floats = frame.floats()
    return floats.with_values(floats.values * SCALE, floats.kind)


def _mean(total: Accumulated) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    count = np.maximum(total.seen, 1)
    return total.first / count + total.second / count
