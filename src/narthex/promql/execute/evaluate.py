"""A node of the plan to its value: the one place that walks the tree.

An operator never evaluates its own operands; it is handed them. A vector is handed on as a
`Stream`, so that what can go batch by batch does, and is collected by whoever needs it whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from narthex.model.label_table import LabelTable
from narthex.promql.errors import NotBuilt
from narthex.promql.execute.aggregate.dispatch import aggregated
from narthex.promql.execute.binary.scalars import scalar_scalar, vector_scalar
from narthex.promql.execute.binary.sets import SET_OPERATORS, set_operation
from narthex.promql.execute.binary.vectors import vector_vector
from narthex.promql.execute.context import EvalContext, Scalar, Value
from narthex.promql.execute.frame import Frame, Steps, Windows
from narthex.promql.execute.functions.calling import RangeFunction, VectorFunction
from narthex.promql.execute.functions.registry import RANGE_FUNCTIONS, VECTOR_FUNCTIONS
from narthex.promql.execute.hint_detection import DETECTING, NEEDING_BUCKETS
from narthex.promql.execute.invariant import repeated, repeated_scalar
from narthex.promql.execute.names import without_name
from narthex.promql.execute.selector import instant_vector, sample_start_times, sample_times
from narthex.promql.execute.shared import shared_value
from narthex.promql.execute.smoothed import smoothed_vector
from narthex.promql.execute.stream import Stream
from narthex.promql.execute.subquery import inner_steps, samples_of
from narthex.promql.execute.unary import negated
from narthex.promql.execute.windowed import WindowStream
from narthex.promql.execute.windows import range_vector
from narthex.promql.plan.nodes import PlanNode, PresenceOnly, Shared, StepInvariant
from narthex.promql.syntax.nodes import (
    Aggregation,
    BinaryExpr,
    Call,
    Extension,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    Subquery,
    UnaryExpr,
    VectorSelector,
)
from narthex.storage.interface import Want

NO_CELLS = (np.zeros((0, 0)), None, np.zeros(0, np.bool_))
"""Values, kinds and flags of no series at no step."""

Outcome = Stream | Scalar | str
"""A value whose vector may still be on its way."""


def evaluate(node: PlanNode, context: EvalContext) -> Value:
    """The value of a plan at `context.steps`. Raises QueryError."""
    held = context.guard.held
    outcome = stream(node, context)
    value = outcome.collect(context) if isinstance(outcome, Stream) else outcome
    context.guard.settle(held, _samples(value))
    return value


def _samples(value: Value) -> int:
    if isinstance(value, str):
        return 1
    return value.values.size if isinstance(value, Frame) else value.size


def stream(node: PlanNode, context: EvalContext) -> Outcome:
    """The value of a plan, its vector batch by batch where that is possible."""
    context.guard.check()
    return OPERATORS[type(node)](node, context)


def _selector(node: VectorSelector, context: EvalContext) -> Stream:
    select = smoothed_vector if node.extension is Extension.SMOOTHED else instant_vector
    return select(node, context)


def _vector(node: PlanNode, context: EvalContext) -> Stream:
    outcome = stream(node, context)
    assert isinstance(outcome, Stream)
    return outcome


def _invariant(node: StepInvariant, context: EvalContext) -> Outcome:
    if context.steps.count == 1:
        return stream(node.expr, context)
    once = context.at(Steps.instant(context.steps.start_ms))
    outcome = stream(node.expr, once)
    if isinstance(outcome, str):
        return outcome
    if isinstance(outcome, Stream):
        return repeated(outcome.collect(once), context.steps.count)
    return repeated_scalar(outcome, context.steps.count)


def _shared(node: Shared, context: EvalContext) -> Outcome:
    value = shared_value(node, context, lambda: evaluate(node.expr, context))
    return Stream.of(value) if isinstance(value, Frame) else value


def _unary(node: UnaryExpr, context: EvalContext) -> Outcome:
    outcome = stream(node.expr, context)
    assert not isinstance(outcome, str)
    if node.operator == "+":
        return outcome
    return negated(outcome, context) if isinstance(outcome, Stream) else -outcome


def _binary(node: BinaryExpr, context: EvalContext) -> Outcome:
    context = context.detecting_resets(False)
    left, right = stream(node.left, context), stream(node.right, context)
    assert not isinstance(left, str)
    assert not isinstance(right, str)
    if isinstance(left, Stream) and isinstance(right, Stream):
        frames = left.collect(context), right.collect(context)
        if node.operator in SET_OPERATORS:
            return Stream.of(set_operation(node, *frames))
        return Stream.of(vector_vector(node, *frames, context))
    if isinstance(left, Stream):
        assert not isinstance(right, Stream)
        return vector_scalar(node, left, right, context, vector_left=True)
    if isinstance(right, Stream):
        return vector_scalar(node, right, left, context, vector_left=False)
    return scalar_scalar(node, left, right, context)


def _aggregation(node: Aggregation, context: EvalContext) -> Stream:
    parameter = None if node.parameter is None else evaluate(node.parameter, context)
    held = context.guard.held
    frame = aggregated(node, _vector(node.expr, context), parameter, context)
    context.guard.settle(held, frame.values.size)
    return Stream.of(frame)


def _call(node: Call, context: EvalContext) -> Outcome:
    if node.function in RANGE_FUNCTIONS:
        return _range_call(node, RANGE_FUNCTIONS[node.function], context)
    if node.function == "timestamp":
        selector = _bare_selector(node.args[0])
        if selector is not None:
            return without_name(sample_times(selector, context), context)
    if node.function == "start_timestamp" and context.features.use_start_timestamps:
        selector = _bare_selector(node.args[0])
        if selector is not None:
            return without_name(sample_start_times(selector, context), context)
    if node.function not in VECTOR_FUNCTIONS:
        raise NotBuilt(f"the function {node.function}()")
    return _vector_call(node, VECTOR_FUNCTIONS[node.function], context)


def _bare_selector(node: PlanNode) -> VectorSelector | None:
    while isinstance(node, ParenExpr | StepInvariant | Shared):
        node = node.expr
    return node if isinstance(node, VectorSelector) else None


def _range_call(node: Call, function: RangeFunction, context: EvalContext) -> Stream:
    vectors = [arg for arg in node.args if _is_range(arg)]
    scalars: list[Scalar] = []
    for arg in node.args:
        if not _is_range(arg):
            value = evaluate(arg, context)
            assert isinstance(value, np.ndarray)
            scalars.append(value)
    windows = _windows(vectors[0], node.function, function.want, context)
    if function.rowwise:
        answer = windows.rowwise(lambda batch: function(batch, scalars, node, context))
    else:
        answer = Stream.of(function(windows.whole(), scalars, node, context))
    return answer if function.keeps_name else without_name(answer, context)


def _is_range(node: PlanNode) -> bool:
    while isinstance(node, ParenExpr):
        node = node.expr
    return isinstance(node, MatrixSelector | Subquery)


def whole_windows(node: PlanNode, context: EvalContext) -> Windows:
    """A range vector that is asked for itself, at one moment."""
    return _windows(node, "", Want.VALUES, context).whole()


def _windows(node: PlanNode, function: str, want: Want, context: EvalContext) -> WindowStream:
    while isinstance(node, ParenExpr):
        node = node.expr
    if isinstance(node, MatrixSelector):
        return range_vector(node, context, function, want)
    assert isinstance(node, Subquery)
    inner_context = context.at(inner_steps(node, context))
    context.guard.hold(inner_context.steps.count)
    if inner_context.steps.count == 0:
        nothing = Frame(LabelTable.unlabelled(context.symbols, 0), *NO_CELLS)
        return samples_of(node, Stream.of(nothing), inner_context, context)
    inner = _vector(node.expr, inner_context)
    return samples_of(node, inner, inner_context, context)


def _vector_call(node: Call, function: VectorFunction, context: EvalContext) -> Outcome:
    if node.function in DETECTING or node.function in NEEDING_BUCKETS:
        context = context.detecting_resets(node.function in DETECTING)
    outcomes = [stream(arg, context) for arg in node.args[: function.evaluated_arguments]]
    if function.rowwise and any(isinstance(outcome, Stream) for outcome in outcomes):
        answer = _mapped(node, function, outcomes, context)
    else:
        values = [o.collect(context) if isinstance(o, Stream) else o for o in outcomes]
        value = function.evaluate(values, node, context)
        if not isinstance(value, Frame):
            return value
        answer = Stream.of(value)
    return answer if function.keeps_name else without_name(answer, context)


def _mapped(
    node: Call, function: VectorFunction, outcomes: list[Outcome], context: EvalContext
) -> Stream:
    at = next(i for i, outcome in enumerate(outcomes) if isinstance(outcome, Stream))
    vector = outcomes[at]
    assert isinstance(vector, Stream)

    def cells(frame: Frame) -> Frame:
        values = [frame if isinstance(outcome, Stream) else outcome for outcome in outcomes]
        made = function.evaluate(values, node, context)
        assert isinstance(made, Frame)
        return made

    return vector.map(cells)


def _refused(_node: PlanNode, _context: EvalContext) -> Outcome:
    raise NotBuilt("a range vector outside a function")


OPERATORS: dict[type, Callable[[Any, EvalContext], Outcome]] = {
    VectorSelector: _selector,
    PresenceOnly: lambda node, context: instant_vector(node.selector, context, Want.PRESENCE),
    NumberLiteral: lambda node, context: context.constant(node.value),
    StringLiteral: lambda node, _: node.value,
    ParenExpr: lambda node, context: stream(node.expr, context),
    UnaryExpr: _unary,
    BinaryExpr: _binary,
    Aggregation: _aggregation,
    Call: _call,
    StepInvariant: _invariant,
    Shared: _shared,
    MatrixSelector: _refused,
    Subquery: _refused,
}
"""How each kind of node is evaluated."""
