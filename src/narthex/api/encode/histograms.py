"""Native histograms in answers: `[time,{"count":"3","sum":"4.5","buckets":[...]}]` as JSON.

A kernel writes the texts of all histograms of a chunk; here they only find their series.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from narthex.api.encode.kernels import (
    BUCKET_BYTES_MAX,
    HISTOGRAM_BYTES_MAX,
    POINT_BYTES_MAX,
    put_histograms,
    put_instant,
    put_series,
)
from narthex.model.histogram_columns import Histograms, run_bounds
from narthex.promql.result import MatrixResult, VectorResult


def encode_instant(result: VectorResult, first: int, last: int) -> list[bytes]:
    """`"value":[...]` or `"histogram":[...]` of each of the series [first, last)."""
    assert result.histogram is not None
    assert result.histograms is not None
    rows = result.histogram[first:last]
    out = np.empty(rows.size * POINT_BYTES_MAX, np.uint8)
    ends = np.empty(rows.size, np.int64)
    put_instant(out, ends, result.values[first:last], result.time_ms)
    texts = [b'"value":' + point for point in split(out, ends)]
    places = np.flatnonzero(rows >= 0)
    times = np.full(places.size, result.time_ms, np.int64)
    found = histogram_points(result.histograms.take(rows[places]), times)
    for place, text in zip(places.tolist(), found, strict=True):
        texts[place] = b'"histogram":' + text
    return texts


def encode_series(result: MatrixResult, first: int, last: int) -> list[bytes]:
    """`"values":[...]`, `"histograms":[...]` or both of each of the series [first, last)."""
    assert result.histogram is not None
    assert result.histograms is not None
    part = slice(int(result.starts[first]), int(result.starts[last]))
    starts = result.starts[first : last + 1] - result.starts[first]
    rows, times = result.histogram[part], result.times_ms[part]
    native = rows >= 0
    points = histogram_points(result.histograms.take(rows[native]), times[native])
    bounds = run_bounds(native.astype(np.int64))[starts]
    float_starts = starts - bounds
    values = result.values[part][~native]
    out = np.empty(values.size * POINT_BYTES_MAX + 2 * (last - first), np.uint8)
    ends = np.empty(last - first, np.int64)
    put_series(out, float_starts, times[~native], values, 0, last - first, ends)
    floats = split(out, ends)
    return [
        b",".join(
            [
                *([b'"values":' + text] if len(text) > len(b"[]") else ()),
                *([b'"histograms":[%s]' % b",".join(points[a:b])] if b > a else ()),
            ]
        )
        for text, (a, b) in zip(floats, pairwise(bounds.tolist()), strict=True)
    ]


def histogram_points(histograms: Histograms, times_ms: NDArray[np.int64]) -> list[bytes]:
    """The text of each histogram with its time, int64[h]."""
    size, table = len(histograms), histograms.layouts
    room = size * HISTOGRAM_BYTES_MAX + (size + histograms.buckets.size) * BUCKET_BYTES_MAX
    out, ends = np.empty(room, np.uint8), np.empty(size, np.int64)
    put_histograms(
        out, ends, times_ms, histograms.schema, histograms.fields(), histograms.layout,
        histograms.starts, histograms.buckets, table.starts, table.positives, table.indices,
        table.bound_starts, table.bounds,
    )  # fmt: skip
    return split(out, ends)


def split(out: NDArray[np.uint8], ends: NDArray[np.int64]) -> list[bytes]:
    """The texts that a kernel wrote one after the other."""
    data = out.data
    return [bytes(data[a:b]) for a, b in pairwise([0, *ends.tolist()])]
