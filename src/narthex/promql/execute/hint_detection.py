"""Reset hints that are made out while samples are read, where only count and sum are asked for.

`histogram_count(sum(x))` never looks at buckets, so Prometheus reads such samples without them and
says of each that is not sure whether the counter was reset before it. Warnings depend on it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from narthex.model.histogram_columns import HINT_NOT_RESET, HINT_RESET, HINT_UNKNOWN
from narthex.model.histogram_resets import resets
from narthex.storage.interface import Columns

DETECTING = ("histogram_avg", "histogram_count", "histogram_sum")
"""Functions below which hints are made out."""

NEEDING_BUCKETS = ("histogram_fraction", "histogram_quantile", "histogram_quantiles")
"""Functions below which they are not, whatever is around."""


def with_detected_hints(columns: Columns) -> Columns:
    """The same samples, each histogram of unknown hint compared with the one before it."""
    if columns.histogram is None or columns.histograms is None:
        return columns
    places = np.flatnonzero(columns.histogram >= 0)
    number = columns.histogram[places].astype(np.int64)
    series = np.searchsorted(columns.starts, places, side="right")
    before, after = number[:-1], number[1:]
    compared = (series[1:] == series[:-1]) & (columns.histograms.hint[after] == HINT_UNKNOWN)
    before, after = before[compared], after[compared]
    hint = columns.histograms.hint.copy()
    restarted = resets(columns.histograms, before, after)
    hint[after] = np.where(restarted, np.uint8(HINT_RESET), np.uint8(HINT_NOT_RESET))
    return replace(columns, histograms=replace(columns.histograms, hint=hint))
