"""`name{matchers} smoothed`: values between samples, on a straight line.

It needs samples after the step as well, so it is read as a range vector with a margin of one
lookback on both sides of each step.
"""

from __future__ import annotations

import numpy as np

from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.extended import reach_of
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.moments import moments_of
from narthex.promql.execute.selector import find
from narthex.promql.execute.stream import Stream, batches_of
from narthex.promql.execute.windows import windows_over, without_stale
from narthex.promql.kernels.extended import smoothed_value
from narthex.promql.kernels.select import count_present
from narthex.promql.syntax.nodes import VectorSelector
from narthex.storage.interface import Want


def smoothed_vector(node: VectorSelector, context: EvalContext) -> Stream:
    """The value of every series at every step, interpolated."""
    moments = moments_of(node.shift, context.steps)
    reach = reach_of(0, node.extension, context.lookback_ms)
    found = find(node, context, moments, 0, want=Want.VALUES)
    drop_name = np.zeros(len(found.labels), np.bool_)
    guard = context.guard

    def produce(rows: slice) -> Frame:
        columns = found.read(rows)
        guard.hold(columns.samples)
        labels = found.labels.take(rows)
        windows = windows_over(
            without_stale(columns),
            labels,
            moments,
            moments,
            reach=reach,
            drop_name=drop_name[rows],
        )
        values = np.empty((windows.series, windows.steps))
        kind = np.empty(values.shape, np.uint8)
        smoothed_value(
            windows.columns.values, windows.columns.starts, windows.columns.times,
            windows.columns.times_at, windows.timeline, windows.lower, windows.upper, moments,
            values, kind,
        )  # fmt: skip
        guard.count_read(columns.samples, count_present(kind))
        guard.release(columns.samples)
        return Frame(labels, values, None if kind.all() else kind, windows.drop_name)

    values_per_series = found.selection.samples_per_series + moments.size
    return Stream(
        found.labels, drop_name, batches_of(len(found.labels), values_per_series), produce
    )
