"""deriv, predict_linear, double_exponential_smoothing: where series are going."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from narthex.promql.errors import ExecutionError
from narthex.promql.execute.context import EvalContext, Scalar
from narthex.promql.execute.frame import Frame, Windows
from narthex.promql.execute.functions.answers import answer, room, times_at, windows_with
from narthex.promql.execute.functions.calling import RangeFunction
from narthex.promql.execute.functions.native_over_time import floats_alone
from narthex.promql.kernels import regression as kernels
from narthex.promql.syntax.nodes import Call

Timed = tuple[
    NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64],
    NDArray[np.int32], NDArray[np.int32], NDArray[np.int32],
]  # fmt: skip
"""What kernels that look at values and times take first."""


def deriv(
    windows: Windows, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
) -> Frame:
    """The slope per second. Times count from a window's first sample, so that they stay small."""
    values = room(windows)
    # An empty window at the end of the last timeline looks past all times.
    times = np.append(windows.columns.times, 0)
    origins = times[times_at(windows)[:, None] + windows.lower]
    kernels.deriv(*_timed(windows), origins, _sums_of_times(windows, origins), values)
    return answer(windows, values, windows_with(windows, 2))


def predict_linear(
    windows: Windows, scalars: Sequence[Scalar], _call: Call, _context: EvalContext
) -> Frame:
    """The value that the slope leads to some seconds after the query's own step."""
    values = room(windows)
    origins = np.tile(windows.eval_ms, (windows.lower.shape[0], 1))
    sums = _sums_of_times(windows, origins)
    kernels.predict_linear(*_timed(windows), origins, sums, scalars[0], values)
    return answer(windows, values, windows_with(windows, 2))


def _timed(windows: Windows) -> Timed:
    columns = windows.columns
    return (
        columns.values, columns.starts, columns.times, columns.times_at, windows.timeline,
        windows.lower, windows.upper,
    )  # fmt: skip


def _sums_of_times(windows: Windows, origins_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    sums = np.empty((*windows.lower.shape, 2))
    kernels.sums_of_times(
        windows.columns.times, times_at(windows), windows.lower, windows.upper, origins_ms, sums
    )
    return sums


def double_exponential_smoothing(
    windows: Windows, scalars: Sequence[Scalar], _call: Call, _context: EvalContext
) -> Frame:
    """The value smoothed, and its trend. Raises ExecutionError for factors outside (0, 1)."""
    seen = windows_with(windows, 1).any(axis=0)
    _check_factor("smoothing", "sf", scalars[0][seen])
    _check_factor("trend", "tf", scalars[1][seen])
    values, columns = room(windows), windows.columns
    kernels.double_exponential_smoothing(
        columns.values, columns.starts, windows.timeline, windows.lower, windows.upper,
        scalars[0], scalars[1], values,
    )  # fmt: skip
    return answer(windows, values, windows_with(windows, 2))


def _check_factor(name: str, short: str, factors: NDArray[np.float64]) -> None:
    wrong = factors[(factors <= 0) | (factors >= 1)]
    if wrong.size:
        raise ExecutionError(f"invalid {name} factor. Expected: 0 < {short} < 1, got: {wrong[0]:f}")


TRENDS: dict[str, RangeFunction] = {
    function.__name__: RangeFunction(function, floats_alone(function))
    for function in (deriv, predict_linear, double_exponential_smoothing)
}
