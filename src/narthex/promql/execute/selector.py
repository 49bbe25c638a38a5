"""`name{matchers}`: the newest sample of each series within the lookback, at every step.

A sample is seen at a step when it is newer than step - lookback and not newer than the step,
unless it is a stale marker, which hides what came before it. Where a step finds its sample is
settled once per timeline; the series of a target share it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.promql.errors import ExecutionError
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.extended import reach_of
from narthex.promql.execute.frame import HISTOGRAM, Frame
from narthex.promql.execute.hint_detection import with_detected_hints
from narthex.promql.execute.histogram_sizes import samples_held
from narthex.promql.execute.moments import moments_of
from narthex.promql.execute.stream import Stream, batches_of
from narthex.promql.kernels.select import (
    count_present,
    count_stale,
    gather,
    gather_complete,
    gather_presence,
    gather_times,
    newest_at_steps,
    number_timelines,
)
from narthex.promql.syntax.nodes import VectorSelector
from narthex.storage.interface import Columns, SelectHints, Selection, Want

Cells = tuple[NDArray[np.float64], NDArray[np.uint8] | None]


@dataclass(frozen=True, slots=True)
class Places:
    """Where steps find their samples: `index` int32[L, T] for each `timeline` int32[n].

    Counted from a series' first sample, -1 where there is none; `complete`: there always is one.
    """

    timeline: NDArray[np.int32]
    index: NDArray[np.int32]
    complete: bool

    @property
    def shape(self) -> tuple[int, int]:
        """Series and steps."""
        return self.timeline.size, int(self.index.shape[1])


MakeCells = Callable[[Columns, Places], Cells]


@dataclass(frozen=True, slots=True)
class Found:
    """The series of one selector, to be read between two times."""

    selection: Selection
    labels: LabelTable
    start_ms: int
    end_ms: int
    want: Want
    detects_resets: bool
    uses_start_times: bool

    def read(self, rows: slice) -> Columns:
        """The samples of some series."""
        indices = np.arange(rows.start, rows.stop, dtype=np.int64)
        columns = self.selection.read(indices, self.start_ms, self.end_ms, self.want)
        if columns.start_times is not None and not self.uses_start_times:
            columns = replace(columns, start_times=None)
        if columns.histogram is None:
            return columns
        if not (columns.histogram >= 0).any():
            return replace(columns, histogram=None, histograms=None)
        return with_detected_hints(columns) if self.detects_resets else columns


def find(
    node: VectorSelector,
    context: EvalContext,
    moments: NDArray[np.int64],
    look_back_ms: int,
    *,
    want: Want,
    function: str = "",
) -> Found:
    """Select what `node` matches, to look back from each of `moments` (int64[T])."""
    reach = reach_of(look_back_ms, node.extension, context.lookback_ms)
    end_ms = int(moments[-1]) + reach.after_ms
    start_ms = int(moments[0]) + reach.after_ms - reach.whole_ms + 1
    hints = SelectHints(function, look_back_ms, context.steps.step_ms)
    selection = context.storage.select(context.tenant, node.matchers, start_ms, end_ms, hints)
    return Found(
        selection,
        context.adopt(selection.labels),
        start_ms,
        end_ms,
        want,
        context.detects_resets,
        context.features.use_start_timestamps,
    )


def instant_vector(node: VectorSelector, context: EvalContext, want: Want = Want.VALUES) -> Stream:
    """The samples that each step sees.

    With PRESENCE all values are one zero that is not laid out: for those who read kinds alone.
    """
    return _stream(node, context, want, _presence if want is Want.PRESENCE else _values)


def sample_times(node: VectorSelector, context: EvalContext) -> Stream:
    """When each step's sample was taken, in seconds: `timestamp(selector)`."""
    return _stream(node, context, Want.PRESENCE, _times)


def sample_start_times(node: VectorSelector, context: EvalContext) -> Stream:
    """When each step's sample began to count, in seconds, 0 where that is unknown."""
    return _stream(node, context, Want.PRESENCE, _start_times)


