"""`selector[range]`: columns of samples and, for each step, which of them are in its window.

Stale markers are taken out first; a series that had some gets a timeline of its own. Bounds are
found once per timeline, sliding over its times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.value import is_stale
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.extended import Reach, check_function, reach_of
from narthex.promql.execute.frame import Windows
from narthex.promql.execute.histogram_sizes import samples_held
from narthex.promql.execute.moments import moments_of
from narthex.promql.execute.selector import find, timelines_of
from narthex.promql.execute.stream import batches_of
from narthex.promql.execute.windowed import WindowStream
from narthex.promql.kernels.select import count_stale
from narthex.promql.kernels.windows import drop_stale, samples_in_windows, window_bounds
from narthex.promql.syntax.nodes import MatrixSelector
from narthex.storage.interface import Columns, Want


def range_vector(
    node: MatrixSelector, context: EvalContext, function: str, want: Want = Want.VALUES
) -> WindowStream:
    """The windows of all series that `node` selects."""
    ends = moments_of(node.selector.shift, context.steps)
    eval_ms = context.steps.times_ms()
    check_function(function, node.selector.extension)
    reach = reach_of(node.range_ms, node.selector.extension, context.lookback_ms)
    found = find(node.selector, context, ends, node.range_ms, want=want, function=function)
    drop_name = np.zeros(len(found.labels), np.bool_)
    guard = context.guard

    def produce(rows: slice) -> Windows:
        columns = found.read(rows)
        held = samples_held(columns)
        guard.hold(held)
        windows = windows_over(
            without_stale(columns),
            found.labels.take(rows),
            ends,
            eval_ms,
            reach=reach,
            drop_name=drop_name[rows],
        )
        seen = samples_in_windows(windows.lower, windows.upper, windows.timeline)
        guard.count_read(columns.samples, seen)
        guard.release(held)
        return windows

    values_per_series = found.selection.samples_per_series + ends.size
    batches = batches_of(len(found.labels), values_per_series)
    return WindowStream(found.labels, drop_name, batches, produce)


def windows_over(
    columns: Columns,
    labels: LabelTable,
    ends_ms: NDArray[np.int64],
    eval_ms: NDArray[np.int64],
    *,
    reach: Reach,
    drop_name: NDArray[np.bool_],
) -> Windows:
    """Windows (end - range, end] over columns that hold no stale markers.

    `lower` and `upper` bound all that is within `reach`.
    """
    timeline, first_row = timelines_of(columns)
    shape = (first_row.size, ends_ms.size)
    lower, upper = np.empty(shape, np.int32), np.empty(shape, np.int32)
    window_bounds(
        columns.times, columns.starts, columns.times_at, first_row, ends_ms + reach.after_ms,
        reach.whole_ms, lower, upper,
    )  # fmt: skip
    return Windows(
        labels, columns, timeline, first_row, lower, upper, ends_ms, eval_ms, reach.range_ms,
        drop_name,
    )  # fmt: skip


def without_stale(columns: Columns) -> Columns:
    """The same samples but for stale markers; the columns themselves when there are none."""
    if not count_stale(columns.values):
        return columns
    out = Columns(
        np.empty_like(columns.starts),
        np.empty(columns.samples),
        np.empty_like(columns.times_at),
        np.empty(columns.times.size + columns.samples, np.int64),
    )
    out.times[: columns.times.size] = columns.times
    used = drop_stale(
        columns.values, columns.starts, columns.times_at, columns.times, columns.times.size,
        out.values, out.starts, out.times_at, out.times,
    )  # fmt: skip
    kept = int(out.starts[-1])
    histogram, start_times = columns.histogram, columns.start_times
    return Columns(
        out.starts, out.values[:kept], out.times_at, out.times[:used],
        None if histogram is None else histogram[~is_stale(columns.values)], columns.histograms,
        start_times=None if start_times is None else start_times[~is_stale(columns.values)],
    )  # fmt: skip
