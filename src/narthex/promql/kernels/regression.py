"""Lines through the samples of a window: deriv, predict_linear, double exponential smoothing.

Sums are compensated and in the order of the samples, as Prometheus takes them. Windows are
`lower[timeline, t]:upper[timeline, t]`, counted from a series' first sample; one of fewer than two
samples gets 0.0, and its absence is the caller's to note.
"""

from __future__ import annotations

import math

from narthex.jit import kernel
from narthex.promql.kernels.sums import compensated_add


@kernel(
    "void(const int64[::1], const int64[::1], const int32[:, ::1], const int32[:, ::1],"
    " const int64[:, ::1], float64[:, :, ::1])"
)
def sums_of_times(times, times_at, lower, upper, origins_ms, sums):
    """The sums over x and x squared of each window, x in seconds since `origins_ms[l, t]`.

    Timeline l begins at `times_at[l]`. Writes `sums[l, t]`, once for all series of a timeline.
    """
    for line in range(lower.shape[0]):
        for t in range(lower.shape[1]):
            sum_x = 0.0
            rest_x = 0.0
            sum_xx = 0.0
            rest_xx = 0.0
            for j in range(times_at[line] + lower[line, t], times_at[line] + upper[line, t]):
                x = float(times[j] - origins_ms[line, t]) / 1e3
                sum_x, rest_x = compensated_add(x, sum_x, rest_x)
                sum_xx, rest_xx = compensated_add(x * x, sum_xx, rest_xx)
            sums[line, t, 0] = sum_x + rest_x
            sums[line, t, 1] = sum_xx + rest_xx


@kernel(
    "UniTuple(float64, 2)(const float64[::1], int64, const int64[::1], int64, int64, int64,"
    " float64, float64)"
)
def fitted_line(values, value_at, times, time_at, count, origin_ms, sum_x, sum_xx):
    """Least squares over `count` samples: the slope per second, and the height at `origin_ms`.

    A constant series has slope 0 exactly; a constant infinity has neither (NaN).
    """
    sum_y = 0.0
    sum_xy = 0.0
    rest_y = 0.0
    rest_xy = 0.0
    first = values[value_at]
    constant = True
    for j in range(count):
        y = values[value_at + j]
        if j > 0 and y != first:
            constant = False
        x = float(times[time_at + j] - origin_ms) / 1e3
        sum_y, rest_y = compensated_add(y, sum_y, rest_y)
        sum_xy, rest_xy = compensated_add(x * y, sum_xy, rest_xy)
    if constant:
        if math.isinf(first):
            return math.nan, math.nan
        return 0.0, first
    sum_y += rest_y
    sum_xy += rest_xy
    samples = float(count)
    slope = (sum_xy - sum_x * sum_y / samples) / (sum_xx - sum_x * sum_x / samples)
    return slope, sum_y / samples - slope * sum_x / samples


@kernel(
    "void(const float64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int32[::1], const int32[:, ::1], const int32[:, ::1], const int64[:, ::1],"
    " const float64[:, :, ::1], float64[:, ::1])"
)
def deriv(values, starts, times, times_at, timeline, lower, upper, origins_ms, sums, out):
    """The slope per second of the line through each window; `sums` are of `sums_of_times`."""
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(lower.shape[1]):
            first = lower[line, t]
            count = upper[line, t] - first
            out[i, t] = 0.0
            if count >= 2:
                slope, _ = fitted_line(
                    values,
                    starts[i] + first,
                    times,
                    times_at[i] + first,
                    count,
                    origins_ms[line, t],
                    sums[line, t, 0],
                    sums[line, t, 1],
                )
                out[i, t] = slope


@kernel(
    "void(const float64[::1], const int64[::1], const int64[::1], const int64[::1],"
    " const int32[::1], const int32[:, ::1], const int32[:, ::1], const int64[:, ::1],"
    " const float64[:, :, ::1], const float64[::1], float64[:, ::1])"
)
def predict_linear(
    values, starts, times, times_at, timeline, lower, upper, origins_ms, sums, ahead_s, out
):
    """Where the line through each window will be `ahead_s[t]` seconds after its origin."""
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(lower.shape[1]):
            first = lower[line, t]
            count = upper[line, t] - first
            out[i, t] = 0.0
            if count >= 2:
                slope, height = fitted_line(
                    values,
                    starts[i] + first,
                    times,
                    times_at[i] + first,
                    count,
                    origins_ms[line, t],
                    sums[line, t, 0],
                    sums[line, t, 1],
                )
                out[i, t] = slope * ahead_s[t] + height


@kernel(
    "void(const float64[::1], const int64[::1], const int32[::1], const int32[:, ::1],"
    " const int32[:, ::1], const float64[::1], const float64[::1], float64[:, ::1])"
)
def double_exponential_smoothing(values, starts, timeline, lower, upper, smoothing, trending, out):
    """The smoothed last value of each window, its trend smoothed as well (Holt's method)."""
    for i in range(timeline.size):
        line = timeline[i]
        for t in range(lower.shape[1]):
            first = starts[i] + lower[line, t]
            end = starts[i] + upper[line, t]
            out[i, t] = 0.0
            if end - first < 2:
                continue
            before = 0.0
            level = values[first]
            trend = values[first + 1] - values[first]
            for j in range(first + 1, end):
                if j > first + 1:
                    trend = trending[t] * (level - before) + (1 - trending[t]) * trend
                raw = smoothing[t] * values[j]
                carried = (1 - smoothing[t]) * (level + trend)
                before = level
                level = raw + carried
            out[i, t] = level
