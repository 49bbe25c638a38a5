"""The value of a plan to the answer of a query: labels settled, series sorted, absence gone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.symbols import EMPTY
from narthex.promql.execute.context import EvalContext, Value
from narthex.promql.execute.frame import ABSENT, Frame, Windows
from narthex.promql.execute.names import flagged_names_removed
from narthex.promql.kernels.result import cells_to_answer
from narthex.promql.result import (
    MatrixResult,
    Result,
    ScalarResult,
    StringResult,
    VectorResult,
)


def instant_answer(value: Value, context: EvalContext) -> Result:
    """One moment: a scalar, a text or a vector in the frame's order."""
    time_ms = context.steps.start_ms
    if isinstance(value, str):
        return StringResult(time_ms, value)
    if not isinstance(value, Frame):
        return ScalarResult(time_ms, float(value[0]))
    frame = flagged_names_removed(value.without_empty_rows())
    number = None if frame.histogram is None else np.ascontiguousarray(frame.histogram[:, 0])
    values = np.ascontiguousarray(frame.values[:, 0])
    return VectorResult(frame.labels, time_ms, values, number, frame.histograms)


def range_answer(value: Value, context: EvalContext) -> MatrixResult:
    """Every step: one series without labels for a scalar, else series sorted by labels."""
    assert not isinstance(value, str)
    if not isinstance(value, Frame):
        labels = LabelTable.unlabelled(context.symbols)
        value = Frame(labels, value[None, :], None, np.zeros(1, np.bool_))
    frame = flagged_names_removed(value.without_empty_rows())
    order = sorted_rows(frame.labels)
    labels, moments = frame.labels.take(order), context.steps.times_ms()
    if frame.kind is None:
        starts = np.arange(frame.series + 1, dtype=np.int64) * frame.steps
        times = np.tile(moments, frame.series)
        return MatrixResult(labels, starts, times, frame.values[order].reshape(-1))
    values = np.empty(frame.values.size)
    times, starts = np.empty(values.size, np.int64), np.empty(frame.series + 1, np.int64)
    used = cells_to_answer(
        np.ascontiguousarray(frame.values), frame.kind, order, moments, values, starts, times
    )
    number = None
    if frame.histogram is not None:
        number = frame.histogram[order][frame.kind[order] != ABSENT]
    return MatrixResult(labels, starts, times[:used], values[:used], number, frame.histograms)


def windows_answer(windows: Windows) -> MatrixResult:
    """The samples of a range vector at one moment, series sorted by labels."""
    columns, lines = windows.columns, windows.timeline
    first = windows.lower[lines, 0].astype(np.int64)
    count = windows.upper[lines, 0].astype(np.int64) - first
    rows = sorted_rows(windows.labels)
    rows = rows[count[rows] > 0]
    starts = np.zeros(rows.size + 1, np.int64)
    np.cumsum(count[rows], out=starts[1:])
    within = np.arange(starts[-1]) - np.repeat(starts[:-1], count[rows])
    value_at = np.repeat(columns.starts[:-1][rows] + first[rows], count[rows]) + within
    time_at = np.repeat(columns.times_at[rows] + first[rows], count[rows]) + within
    return MatrixResult(
        windows.labels.take(rows), starts, columns.times[time_at], columns.values[value_at],
        None if columns.histogram is None else columns.histogram[value_at], columns.histograms,
    )  # fmt: skip


def sorted_rows(labels: LabelTable) -> NDArray[np.int64]:
    """Rows in Prometheus's order of label sets, int64[n].

    Sets compare pair by pair, name before value, and a set that ends comes first. Column by column
    in the order of names: a row without the label comes behind those with it, as its next name is
    a later one, unless it has no more labels at all: then it comes before them.
    """
    keys: list[NDArray[np.int64]] = []
    ended = np.ones(len(labels), np.bool_)
    for name in sorted(labels.columns, reverse=True):
        ids = labels.columns[name]
        distinct, at = np.unique(ids, return_inverse=True)
        texts = [labels.symbols.text(symbol) for symbol in distinct.tolist()]
        rank = np.empty(distinct.size, np.int64)
        rank[sorted(range(distinct.size), key=texts.__getitem__)] = np.arange(distinct.size)
        absent = ids == EMPTY
        keys.append(np.where(absent, np.where(ended, -1, distinct.size), rank[at]))
        ended &= absent
    if not keys:
        return np.arange(len(labels))
    return np.lexsort(keys).astype(np.int64)
