"""Functions of histograms: quantiles and fractions, worked out here for classic ones.

A classic histogram is a set of series that differ in `le` only. Bounds are read once per distinct
text, rows are grouped once, and a kernel goes over histograms and steps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import BUCKET_LABEL, METRIC_NAME
from narthex.model.value import format_float_general
from narthex.promql.execute.context import EvalContext, Scalar, Value
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.functions import doubts
from narthex.promql.execute.functions.arguments import frame_of, scalar_of, text_of
from narthex.promql.execute.functions.calling import VectorFunction
from narthex.promql.execute.functions.native_histograms import (
    NATIVE_HISTOGRAMS,
    native_fraction,
    native_quantile,
    native_rows,
    together,
)
from narthex.promql.kernels import quantile as kernels
from narthex.promql.position import Span
from narthex.promql.syntax.nodes import Call
from narthex.storage.interface import Want

FLOAT_TEXT = re.compile(
    r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)|nan", re.IGNORECASE | re.ASCII
)
HEXADECIMAL = re.compile(
    r"[+-]?0x(?:[0-9a-f]+\.?[0-9a-f]*|\.[0-9a-f]+)p[+-]?\d+", re.IGNORECASE | re.ASCII
)


def parse_bound(text: str) -> float | None:
    """An upper bound as Go's `ParseFloat` reads it; None when it is no number."""
    if FLOAT_TEXT.fullmatch(text):
        return float(text)
    return float.fromhex(text) if HEXADECIMAL.fullmatch(text) else None


@dataclass(frozen=True, slots=True)
class Classic:
    """The classic histograms in a frame.

    Histogram g is `labels` row g (without `le`) and has the buckets
    `rows[starts[g]:starts[g + 1]]` of the frame, ordered by their upper `bounds`.
    """

    frame: Frame
    labels: LabelTable
    drop_name: NDArray[np.bool_]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    bounds: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int]:
        """Histograms and steps."""
        return self.starts.size - 1, self.frame.steps

    def answer(self, values: NDArray[np.float64], kind: NDArray[np.uint8]) -> Frame:
        """One value a histogram and step."""
        return Frame(self.labels, values, kind, self.drop_name)


def classic_histograms(frame: Frame, at: Span, context: EvalContext) -> Classic:
    """Group the rows of a frame into histograms; warn of rows whose `le` is no number."""
    bounds, readable = _bounds_of(frame.labels)
    if not readable.all():
        _warn_of_bounds(frame, ~readable, at, context)
    rows = np.flatnonzero(readable)
    series = frame.labels.take(rows).drop([BUCKET_LABEL])
    histogram_of_row, first_row = series.groups()
    order = np.lexsort((bounds[rows], histogram_of_row))
    starts = np.zeros(first_row.size + 1, np.int64)
    np.cumsum(np.bincount(histogram_of_row, minlength=first_row.size), out=starts[1:])
    rows = rows[order]
    drop_name = frame.drop_name[readable][first_row]
    return Classic(frame, series.take(first_row), drop_name, rows, starts, bounds[rows])


def _bounds_of(labels: LabelTable) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    distinct, at = np.unique(labels.column(BUCKET_LABEL), return_inverse=True)
    parsed = [parse_bound(labels.symbols.text(symbol)) for symbol in distinct.tolist()]
    bounds = np.array([0.0 if bound is None else bound for bound in parsed])
    readable = np.array([bound is not None for bound in parsed], np.bool_)
    return bounds[at], readable[at]


def _warn_of_bounds(
    frame: Frame, unreadable: NDArray[np.bool_], at: Span, context: EvalContext
) -> None:
    seen = frame.take(unreadable).without_empty_rows().labels.keep([METRIC_NAME, BUCKET_LABEL])
    for labels in seen.take(seen.groups()[1]).to_labels():
        message = doubts.bad_bucket_label(labels.metric_name, labels.get(BUCKET_LABEL))
        context.annotations.warn(message, at)


