"""Functions of scalars and of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from narthex.promql.execute.context import EvalContext, Value
from narthex.promql.execute.frame import FLOAT
from narthex.promql.execute.functions.arguments import frame_of, scalar_of
from narthex.promql.execute.functions.calling import VectorFunction
from narthex.promql.execute.functions.elementwise import scalar_vector
from narthex.promql.kernels.elementwise import go_max, go_min
from narthex.promql.syntax.nodes import Call


def scalar(arguments: Sequence[Value], _call: Call, context: EvalContext) -> Value:
    """The only float at each step; NaN where there is none or more than one."""
    frame = frame_of(arguments[0])
    if not frame.series:
        return context.constant(math.nan)
    if frame.kind is None:
        return frame.values[0].copy() if frame.series == 1 else context.constant(math.nan)
    floats = frame.kind == FLOAT
    found = frame.values[floats.argmax(axis=0), np.arange(frame.steps)]
    return np.where(floats.sum(axis=0) == 1, found, math.nan)


def vector(arguments: Sequence[Value], _call: Call, context: EvalContext) -> Value:
    """One series without labels."""
    return scalar_vector(scalar_of(arguments[0]), context)


def time(_arguments: Sequence[Value], _call: Call, context: EvalContext) -> Value:
    """The moment of each step in seconds."""
    return context.steps.times_ms() / 1000


def timestamp(arguments: Sequence[Value], _call: Call, context: EvalContext) -> Value:
    """The moment of each step, in seconds, where a series is present.

    Only a bare selector knows when its samples were taken; the engine answers that one itself.
    """
    frame = frame_of(arguments[0])
    kind = None if frame.kind is None else np.minimum(frame.kind, FLOAT)
    return frame.with_values(np.tile(context.steps.times_ms() / 1000, (frame.series, 1)), kind)


def _constant(value: Callable[[EvalContext], float]) -> VectorFunction:
    def evaluate(_arguments: Sequence[Value], _call: Call, context: EvalContext) -> Value:
        return context.constant(value(context))

    return VectorFunction(evaluate)


def _of_two(choose: Callable[[float, float], float]) -> VectorFunction:
    def evaluate(arguments: Sequence[Value], _call: Call, _context: EvalContext) -> Value:
        pairs = zip(scalar_of(arguments[0]), scalar_of(arguments[1]), strict=True)
        return np.array([choose(a, b) for a, b in pairs], np.float64)

    return VectorFunction(evaluate)


SCALARS: dict[str, VectorFunction] = {
    "scalar": VectorFunction(scalar),
    "vector": VectorFunction(vector),
    "time": VectorFunction(time),
    "timestamp": VectorFunction(timestamp, rowwise=True),
    "pi": _constant(lambda _: math.pi),
    "start": _constant(lambda context: context.start_ms() / 1000),
    "end": _constant(lambda context: context.end_ms() / 1000),
    "range": _constant(lambda context: (context.end_ms() - context.start_ms()) / 1000),
    "step": _constant(lambda context: context.query.step_ms / 1000),
    "max_of": _of_two(go_max),
    "min_of": _of_two(go_min),
}
