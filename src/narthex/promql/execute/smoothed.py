"""`name{matchers} smoothed`: values between samples, on a straight line.

It needs samples after the step as well, so it is read as a range vector with a margin of one
lookback on both sides of each step.
"""

from __future__ import annotations

import numpy as np

from narthex.model.histogram_sums import MIXED, combined
from narthex.promql.execute import histogram_doubts
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.extended import reach_of
from narthex.promql.execute.frame import Frame, Windows
from narthex.promql.execute.functions.mixed import Mixed, names_of, rows_with
from narthex.promql.execute.functions.native_extended import smoothed_histograms
from narthex.promql.execute.histogram_cells import with_histograms
from narthex.promql.execute.histogram_sizes import samples_held
from narthex.promql.execute.moments import moments_of
from narthex.promql.execute.selector import find
from narthex.promql.execute.stream import Stream, batches_of
from narthex.promql.execute.windows import windows_over, without_stale
from narthex.promql.kernels.extended import smoothed_value
from narthex.promql.kernels.select import count_present
from narthex.promql.position import Span
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
        held = samples_held(columns)
        guard.hold(held)
        labels = found.labels.take(rows)
        windows = windows_over(
            without_stale(columns),
            labels,
            moments,
            moments,
            reach=reach,
            drop_name=drop_name[rows],
        )
        if columns.histogram is None:
            frame = _interpolated(windows)
        else:
            frame = _with_histograms(Mixed.of(windows), node.span, context)
        seen = frame.values.size if frame.kind is None else count_present(frame.kind)
        guard.count_read(columns.samples, seen)
        guard.release(held)
        return frame

    values_per_series = found.selection.samples_per_series + moments.size
    return Stream(
        found.labels, drop_name, batches_of(len(found.labels), values_per_series), produce
    )


def _interpolated(windows: Windows) -> Frame:
    """Floats at the end of each window."""
    values = np.empty((windows.series, windows.steps))
    kind = np.empty(values.shape, np.uint8)
    smoothed_value(
        windows.columns.values, windows.columns.starts, windows.columns.times,
        windows.columns.times_at, windows.timeline, windows.lower, windows.upper,
        windows.ends_ms, values, kind,
    )  # fmt: skip
    return Frame(windows.labels, values, None if kind.all() else kind, windows.drop_name)


def _with_histograms(mixed: Mixed, at: Span, context: EvalContext) -> Frame:
    for name in names_of(mixed.whole, rows_with(mixed.both)):
        context.annotations.warn(histogram_doubts.mixed_samples(name), at)
    apart = mixed.apart()
    spans, sums = smoothed_histograms(apart.histograms)
    found = combined(spans.histograms, sums)
    for name in names_of(mixed.whole, spans.row[(found.status & MIXED) != 0]):
        context.annotations.warn(histogram_doubts.mixed_buckets(name), at)
    kept, floats = found.usable, _interpolated(apart.floats)
    return with_histograms(floats, spans.row[kept], spans.step[kept], found.histograms.take(kept))