def histogram_quantile(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """The quantile of each histogram; it may differ from step to step."""
    q, frame = scalar_of(arguments[0]), frame_of(arguments[1])
    _warn_of_quantiles(q, call.args[0].span, context)
    at = call.args[1].span
    classic, native = classic_histograms(frame.floats(), at, context), native_rows(frame)
    repairs = doubts.Repairs()
    answer = _quantile(classic, q, repairs, context)
    repairs.tell(context.annotations, at)
    if native is None:
        return answer
    return together(answer, native_quantile(native, q, at, context), at, context)


def histogram_quantiles(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """Several quantiles of each histogram, told apart by a label."""
    frame, name, at = frame_of(arguments[0]), text_of(call.args[1]), call.args[0].span
    classic, native = classic_histograms(frame.floats(), at, context), native_rows(frame)
    repairs = doubts.Repairs()
    answers: list[Frame] = []
    for argument, node in zip(arguments[2:], call.args[2:], strict=True):
        q = scalar_of(argument)
        _warn_of_quantiles(q, node.span, context)
        whole = _quantile(classic, q, repairs, context)
        if native is not None:
            whole = together(whole, native_quantile(native, q, at, context), at, context)
        for value in np.unique(q).tolist():
            at_steps = np.isnan(q) if math.isnan(value) else q == value
            answers.append(_labelled(whole, name, value, at_steps, context))
    repairs.tell(context.annotations, at)
    return _stacked(answers)


def histogram_fraction(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """The share of observations between two bounds."""
    low, high, frame = scalar_of(arguments[0]), scalar_of(arguments[1]), frame_of(arguments[2])
    at, native = call.args[2].span, native_rows(frame)
    classic = classic_histograms(frame.floats(), at, context)
    values, kind = np.empty(classic.shape), np.empty(classic.shape, np.uint8)
    kernels.histogram_fraction(
        frame.values, classic.frame.kinds(), classic.rows, classic.starts, classic.bounds, low,
        high, values, kind,
    )  # fmt: skip
    answer = classic.answer(values, kind)
    if native is None:
        return answer
    return together(answer, native_fraction(native, low, high, at, context), at, context)


def _quantile(classic: Classic, q: Scalar, repairs: doubts.Repairs, context: EvalContext) -> Frame:
    values, kind = np.empty(classic.shape), np.empty(classic.shape, np.uint8)
    seen = np.zeros((classic.shape[0], 3), np.int64)
    repair = np.tile([math.inf, -math.inf, 0.0], (classic.shape[0], 1))
    kernels.histogram_quantile(
        classic.frame.values, classic.frame.kinds(), classic.rows, classic.starts,
        classic.bounds, q, values, kind, seen, repair,
    )  # fmt: skip
    _note_repairs(classic.labels, seen, repair, repairs, context)
    return classic.answer(values, kind)


def _note_repairs(
    labels: LabelTable,
    seen: NDArray[np.int64],
    repair: NDArray[np.float64],
    repairs: doubts.Repairs,
    context: EvalContext,
) -> None:
    needed = np.flatnonzero(seen[:, 0])
    if not needed.size:
        return
    times = context.steps.times_ms()
    # A name that is dropped at once is gone before Prometheus looks for it here.
    named = context.features.delayed_name_removal
    names = labels.symbols.texts(labels.column(METRIC_NAME)[needed])
    for name, (count, first, last), (lowest, highest, largest) in zip(
        names, seen[needed].tolist(), repair[needed].tolist(), strict=True
    ):
        start_ms, end_ms = int(times[first]), int(times[last])
        repairs.add(
            name if named else "",
            doubts.Repair(count, start_ms, end_ms, lowest, highest, largest),
        )


def _warn_of_quantiles(q: Scalar, at: Span, context: EvalContext) -> None:
    for value in np.unique(q).tolist():
        if doubts.is_invalid_quantile(value):
            context.annotations.warn(doubts.invalid_quantile(value), at)


def _labelled(
    frame: Frame, name: str, q: float, at_steps: NDArray[np.bool_], context: EvalContext
) -> Frame:
    """The steps of `frame` that were asked for quantile `q`, labelled with it."""
    symbol = context.symbols.intern(openmetrics_float(q))
    labels = frame.labels.with_column(name, np.full(frame.series, symbol, np.int32))
    kind = np.where(at_steps, frame.kinds(), np.uint8(0))
    return Frame(labels, frame.values, kind, frame.drop_name)


def openmetrics_float(value: float) -> str:
    """As OpenMetrics writes bounds and quantiles: `1.0`, `0.5`, `+Inf`."""
    text = format_float_general(value)
    return f"{text}.0" if text.lstrip("-").isdigit() else text


def _stacked(frames: Sequence[Frame]) -> Frame:
    return Frame(
        LabelTable.concat([frame.labels for frame in frames]),
        np.concatenate([frame.values for frame in frames]),
        np.concatenate([frame.kinds() for frame in frames]),
        np.concatenate([frame.drop_name for frame in frames]),
    )


def start_timestamp(arguments: Sequence[Value], _call: Call, _context: EvalContext) -> Value:
    """Nothing: only a selector's samples tell their start, and the engine reads those itself."""
    frame = frame_of(arguments[0])
    return frame.with_values(frame.values, np.zeros(frame.values.shape, np.uint8))


HISTOGRAMS: dict[str, VectorFunction] = {
    "histogram_quantile": VectorFunction(histogram_quantile),
    "histogram_quantiles": VectorFunction(histogram_quantiles),
    "histogram_fraction": VectorFunction(histogram_fraction),
    "start_timestamp": VectorFunction(start_timestamp, rowwise=True, want=Want.PRESENCE),
    **NATIVE_HISTOGRAMS,
}
