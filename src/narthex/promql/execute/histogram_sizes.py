"""What native histograms count as where samples held in memory are counted: several floats each.

The measure is Prometheus's: the bytes of a histogram by those of a float with its time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.storage.interface import Columns

STRUCTURE_BYTES = 168
"""A histogram without buckets."""

PART_BYTES = 8
"""A bucket, a custom bound, or a span, of which each side with buckets has one at least."""

SAMPLE_BYTES = 16


def samples_held(columns: Columns) -> int:
    """How many samples these are."""
    if columns.histogram is None or columns.histograms is None:
        return columns.samples
    rows = columns.histogram[columns.histogram >= 0]
    return columns.samples - rows.size + int(sizes(columns.histograms)[rows].sum())


def sizes(histograms: Histograms) -> NDArray[np.int64]:
    """How many samples each counts as, int64[h]."""
    layouts = histograms.layouts
    spans = (layouts.positives > 0).astype(np.int64) + (layouts.sizes > layouts.positives)
    parts = layouts.sizes + np.diff(layouts.bound_starts) + spans
    each: NDArray[np.int64] = (STRUCTURE_BYTES + PART_BYTES * parts) // SAMPLE_BYTES
    return each[histograms.layout]
