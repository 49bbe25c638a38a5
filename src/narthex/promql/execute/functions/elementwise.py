"""Functions that change each float on its own: arithmetic, trigonometry, clamp, round, dates.

Histograms among the cells become absent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.promql.execute.context import EvalContext, Scalar, Value
from narthex.promql.execute.frame import FLOAT, Frame
from narthex.promql.execute.functions.arguments import frame_of, scalar_of
from narthex.promql.execute.functions.calling import VectorFunction
from narthex.promql.kernels import calendar
from narthex.promql.kernels import elementwise as kernels
from narthex.promql.syntax.nodes import Call

Cells = NDArray[np.float64]
Kernel = Callable[[Cells, Cells], None]


def floats_of(frame: Frame) -> NDArray[np.uint8] | None:
    """The kinds of the cells with only floats left present."""
    if frame.kind is None or not (frame.kind > FLOAT).any():
        return frame.kind
    return np.where(frame.kind == FLOAT, frame.kind, np.uint8(0))


def round_to(arguments: Sequence[Value], _call: Call, context: EvalContext) -> Value:
    """The nearest multiple of the second argument, of 1 without one."""
    frame = frame_of(arguments[0])
    nearest = scalar_of(arguments[1]) if len(arguments) > 1 else context.constant(1.0)
    values = np.empty(frame.values.shape)
    kernels.round_to(frame.values, nearest, values)
    return frame.with_values(values, floats_of(frame))


def clamp(arguments: Sequence[Value], _call: Call, _context: EvalContext) -> Value:
    """Values kept between two bounds; nothing at all at steps where the bounds are crossed."""
    frame, low, high = frame_of(arguments[0]), scalar_of(arguments[1]), scalar_of(arguments[2])
    clamped = _clamped(frame, low, high)
    crossed = high < low
    if not crossed.any():
        return clamped
    kind = clamped.kinds().copy()
    kind[:, crossed] = 0
    return clamped.with_values(clamped.values, kind)


def clamp_min(arguments: Sequence[Value], _call: Call, context: EvalContext) -> Value:
    """Values kept above a bound."""
    low, high = scalar_of(arguments[1]), context.constant(math.inf)
    return _clamped(frame_of(arguments[0]), low, high)


def clamp_max(arguments: Sequence[Value], _call: Call, context: EvalContext) -> Value:
    """Values kept below a bound."""
    low, high = context.constant(-math.inf), scalar_of(arguments[1])
    return _clamped(frame_of(arguments[0]), low, high)


def _clamped(frame: Frame, low: Scalar, high: Scalar) -> Frame:
    values = np.empty(frame.values.shape)
    kernels.clamp(frame.values, low, high, values)
    return frame.with_values(values, floats_of(frame))


def _by(function: Callable[[Cells], Cells]) -> VectorFunction:
    def evaluate(arguments: Sequence[Value], _call: Call, _context: EvalContext) -> Value:
        frame = frame_of(arguments[0])
        with np.errstate(all="ignore"):
            values = function(frame.values)
        return frame.with_values(values, floats_of(frame))

    return VectorFunction(evaluate, rowwise=True)


def _sgn(values: Cells) -> Cells:
    signs = np.empty(values.shape)
    kernels.sgn(values, signs)
    return signs


def _date(kernel: Kernel) -> VectorFunction:
    def evaluate(arguments: Sequence[Value], _call: Call, context: EvalContext) -> Value:
        frame = frame_of(arguments[0]) if arguments else time_vector(context)
        parts = np.empty(frame.values.shape)
        kernel(frame.values, parts)
        return frame.with_values(parts, floats_of(frame))

    return VectorFunction(evaluate, rowwise=True)


def time_vector(context: EvalContext) -> Frame:
    """`vector(time())`, what dates are taken of when no argument is given."""
    return scalar_vector(context.steps.times_ms() / 1000, context)


def scalar_vector(scalar: Scalar, context: EvalContext) -> Frame:
    """One series without labels."""
    labels = LabelTable.unlabelled(context.symbols)
    return Frame(labels, scalar.reshape(1, -1), None, np.zeros(1, np.bool_))


ELEMENTWISE: dict[str, VectorFunction] = {
    "abs": _by(np.abs),
    "ceil": _by(np.ceil),
    "floor": _by(np.floor),
    "exp": _by(np.exp),
    "sqrt": _by(np.sqrt),
    "ln": _by(np.log),
    "log2": _by(np.log2),
    "log10": _by(np.log10),
    "sin": _by(np.sin),
    "cos": _by(np.cos),
    "tan": _by(np.tan),
    "asin": _by(np.arcsin),
    "acos": _by(np.arccos),
    "atan": _by(np.arctan),
    "sinh": _by(np.sinh),
    "cosh": _by(np.cosh),
    "tanh": _by(np.tanh),
    "asinh": _by(np.arcsinh),
    "acosh": _by(np.arccosh),
    "atanh": _by(np.arctanh),
    "rad": _by(lambda values: values * math.pi / 180),
    "deg": _by(lambda values: values * 180 / math.pi),
    "sgn": _by(_sgn),
    "round": VectorFunction(round_to, rowwise=True),
    "clamp": VectorFunction(clamp, rowwise=True),
    "clamp_min": VectorFunction(clamp_min, rowwise=True),
    "clamp_max": VectorFunction(clamp_max, rowwise=True),
    "minute": _date(calendar.minute),
    "hour": _date(calendar.hour),
    "day_of_week": _date(calendar.day_of_week),
    "day_of_month": _date(calendar.day_of_month),
    "day_of_year": _date(calendar.day_of_year),
    "days_in_month": _date(calendar.days_in_month),
    "month": _date(calendar.month),
    "year": _date(calendar.year),
}
