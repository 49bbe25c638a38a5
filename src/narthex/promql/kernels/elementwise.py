"""What numpy's own loops lack: Go's min and max in `clamp`, ties upwards in `round`, `sgn`.

Scalars of a query may differ from step to step, so they come as one number a column. Cells are
independent; absent ones are computed along and stay absent.
"""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel


@kernel("float64(float64, float64)")
def go_max(a, b):
    """The larger one as Go's `math.Max` has it: +Inf beats NaN, NaN beats all else."""
    if a == math.inf or b == math.inf:
        return math.inf
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if a == 0 and b == 0:
        return b if math.copysign(1.0, a) < 0 else a
    return max(a, b)


@kernel("float64(float64, float64)")
def go_min(a, b):
    """The smaller one as Go's `math.Min` has it: -Inf beats NaN, NaN beats all else."""
    if a == -math.inf or b == -math.inf:
        return -math.inf
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if a == 0 and b == 0:
        return a if math.copysign(1.0, a) < 0 else b
    return min(a, b)


@kernel("void(const float64[:, ::1], const float64[::1], const float64[::1], float64[:, ::1])")
def clamp(values, low, high, out):
    """`values` float64[n, T] kept between `low[t]` and `high[t]`."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            out[i, t] = go_max(low[t], go_min(high[t], values[i, t]))


@kernel("void(const float64[:, ::1], const float64[::1], float64[:, ::1])")
def round_to(values, nearest, out):
    """`values` float64[n, T] rounded to multiples of `nearest[t]`, ties upwards.

    By the inverse of `nearest`, as Prometheus does it: fewer results end in ...0001.
    """
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            inverse = 1.0 / nearest[t]
            # Not `math.floor`: that one makes an integer, which NaN and infinity are not.
            out[i, t] = np.floor(values[i, t] * inverse + 0.5) / inverse


@kernel("void(const float64[:, ::1], float64[:, ::1])")
def sgn(values, out):
    """-1, 1, or the value itself where it is zero or NaN."""
    for i in range(values.shape[0]):
        for t in range(values.shape[1]):
            value = values[i, t]
            if value < 0:
                out[i, t] = -1.0
            elif value > 0:
                out[i, t] = 1.0
            else:
                out[i, t] = value
