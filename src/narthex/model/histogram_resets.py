"""What changed from one native histogram to the next: a counter restarted, or nothing did."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.model.kernels.histogram_resets import compare_rows, detect_resets

Rows = NDArray[np.int64]
_A = NDArray[Any]


def resets(histograms: Histograms, previous: Rows, current: Rows) -> NDArray[np.bool_]:
    """Whether the counter was reset between rows `previous` and `current` (int64[k]), bool[k].

    The later one's hint decides where it knows. Else a reset is a count or a bucket that fell or
    vanished, a finer schema, a narrower zero bucket or one that now cuts a populated bucket, and a
    switch between exponential and custom buckets. Changed custom bounds are compared by those that
    both have.
    """
    out = np.empty(previous.size, np.bool_)
    detect_resets(
        histograms.schema,
        histograms.hint,
        *_columns(histograms),
        np.ascontiguousarray(previous, np.int64),
        np.ascontiguousarray(current, np.int64),
        out,
    )
    return out


def equal(histograms: Histograms, left: Rows, right: Rows) -> NDArray[np.bool_]:
    """Whether rows `left` and `right` (int64[k]) count the same, bool[k].

    Empty buckets and reset hints do not matter; NaN equals NaN.
    """
    out = np.empty(left.size, np.bool_)
    compare_rows(
        histograms.schema,
        *_columns(histograms),
        np.ascontiguousarray(left, np.int64),
        np.ascontiguousarray(right, np.int64),
        out,
    )
    return out


def _columns(histograms: Histograms) -> tuple[_A, _A, _A, _A, _A, _A, _A, _A, _A]:
    table = histograms.layouts
    return (
        histograms.fields(),
        histograms.layout,
        histograms.starts,
        histograms.buckets,
        table.starts,
        table.positives,
        table.indices,
        table.bound_starts,
        table.bounds,
    )