def info_times(node: VectorSelector, context: EvalContext) -> Stream:
    """As `sample_times`; raises ExecutionError where histograms are among the samples."""
    return _stream(node, context, Want.VALUES, _info_times)


def _stream(
    node: VectorSelector, context: EvalContext, want: Want, make_cells: MakeCells
) -> Stream:
    moments = moments_of(node.shift, context.steps)
    found = find(node, context, moments, context.lookback_ms, want=want)
    drop_name = np.zeros(len(found.labels), np.bool_)
    lookback_ms, guard = context.lookback_ms, context.guard

    def produce(rows: slice) -> Frame:
        columns = found.read(rows)
        held = samples_held(columns)
        guard.hold(held)
        timeline, first_row = timelines_of(columns)
        index = np.empty((first_row.size, moments.size), np.int32)
        complete = newest_at_steps(
            columns.times, columns.starts, columns.times_at, first_row, moments, lookback_ms, index
        )
        values, kind = make_cells(columns, Places(timeline, index, complete))
        guard.count_read(columns.samples, values.size if kind is None else count_present(kind))
        guard.release(held)
        frame = Frame(found.labels.take(rows), values, kind, drop_name[rows])
        if columns.histogram is None or make_cells in (_times, _start_times):
            return frame
        return _with_histograms(frame, columns, timeline, index)

    values_per_series = found.selection.samples_per_series + moments.size
    return Stream(
        found.labels, drop_name, batches_of(len(found.labels), values_per_series), produce
    )


def _with_histograms(
    frame: Frame, columns: Columns, timeline: NDArray[np.int32], index: NDArray[np.int32]
) -> Frame:
    assert columns.histogram is not None
    found = index[timeline]
    seen = found >= 0
    at = np.where(seen, columns.starts[:-1, None] + found, 0)
    number = np.where(seen, columns.histogram[at], np.int32(-1))
    kind = np.where(number >= 0, HISTOGRAM, frame.kinds())
    return replace(frame, kind=kind, histogram=number, histograms=columns.histograms)


def timelines_of(columns: Columns) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The timeline of each series, int32[n], and a series of each timeline, int64[L]."""
    timeline = np.empty(columns.series, np.int32)
    first_row = np.empty(columns.series, np.int64)
    count = number_timelines(columns.starts, columns.times_at, timeline, first_row)
    return timeline, first_row[:count]


def _values(columns: Columns, at: Places) -> Cells:
    values = np.empty(at.shape)
    if at.complete and gather_complete(
        columns.values, columns.starts, at.timeline, at.index, values
    ):
        return values, None
    kind = np.empty(at.shape, np.uint8)
    gather(columns.values, columns.starts, at.timeline, at.index, values, kind)
    return values, kind


def _presence(columns: Columns, at: Places) -> Cells:
    no_values = np.broadcast_to(np.float64(0.0), at.shape)
    if at.complete and (columns.blank or not count_stale(columns.values)):
        return no_values, None
    if columns.blank:
        return no_values, (at.index >= 0).view(np.uint8)[at.timeline]
    kind = np.empty(at.shape, np.uint8)
    gather_presence(columns.values, columns.starts, at.timeline, at.index, kind)
    return no_values, kind


def _info_times(columns: Columns, at: Places) -> Cells:
    if columns.histogram is not None:
        raise ExecutionError("this should be an info metric, with float samples")
    return _times(columns, at)


def _times(columns: Columns, at: Places) -> Cells:
    return _seconds(columns, at, columns.times, columns.times_at)


def _start_times(columns: Columns, at: Places) -> Cells:
    start_times = columns.start_times
    if start_times is None:
        start_times = np.zeros(columns.values.size, np.int64)
    return _seconds(columns, at, start_times, columns.starts[:-1])


def _seconds(
    columns: Columns, at: Places, times: NDArray[np.int64], times_at: NDArray[np.int64]
) -> Cells:
    values, kind = np.empty(at.shape), np.empty(at.shape, np.uint8)
    gather_times(
        columns.values, columns.starts, at.timeline, at.index, times, times_at, values, kind
    )
    return values, None if at.complete and kind.all() else kind
