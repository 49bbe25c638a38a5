"""Where the buckets of native histograms begin and end."""

from __future__ import annotations

import math

import numpy as np

from narthex.jit import kernel

CUSTOM_SCHEMA = -53
LARGEST = float(np.finfo(np.float64).max)
TOP_EXPONENT = 1024.0


@kernel("float64(int64, int64)")
def exponential_bound(schema, index):
    """The upper bound of a bucket of an exponential schema, 2^(index * 2^-schema).

    The bucket that holds the largest float ends with it, and the next one is of infinities.
    """
    exponent = math.ldexp(float(index), int(-schema))
    if exponent < TOP_EXPONENT:
        return math.pow(2.0, exponent)
    return LARGEST if exponent == TOP_EXPONENT else math.inf


@kernel("float64(int64, const float64[::1], int64, int64, int64)")
def upper_bound(schema, bounds, bounds_start, bounds_end, index):
    """The upper bound of a positive bucket; `bounds[bounds_start:bounds_end]` are custom ones."""
    if schema != CUSTOM_SCHEMA:
        return exponential_bound(schema, index)
    return bounds[bounds_start + index] if index < bounds_end - bounds_start else math.inf


@kernel("float64(int64, const float64[::1], int64, int64)")
def lower_bound(schema, bounds, bounds_start, index):
    """The lower bound of a positive bucket; that of the first custom one is -Inf."""
    if schema != CUSTOM_SCHEMA:
        return exponential_bound(schema, index - 1)
    return bounds[bounds_start + index - 1] if index > 0 else -math.inf


@kernel("int64(int64, int64)")
def coarser(index, shift):
    """The bucket of a schema `shift` steps lower that a bucket is a part of."""
    return ((index - 1) >> shift) + 1
