"""The answer of a query as it leaves the engine: still columns, ready to be encoded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.model.label_table import LabelTable


@dataclass(frozen=True, slots=True)
class ScalarResult:
    """One number at one moment."""

    time_ms: int
    value: float


@dataclass(frozen=True, slots=True)
class StringResult:
    """One text at one moment."""

    time_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class VectorResult:
    """One sample a series at one moment: `values` float64[n]. The order of rows is meant.

    `histogram` int32[n] is the row of `histograms` where the sample is a native histogram, -1 where
    it is a float; None when all are floats.
    """

    labels: LabelTable
    time_ms: int
    values: NDArray[np.float64]
    histogram: NDArray[np.int32] | None = None
    histograms: Histograms | None = None


@dataclass(frozen=True, slots=True)
class MatrixResult:
    """Samples of n series, sorted by labels.

    Those of series i are `values[starts[i]:starts[i + 1]]` at `times_ms` of the same places
    (int64[n + 1], float64[m], int64[m]). `histogram` int32[m] is the row of `histograms` where the
    sample is a native histogram, -1 where it is a float; None when all are floats.
    """

    labels: LabelTable
    starts: NDArray[np.int64]
    times_ms: NDArray[np.int64]
    values: NDArray[np.float64]
    histogram: NDArray[np.int32] | None = None
    histograms: Histograms | None = None


Result = ScalarResult | StringResult | VectorResult | MatrixResult
