"""The `*_over_time` functions but for `absent_over_time`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from narthex.model.histogram_sums import averaged, combined
from narthex.promql.execute.context import EvalContext, Scalar
from narthex.promql.execute.frame import Frame, Windows
from narthex.promql.execute.functions import doubts
from narthex.promql.execute.functions.answers import answer, room, times_at, windows_with
from narthex.promql.execute.functions.calling import RangeEvaluation, RangeFunction
from narthex.promql.execute.functions.native_over_time import (
    Reduce,
    every_sample,
    first_sample,
    floats_alone,
    last_sample,
    reduced,
)
from narthex.promql.kernels import over_time as kernels
from narthex.promql.kernels import quantile as quantiles
from narthex.promql.syntax.nodes import Call
from narthex.storage.interface import Want

Kernel = Callable[..., None]

MAX = 1.0
MIN = -1.0


def count_over_time(
    windows: Windows, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
) -> Frame:
    """How many samples."""
    counts = (windows.upper - windows.lower).astype(np.float64)
    return answer(windows, counts[windows.timeline], windows_with(windows, 1))


def present_over_time(
    windows: Windows, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
) -> Frame:
    """1 where there is a sample."""
    return answer(windows, np.ones((windows.series, windows.steps)), windows_with(windows, 1))


def quantile_over_time(
    windows: Windows, scalars: Sequence[Scalar], call: Call, context: EvalContext
) -> Frame:
    """The quantile of the values; it may differ from step to step."""
    values, columns = room(windows), windows.columns
    quantiles.quantile_over_time(
        columns.values, columns.starts, windows.timeline, windows.lower, windows.upper,
        scalars[0], values,
    )  # fmt: skip
    present = windows_with(windows, 1)
    for q in np.unique(scalars[0][present.any(axis=0)]).tolist():
        if doubts.is_invalid_quantile(q):
            context.annotations.warn(doubts.invalid_quantile(q), call.args[0].span)
    return answer(windows, values, present)


def _of_values(kernel: Kernel) -> RangeEvaluation:
    def evaluate(
        windows: Windows, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
    ) -> Frame:
        values, columns = room(windows), windows.columns
        kernel(
            columns.values, columns.starts, windows.timeline, windows.lower, windows.upper, values
        )
        return answer(windows, values, windows_with(windows, 1))

    return evaluate


def _extreme(sign: float) -> RangeFunction:
    def evaluate(
        windows: Windows, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
    ) -> Frame:
        values, columns = room(windows), windows.columns
        kernels.extreme_over_time(
            columns.values, columns.starts, windows.timeline, windows.lower, windows.upper,
            sign, values,
        )  # fmt: skip
        return answer(windows, values, windows_with(windows, 1))

    return RangeFunction(evaluate, floats_alone(evaluate))


def _time_of_extreme(sign: float) -> RangeFunction:
    def evaluate(
        windows: Windows, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
    ) -> Frame:
        values, columns = room(windows), windows.columns
        kernels.extreme_time_over_time(
            columns.values, columns.starts, columns.times, columns.times_at, windows.timeline,
            windows.lower, windows.upper, sign, values,
        )  # fmt: skip
        return answer(windows, values, windows_with(windows, 1))

    return RangeFunction(evaluate, floats_alone(evaluate))


def _time_of_edge(kernel: Kernel) -> RangeFunction:
    def evaluate(
        windows: Windows, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
    ) -> Frame:
        times = np.empty(windows.lower.shape)
        kernel(windows.columns.times, times_at(windows), windows.lower, windows.upper, times)
        return answer(windows, times[windows.timeline], windows_with(windows, 1))

    return RangeFunction(evaluate, every_sample(evaluate), want=Want.PRESENCE)


def _floats(evaluate: RangeEvaluation) -> RangeFunction:
    return RangeFunction(evaluate, floats_alone(evaluate))


def _reduced(kernel: Kernel, reduce: Reduce) -> RangeFunction:
    evaluate = _of_values(kernel)
    return RangeFunction(evaluate, reduced(evaluate, reduce))


def _every(evaluate: RangeEvaluation) -> RangeFunction:
    return RangeFunction(evaluate, every_sample(evaluate), want=Want.PRESENCE)


OVER_TIME: dict[str, RangeFunction] = {
    "avg_over_time": _reduced(kernels.avg_over_time, averaged),
    "sum_over_time": _reduced(kernels.sum_over_time, combined),
    "stddev_over_time": _floats(_of_values(kernels.stddev_over_time)),
    "stdvar_over_time": _floats(_of_values(kernels.stdvar_over_time)),
    "mad_over_time": _floats(_of_values(quantiles.mad_over_time)),
    "first_over_time": RangeFunction(
        _of_values(kernels.first_over_time), first_sample, keeps_name=True
    ),
    "last_over_time": RangeFunction(
        _of_values(kernels.last_over_time), last_sample, keeps_name=True
    ),
    "min_over_time": _extreme(MIN),
    "max_over_time": _extreme(MAX),
    "ts_of_min_over_time": _time_of_extreme(MIN),
    "ts_of_max_over_time": _time_of_extreme(MAX),
    "ts_of_first_over_time": _time_of_edge(kernels.first_times),
    "ts_of_last_over_time": _time_of_edge(kernels.last_times),
    "count_over_time": _every(count_over_time),
    "present_over_time": _every(present_over_time),
    "quantile_over_time": _floats(quantile_over_time),
}
