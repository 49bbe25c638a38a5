"""`expr[range:step]`: the inner expression at moments of its own, looked at as samples.

The moments are whole multiples of the step since the epoch, whatever the query's own steps; the
first lies behind the start of the first window, windows being open there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import HINT_GAUGE, HINT_UNKNOWN, Histograms
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.extended import Reach
from narthex.promql.execute.frame import ABSENT, Frame, Steps, Windows
from narthex.promql.execute.moments import moments_of
from narthex.promql.execute.stream import Stream
from narthex.promql.execute.windowed import WindowStream
from narthex.promql.execute.windows import windows_over
from narthex.promql.kernels.subquery import cells_to_samples
from narthex.promql.syntax.nodes import Subquery
from narthex.storage.interface import Columns


def inner_steps(node: Subquery, context: EvalContext) -> Steps:
    """The moments at which the inner expression is evaluated.

    Raises TooManySamples for more moments than one series may have samples.
    """
    assert node.range_expr is None
    assert node.step_expr is None
    ends = moments_of(node.shift, context.steps)
    step_ms = node.step_ms or context.default_subquery_step_ms(node.range_ms)
    first = (int(ends[0]) - node.range_ms) // step_ms * step_ms + step_ms
    count = max(0, (int(ends[-1]) - first) // step_ms + 1)
    context.guard.require_room(count)
    return Steps(first, step_ms, count)


def samples_of(
    node: Subquery, inner: Stream, inner_context: EvalContext, context: EvalContext
) -> WindowStream:
    """The windows over what `inner` gave at `inner_context.steps`."""
    ends = moments_of(node.shift, context.steps)
    eval_ms = context.steps.times_ms()
    moments = inner_context.steps.times_ms()
    produce = inner.produce

    def windows(rows: slice) -> Windows:
        frame = produce(rows)
        return windows_over(
            _columns(frame, moments),
            frame.labels,
            ends,
            eval_ms,
            reach=Reach(node.range_ms),
            drop_name=frame.drop_name,
        )

    return WindowStream(inner.labels, inner.drop_name, inner.batches, windows)


def _columns(frame: Frame, moments: NDArray[np.int64]) -> Columns:
    series, steps = frame.values.shape
    if frame.kind is None:
        starts = np.arange(series + 1, dtype=np.int64) * steps
        return Columns(starts, frame.values.reshape(-1), np.zeros(series, np.int64), moments)
    values, times = np.empty(frame.values.size), np.empty(frame.values.size, np.int64)
    starts = np.empty(series + 1, np.int64)
    count = cells_to_samples(frame.values, frame.kind, moments, values, starts, times)
    columns = Columns(starts, values[:count], starts[:-1].copy(), times[:count])
    if frame.histogram is None or frame.histograms is None:
        return columns
    number = frame.histogram[frame.kind != ABSENT]
    if not (number >= 0).any():
        return columns
    return replace(columns, histogram=number, histograms=_without_hints(frame.histograms))


def _without_hints(histograms: Histograms) -> Histograms:
    # What a sample was compared with is not the one before it here.
    hint = np.where(histograms.hint == HINT_GAUGE, histograms.hint, np.uint8(HINT_UNKNOWN))
    return replace(histograms, hint=hint)
