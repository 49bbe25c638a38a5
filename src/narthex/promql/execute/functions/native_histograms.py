"""Functions of native histograms: what one says of its observations, and quantiles.

Where a classic histogram has the labels of a native one at the same step, neither is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.model.label_table import LabelTable
from narthex.model.labels import BUCKET_LABEL, METRIC_NAME
from narthex.promql.execute import histogram_doubts
from narthex.promql.execute.context import EvalContext, Scalar, Value
from narthex.promql.execute.frame import ABSENT, Frame
from narthex.promql.execute.functions.arguments import frame_of
from narthex.promql.execute.functions.calling import VectorFunction
from narthex.promql.execute.histogram_cells import HistogramCells, with_floats
from narthex.promql.execute.histogram_shapes import (
    NAN_RESULT,
    NAN_SKEW,
    averages,
    fractions,
    quantiles,
    variances,
)
from narthex.promql.execute.names import has_duplicates, merged
from narthex.promql.position import Span
from narthex.promql.syntax.nodes import Call

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


def native_rows(frame: Frame) -> Frame | None:
    """The series of a frame that are histograms at some step."""
    if frame.histogram is None:
        return None
    rows = np.flatnonzero((frame.histogram >= 0).any(axis=1))
    return frame.take(rows) if rows.size else None


def native_quantile(frame: Frame, q: Scalar, at: Span, context: EvalContext) -> Frame:
    """The `q[t]`-quantile of each histogram of a frame that has some."""
    cells = HistogramCells.of(frame)
    values, flags = quantiles(cells.taken(), q[cells.step])
    for name in _names(frame, cells.row[flags == NAN_RESULT], context):
        context.annotations.info(histogram_doubts.quantile_of_nan(name, skewed=False), at)
    for name in _names(frame, cells.row[flags == NAN_SKEW], context):
        context.annotations.info(histogram_doubts.quantile_of_nan(name, skewed=True), at)
    return with_floats(frame, cells, values)


def native_fraction(
    frame: Frame, low: Scalar, high: Scalar, at: Span, context: EvalContext
) -> Frame:
    """The share of observations between two bounds in each histogram of a frame that has some."""
    cells = HistogramCells.of(frame)
    values, flags = fractions(cells.taken(), low[cells.step], high[cells.step])
    for name in _names(frame, cells.row[flags], context):
        context.annotations.info(histogram_doubts.fraction_of_nan(name), at)
    return with_floats(frame, cells, values)


def _names(frame: Frame, rows: Rows, context: EvalContext) -> list[str]:
    if not rows.size:
        return []
    # A name that is dropped at once is gone before Prometheus looks for it here.
    if not context.features.delayed_name_removal:
        return [""]
    return frame.labels.symbols.texts(np.unique(frame.labels.column(METRIC_NAME)[rows]))


def together(classic: Frame, native: Frame, at: Span, context: EvalContext) -> Frame:
    """The answers of classic and native histograms, warning of those that contradict."""
    size = classic.series
    both_labels = LabelTable.concat([classic.labels, native.labels.drop([BUCKET_LABEL])])
    group_of_row, _ = both_labels.groups()
    # Classic rows differ and come first, so that they are the first groups.
    classic_row = group_of_row[size:]
    rows = np.flatnonzero(classic_row < size)
    facing = classic_row[rows]
    kinds, native_kinds = classic.kinds().copy(), native.kinds().copy()
    clash = (kinds[facing] != ABSENT) & (native_kinds[rows] != ABSENT)
    named = native.labels.column(METRIC_NAME)[rows[clash.any(axis=1)]]
    for name in native.labels.symbols.texts(np.unique(named)):
        context.annotations.warn(histogram_doubts.mixed_classic(name), at)
    kinds[facing] = np.where(clash, ABSENT, kinds[facing])
    native_kinds[rows] = np.where(clash, ABSENT, native_kinds[rows])
    frame = Frame(
        LabelTable.concat([classic.labels, native.labels]),
        np.concatenate([classic.values, native.values]),
        np.concatenate([kinds, native_kinds]),
        np.concatenate([classic.drop_name, native.drop_name]),
    )
    return merged(frame) if has_duplicates(frame.labels) else frame


def _of_each(describe: Callable[[Histograms], Floats]) -> VectorFunction:
    def evaluate(arguments: Sequence[Value], _call: Call, _context: EvalContext) -> Value:
        frame = frame_of(arguments[0])
        if frame.histograms is None:
            return frame.with_values(frame.values, np.zeros(frame.values.shape, np.uint8))
        cells = HistogramCells.of(frame)
        return with_floats(frame, cells, describe(cells.histograms)[cells.number])

    return VectorFunction(evaluate, rowwise=True)


NATIVE_HISTOGRAMS: dict[str, VectorFunction] = {
    "histogram_count": _of_each(lambda histograms: histograms.count),
    "histogram_sum": _of_each(lambda histograms: histograms.sum),
    "histogram_avg": _of_each(averages),
    "histogram_stdvar": _of_each(variances),
    "histogram_stddev": _of_each(lambda histograms: np.sqrt(variances(histograms))),
}
