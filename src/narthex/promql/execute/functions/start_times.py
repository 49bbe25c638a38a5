"""Counters of samples that tell when they began to count: what rate, irate and resets make of it.

Used where a batch has start times at all; the others never come here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame, Windows
from narthex.promql.execute.functions import doubts
from narthex.promql.execute.functions.answers import room
from narthex.promql.execute.functions.mixed import Doubts, Spans
from narthex.promql.kernels import start_times as kernels
from narthex.promql.syntax.nodes import Call
from narthex.storage.interface import Columns

Flags = NDArray[np.bool_]


def restarts_of(columns: Columns) -> Flags:
    """Which samples begin a counter anew, bool[m]; histograms by their start times alone."""
    assert columns.start_times is not None
    restarts = np.empty(columns.values.size, np.bool_)
    kernels.find_restarts(
        columns.values, columns.starts, columns.times, columns.times_at, columns.start_times,
        restarts,
    )  # fmt: skip
    return restarts


def counter_increase(windows: Windows, reach: NDArray[np.float64], divisor_s: float) -> Frame:
    """What counters gained in each window, over `divisor_s`; `reach` is of `rate.extrapolation`."""
    values, columns = room(windows), windows.columns
    kind = np.empty(values.shape, np.uint8)
    kernels.counter_increase(
        columns.values, restarts_of(columns), columns.starts, columns.times, columns.times_at,
        columns.start_times, windows.timeline, windows.lower, windows.upper, windows.ends_ms,
        windows.range_ms, reach, divisor_s, values, kind,
    )  # fmt: skip
    return Frame(windows.labels, values, None if kind.all() else kind, windows.drop_name)


def instant_rate(windows: Windows) -> NDArray[np.float64]:
    """What counters gained per second between their last two samples, float64[n, T]."""
    values, columns = room(windows), windows.columns
    kernels.instant_rate(
        columns.values, restarts_of(columns), columns.starts, columns.times, columns.times_at,
        windows.timeline, windows.lower, windows.upper, values,
    )  # fmt: skip
    return values


def count_restarts(windows: Windows) -> NDArray[np.float64]:
    """How often counters began anew, float64[n, T]."""
    values, columns = room(windows), windows.columns
    kernels.count_restarts(
        restarts_of(columns), columns.starts, windows.timeline, windows.lower, windows.upper,
        values,
    )  # fmt: skip
    return values


def begin_inside(windows: Windows, spans: Spans) -> Flags:
    """Whose first sample began within the window and before it was taken, bool[k]."""
    first_ms, began_ms = windows.columns.times[spans.first], _began_ms(windows, spans)
    inside = began_ms > windows.ends_ms[spans.step] - windows.range_ms
    flags: Flags = (began_ms != 0) & inside & (began_ms < first_ms)
    return flags


def seconds_since_start(windows: Windows, spans: Spans) -> NDArray[np.float64]:
    """From the start that the first sample of each window tells to the last sample."""
    seconds: NDArray[np.float64] = (
        windows.columns.times[spans.last] - _began_ms(windows, spans)
    ) / 1000
    return seconds


def _began_ms(windows: Windows, spans: Spans) -> NDArray[np.int64]:
    assert windows.columns.start_times is not None
    return windows.columns.start_times[spans.first]


def doubt_overlaps(windows: Windows, call: Call, context: EvalContext) -> None:
    """Warn of samples that began before the sample before them was taken."""
    overlapping, columns = np.empty(windows.series, np.bool_), windows.columns
    kernels.find_overlaps(
        columns.starts, columns.times, columns.times_at, columns.start_times, windows.timeline,
        windows.lower, windows.upper, overlapping,
    )  # fmt: skip
    told = Doubts(windows, call, context)
    told.warn(doubts.overlapping_start_times, np.flatnonzero(overlapping))
