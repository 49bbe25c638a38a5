"""What changed from one native histogram to the next: a counter restarted, or nothing did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import (
    HINT_GAUGE,
    HINT_NOT_RESET,
    HINT_RESET,
    HINT_UNKNOWN,
    BucketLayouts,
    Histograms,
    interned,
)
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


def hints_when_read(histograms: Histograms, previous: Rows) -> NDArray[np.uint8]:
    """What a store that keeps runs of one layout knows of each sample's reset, uint8[h].

    `previous` int64[h] is the row of the sample before it in its series, -1 when there is none or
    it is a float. A gauge is a gauge; a counter that went on, with resolution, zero bucket and
    custom bounds as they were, was not reset; of any other nothing is known, as the run it
    begins may have lost its predecessor. What samples claim of resets is used as far as they
    claim one.
    """
    claims = np.where(histograms.hint == HINT_NOT_RESET, np.uint8(HINT_UNKNOWN), histograms.hint)
    unsure = replace(histograms, hint=claims)
    gauges = histograms.hint == HINT_GAUGE
    current = np.flatnonzero(~gauges & (previous >= 0))
    before = previous[current]
    went_on = (
        ~gauges[before]
        & _same_shape(histograms, before, current)
        & ~resets(unsure, before, current)
    )
    hints = np.where(gauges, np.uint8(HINT_GAUGE), np.uint8(HINT_UNKNOWN))
    hints[current[went_on]] = HINT_NOT_RESET
    return hints


def hints_in_sequence(histograms: Histograms, previous: Rows) -> NDArray[np.uint8]:
    """The hints of samples that are read one after another with their buckets, uint8[h].

    `previous` as for `hints_when_read`. What is unknown of a sample that follows another is found
    out: it was reset, or not.
    """
    unknown = histograms.hint == HINT_UNKNOWN
    current = np.flatnonzero(unknown & (previous >= 0))
    hints = histograms.hint.copy()
    was_reset = resets(histograms, previous[current], current)
    hints[current] = np.where(was_reset, np.uint8(HINT_RESET), np.uint8(HINT_NOT_RESET))
    return hints


def _same_shape(histograms: Histograms, left: Rows, right: Rows) -> NDArray[np.bool_]:
    bounds = _bounds_id(histograms.layouts)[histograms.layout]
    columns = histograms.schema, histograms.zero_threshold, bounds
    same = np.ones(left.size, np.bool_)
    for column in columns:
        same &= column[left] == column[right]
    return same


def _bounds_id(layouts: BucketLayouts) -> NDArray[np.int32]:
    nothing = np.zeros(len(layouts), np.int32)
    starts = np.zeros(len(layouts) + 1, np.int64)
    alone = replace(layouts, starts=starts, positives=nothing, indices=np.zeros(0, np.int32))
    return interned(alone)[0]


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
