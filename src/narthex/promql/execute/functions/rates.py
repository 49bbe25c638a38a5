"""rate, increase, delta, irate, idelta, resets, changes: how series move."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from narthex.model.labels import METRIC_NAME, TYPE_LABEL
from narthex.promql.execute.context import EvalContext, Scalar
from narthex.promql.execute.frame import Frame, Windows
from narthex.promql.execute.functions import doubts, start_times
from narthex.promql.execute.functions.answers import (
    Presence,
    answer,
    room,
    times_at,
    windows_with,
)
from narthex.promql.execute.functions.calling import RangeFunction
from narthex.promql.execute.functions.extended import (
    anchored_windows,
    change_of,
    extension_of,
)
from narthex.promql.execute.functions.native_rates import (
    count_changes,
    count_resets,
    counter_change,
    gauge_change,
    instant_change,
)
from narthex.promql.kernels import rate as kernels
from narthex.promql.syntax.nodes import Call

RateKernel = Callable[..., None]


def rate(windows: Windows, _scalars: Sequence[Scalar], call: Call, context: EvalContext) -> Frame:
    """What counters gained per second."""
    return _counter_change(windows, windows.range_ms / 1000, call, context)


def increase(
    windows: Windows, _scalars: Sequence[Scalar], call: Call, context: EvalContext
) -> Frame:
    """What counters gained over the range."""
    return _counter_change(windows, 1.0, call, context)


def delta(windows: Windows, _scalars: Sequence[Scalar], call: Call, _context: EvalContext) -> Frame:
    """How much gauges changed over the range."""
    extension = extension_of(call)
    if extension is not None:
        return answer(windows, *change_of(windows, extension, 1.0, counter=False))
    values, columns = room(windows), windows.columns
    kernels.extrapolated_delta(
        columns.values, columns.starts, windows.timeline, windows.lower, windows.upper,
        _reach(windows, 1.0), values,
    )  # fmt: skip
    return answer(windows, values, windows_with(windows, 2))


def irate(
    windows: Windows, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
) -> Frame:
    """What counters gained per second between their last two samples."""
    if windows.columns.start_times is not None:
        return answer(windows, start_times.instant_rate(windows), windows_with(windows, 2))
    values, columns = room(windows), windows.columns
    kernels.instant_rate(
        columns.values, columns.starts, columns.times, columns.times_at, windows.timeline,
        windows.lower, windows.upper, values,
    )  # fmt: skip
    return answer(windows, values, windows_with(windows, 2))


def _counter_change(windows: Windows, divisor_s: float, call: Call, context: EvalContext) -> Frame:
    extension = extension_of(call)
    if extension is None and windows.columns.start_times is not None:
        return _change_since_start(windows, divisor_s, call, context)
    if extension is None:
        values, present = _increase(windows, divisor_s), windows_with(windows, 2)
    else:
        values, present = change_of(windows, extension, divisor_s, counter=True)
    _doubt_counters(windows, np.any(present, axis=1)[windows.timeline], call, context)
    return answer(windows, values, present)


def _change_since_start(
    windows: Windows, divisor_s: float, call: Call, context: EvalContext
) -> Frame:
    gained = start_times.counter_increase(windows, _reach(windows, divisor_s), divisor_s)
    start_times.doubt_overlaps(windows, call, context)
    _doubt_counters(windows, np.any(gained.kinds(), axis=1), call, context)
    return gained


def _increase(windows: Windows, divisor_s: float) -> NDArray[np.float64]:
    values, columns = room(windows), windows.columns
    kernels.extrapolated_increase(
        columns.values, columns.starts, windows.timeline, windows.lower, windows.upper,
        _reach(windows, divisor_s), divisor_s, values,
    )  # fmt: skip
    return values


def _reach(windows: Windows, divisor_s: float) -> NDArray[np.float64]:
    reach = np.empty((*windows.lower.shape, 4))
    kernels.extrapolation(
        windows.columns.times, times_at(windows), windows.lower, windows.upper, windows.ends_ms,
        windows.range_ms, divisor_s, reach,
    )  # fmt: skip
    return reach


def _doubt_counters(
    windows: Windows, answered: NDArray[np.bool_], call: Call, context: EvalContext
) -> None:
    """Note series that have a rate and do not look like counters: once for each name."""
    naming = [METRIC_NAME, TYPE_LABEL] if context.features.type_and_unit_labels else [METRIC_NAME]
    names = windows.labels.keep(naming).take(answered)
    for name in names.take(names.groups()[1]).to_labels():
        metric, type_ = name.metric_name, name.get(TYPE_LABEL)
        if not metric:
            continue
        if context.features.type_and_unit_labels:
            if type_ not in doubts.COUNTER_TYPES:
                message = doubts.type_of_no_counter(metric, type_)
                context.annotations.info(message, call.args[0].span)
        elif not metric.endswith(doubts.COUNTER_SUFFIXES):
            context.annotations.info(doubts.name_of_no_counter(metric), call.args[0].span)


def idelta(
    windows: Windows, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
) -> Frame:
    """The difference of the last two samples."""
    return _counted(windows, kernels.instant_delta, windows_with(windows, 2))


def resets(
    windows: Windows, _scalars: Sequence[Scalar], call: Call, _context: EvalContext
) -> Frame:
    """How often counters were reset."""
    windows = anchored_windows(windows) if extension_of(call) else windows
    if windows.columns.start_times is not None:
        return answer(windows, start_times.count_restarts(windows), windows_with(windows, 1))
    return _counted(windows, kernels.count_resets, windows_with(windows, 1))


def changes(
    windows: Windows, _scalars: Sequence[Scalar], call: Call, _context: EvalContext
) -> Frame:
    """How often values changed."""
    windows = anchored_windows(windows) if extension_of(call) else windows
    return _counted(windows, kernels.count_changes, windows_with(windows, 1))


def _counted(windows: Windows, kernel: RateKernel, present: Presence) -> Frame:
    values, columns = room(windows), windows.columns
    kernel(columns.values, columns.starts, windows.timeline, windows.lower, windows.upper, values)
    return answer(windows, values, present)


RATES: dict[str, RangeFunction] = {
    "rate": RangeFunction(rate, counter_change(rate, per_second=True)),
    "increase": RangeFunction(increase, counter_change(increase, per_second=False)),
    "delta": RangeFunction(delta, gauge_change(delta)),
    "irate": RangeFunction(irate, instant_change(irate, per_second=True)),
    "idelta": RangeFunction(idelta, instant_change(idelta, per_second=False)),
    "resets": RangeFunction(resets, count_resets),
    "changes": RangeFunction(changes, count_changes),
}
