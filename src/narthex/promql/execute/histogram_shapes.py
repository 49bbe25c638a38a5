"""What native histograms say of the distribution of their observations.

Each function takes columns, one histogram a row, and answers with arrays or columns of the same
length.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.promql.kernels.histogram_quantile import (
    NAN_RESULT,
    NAN_SKEW,
    native_fractions,
    native_quantiles,
)
from narthex.promql.kernels.histogram_spread import native_variances
from narthex.promql.kernels.histogram_trim import native_trimmed

__all__ = ["NAN_RESULT", "NAN_SKEW", "averages", "fractions", "quantiles", "trimmed", "variances"]

Floats = NDArray[np.float64]
_A = NDArray[Any]
_Columns = tuple[_A, _A, _A, _A, _A, _A, _A, _A, _A, _A]
"""What every kernel takes first."""


def quantiles(histograms: Histograms, phi: Floats) -> tuple[Floats, NDArray[np.uint8]]:
    """The quantile `phi` (float64[h]) of each, and uint8[h]: `NAN_RESULT`, `NAN_SKEW` or 0.

    NaN without observations; -Inf and +Inf for phi below 0 and above 1.
    """
    out, flags = np.empty(len(histograms)), np.empty(len(histograms), np.uint8)
    native_quantiles(*_columns(histograms), np.ascontiguousarray(phi), out, flags)
    return out, flags


def fractions(
    histograms: Histograms, lower: Floats, upper: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """The fraction of observations between `lower` and `upper`, float64[h] each.

    NaN without observations. The second, bool[h], says where observations of NaN were left out.
    """
    out = np.empty(len(histograms))
    native_fractions(
        *_columns(histograms), np.ascontiguousarray(lower), np.ascontiguousarray(upper), out
    )
    return out, np.isnan(histograms.sum)


def averages(histograms: Histograms) -> Floats:
    """The mean of the observations; NaN without any."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return histograms.sum / histograms.count


def variances(histograms: Histograms) -> Floats:
    """The population variance of the observations, estimated from the middles of buckets."""
    out = np.empty(len(histograms))
    native_variances(*_columns(histograms), out)
    return out


def trimmed(histograms: Histograms, values: Floats, *, below: bool) -> Histograms:
    """What of each is at most its value (`below`) or at least, float64[h].

    Count and sum of what lost something are estimated anew; the rest stays as it was.
    """
    fields, buckets = histograms.fields(), histograms.buckets.copy()
    native_trimmed(*_columns(histograms), np.ascontiguousarray(values), below, fields, buckets)
    return replace(
        histograms, zero_count=fields[1], count=fields[2], sum=fields[3], buckets=buckets
    )


def _columns(histograms: Histograms) -> _Columns:
    table = histograms.layouts
    return (
        histograms.schema,
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
