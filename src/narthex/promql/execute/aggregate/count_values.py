"""`count_values`: how many series of a group have each value, the value as a label."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.model.kernels.hashing import group_rows
from narthex.model.label_table import LabelTable
from narthex.model.value import NORMAL_NAN_BITS, format_float_plain
from narthex.promql.execute.aggregate.accumulate import kind_of
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import FLOAT, Frame
from narthex.promql.execute.histogram_cells import HistogramCells
from narthex.promql.execute.names import merged
from narthex.promql.kernels.aggregate import count_cells, value_pairs

HISTOGRAM_MARK = NORMAL_NAN_BITS + (1 << 32)
"""NaN have one pattern of bits here, so that the others are free: one for each histogram."""


def aggregate_count_values(frame: Frame, groups: Groups, label: str, context: EvalContext) -> Frame:
    """One series for each group and value; a label of that name is overwritten.

    Raises TooManySamples: there may be as many series as there are samples.
    """
    bits = _value_bits(frame)
    texts: dict[int, str] = {}
    if frame.histogram is not None:
        frame, bits, texts = _with_histograms(frame, bits)
    distinct = np.unique(bits if frame.kind is None else bits[frame.kind == 1])
    pairs, steps = np.empty((bits.size, 2), np.int32), np.empty(bits.size, np.int32)
    cells = value_pairs(bits, kind_of(frame), groups.of_row, distinct, pairs, steps)
    row_of_cell, first_cell = np.empty(cells, np.int32), np.empty(max(cells, 1), np.int64)
    count = group_rows(pairs[:cells], row_of_cell, first_cell)
    context.guard.hold(count * frame.steps)
    values = np.zeros((count, frame.steps))
    count_cells(row_of_cell, steps[:cells], values)
    group, value = pairs[first_cell[:count]].T
    labels = groups.labels.take(group).with_column(label, _texts(distinct, texts, context)[value])
    kind = None if values.all() else (values > 0).astype(np.uint8)
    return _overwritten(Frame(labels, values, kind, groups.drop_name[group]))


def _value_bits(frame: Frame) -> NDArray[np.uint64]:
    bits = frame.values.view(np.uint64)
    return np.where(np.isnan(frame.values), np.uint64(NORMAL_NAN_BITS), bits)


def _with_histograms(
    frame: Frame, bits: NDArray[np.uint64]
) -> tuple[Frame, NDArray[np.uint64], dict[int, str]]:
    """Cells of histograms as floats whose bits, those of no float that occurs, stand for texts."""
    cells = HistogramCells.of(frame)
    distinct, at = np.unique(cells.number, return_inverse=True)
    shown = [str(cells.histograms.value(row)) for row in distinct.tolist()]
    marks = {text: HISTOGRAM_MARK + i for i, text in enumerate(dict.fromkeys(shown))}
    bits = bits.copy()
    bits[cells.row, cells.step] = np.array([marks[text] for text in shown], np.uint64)[at]
    kind = np.minimum(frame.kinds(), FLOAT)
    return frame.with_values(frame.values, kind), bits, {m: text for text, m in marks.items()}


def _texts(
    distinct: NDArray[np.uint64], histograms: dict[int, str], context: EvalContext
) -> NDArray[np.int32]:
    pairs = zip(distinct.tolist(), distinct.view(np.float64).tolist(), strict=True)
    texts = (histograms.get(bits) or format_float_plain(value) for bits, value in pairs)
    return np.array([context.symbols.intern(text) for text in texts], np.int32)


def _overwritten(frame: Frame) -> Frame:
    # Groups that differed only in the label that now holds the value are one group.
    labels: LabelTable = frame.labels
    group_of_row, first_row = labels.groups()
    if first_row.size == frame.series:
        return frame
    values = np.zeros((first_row.size, frame.steps))
    np.add.at(values, group_of_row, frame.values * frame.kinds())
    kind = (values > 0).astype(np.uint8)
    return merged(Frame(labels.take(first_row), values, kind, frame.drop_name[first_row]))
