"""Sums that agree with Prometheus's: compensated one by one, or from exact enough prefixes.

Prometheus adds the samples of each window with Neumaier's compensation. Windows overlap, so adding
each anew costs its length; `prefix_sums` keeps running totals in two doubles instead (106 bits) and
a window is the difference of two of them. `window_sum` says when that difference is surely as good
as the compensated sum, and the caller adds one by one when it is not.
"""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel

PREFIX_MARGIN = 2.0**-57
"""Per sample of the series, how small a window's sum may be beside the largest prefix.

The prefixes err by at most `samples * 2**-103 * largest`, so a sum above
`samples * 2**-57 * largest` has a relative error below 2**-46 (1.4e-14).
"""

LARGEST_PREFIX = 1e300
"""Beyond this the exact additions below could overflow."""

LARGEST_SQUARED = 1e140
"""Values up to this can be squared and added without overflow."""

SPLITTER = 2.0**27 + 1.0
"""Times this, a double falls into two halves of 26 bits (Veltkamp)."""


@kernel("UniTuple(float64, 2)(float64, float64, float64)")
def compensated_add(increment, total, compensation):
    """One step of Neumaier's sum: the new (total, compensation).

    An infinite total takes no compensation, so that it does not become NaN.
    """
    new = total + increment
    if math.isinf(new):
        return new, 0.0
    if abs(total) >= abs(increment):
        return new, compensation + ((total - new) + increment)
    return new, compensation + ((increment - new) + total)


@kernel("float64(const float64[::1], int64, int64)")
def compensated_sum(values, start, end):
    """The sum of `values[start:end]` as Prometheus adds it (NaN and infinities included)."""
    total = 0.0
    compensation = 0.0
    for j in range(start, end):
        total, compensation = compensated_add(values[j], total, compensation)
    if math.isinf(total):
        return total
    return total + compensation


@kernel("float64(const float64[::1], int64, int64)")
def compensated_mean(values, start, end):
    """The mean of `values[start:end]` (not empty) as Prometheus takes it.

    The sum is divided at the end; once it would overflow, the mean is carried on incrementally.
    """
    total = values[start]
    compensation = 0.0
    mean = 0.0
    incremental = False
    for j in range(start + 1, end):
        count = float(j - start + 1)
        if not incremental:
            new, new_compensation = compensated_add(values[j], total, compensation)
            if not math.isinf(new):
                total = new
                compensation = new_compensation
                continue
            incremental = True
            mean = total / (count - 1.0)
            compensation /= count - 1.0
        kept = (count - 1.0) / count
        mean, compensation = compensated_add(values[j] / count, kept * mean, kept * compensation)
    if incremental:
        return mean + compensation
    count = float(end - start)
    return total / count + compensation / count


@kernel("float64(const float64[::1], int64, int64, float64[::1], float64[::1])")
def prefix_sums(values, start, end, high, low):
    """Running totals of `values[start:end]` as `high[j] + low[j]`, j samples in (index 0: none).

    Returns the largest of them, infinite when a value is not finite.
    """
    total = 0.0
    rest = 0.0
    largest = 0.0
    high[0] = 0.0
    low[0] = 0.0
    for j in range(end - start):
        value = values[start + j]
        new = total + value
        part = new - total
        error = ((total - (new - part)) + (value - part)) + rest
        total = new + error
        rest = error - (total - new)
        high[j + 1] = total
        low[j + 1] = rest
        size = abs(total)
        if not size <= LARGEST_PREFIX:
            return math.inf
        if size > largest:
            largest = size
    return largest


@kernel("float64(const float64[::1], const float64[::1], int64, int64)")
def window_sum(high, low, lower, upper):
    """The sum of samples [lower, upper) from `prefix_sums`; trust it above the margin only."""
    return (high[upper] - high[lower]) + (low[upper] - low[lower])


@kernel("UniTuple(float64, 2)(float64, float64)")
def exact_sum(a, b):
    """a + b as a rounded sum and what the rounding lost (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


@kernel("UniTuple(float64, 2)(float64, float64)")
def exact_product(a, b):
    """a * b as a rounded product and what the rounding lost (Dekker), below about 1e300."""
    product = a * b
    scaled = a * SPLITTER
    a_high = scaled - (scaled - a)
    a_low = a - a_high
    scaled = b * SPLITTER
    b_high = scaled - (scaled - b)
    b_low = b - b_high
    lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, lost


@kernel("float64(const float64[::1], int64, int64, float64[::1], float64[::1])")
def prefix_squares(values, start, end, high, low):
    """As `prefix_sums`, of the squares of `values[start:end]`."""
    total = 0.0
    rest = 0.0
    high[0] = 0.0
    low[0] = 0.0
    for j in range(end - start):
        value = values[start + j]
        if not abs(value) <= LARGEST_SQUARED:
            return math.inf
        square, lost = exact_product(value, value)
        new, error = exact_sum(total, square)
        error += rest + lost
        total = new + error
        rest = error - (total - new)
        high[j + 1] = total
        low[j + 1] = rest
    return total


@kernel(
    "float64(const float64[::1], const float64[::1], const float64[::1], const float64[::1],"
    " int64, int64)"
)
def window_deviation(high, low, squares_high, squares_low, lower, upper):
    """The sum of squared distances to the mean of samples [lower, upper).

    From `prefix_sums` and `prefix_squares`: the sum of squares less the squared sum over the count,
    both in two doubles. Trust it above a margin only.
    """
    count = float(upper - lower)
    total, rest = exact_sum(high[upper], -high[lower])
    rest += low[upper] - low[lower]
    squares, squares_rest = exact_sum(squares_high[upper], -squares_high[lower])
    squares_rest += squares_low[upper] - squares_low[lower]
    squared, squared_rest = exact_product(total, total)
    squared_rest += 2.0 * total * rest
    share = squared / count
    back, lost = exact_product(share, count)
    share_rest = (((squared - back) - lost) + squared_rest) / count
    difference, difference_rest = exact_sum(squares, -share)
    return difference + (difference_rest + (squares_rest - share_rest))


@kernel("float64(const int32[:, ::1], const int32[:, ::1], int64)")
def window_overlap(lower, upper, line):
    """How many windows a sample of timeline `line` lies in, on average."""
    steps = lower.shape[1]
    total = 0
    for t in range(steps):
        total += upper[line, t] - lower[line, t]
    span = max(np.int64(upper[line, steps - 1]) - np.int64(lower[line, 0]), 1)
    return total / span
