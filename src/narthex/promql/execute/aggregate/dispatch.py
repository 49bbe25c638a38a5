"""An aggregation by its operator's name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from narthex.model.labels import is_valid_label_name
from narthex.promql.errors import ExecutionError
from narthex.promql.execute import histogram_doubts
from narthex.promql.execute.aggregate.avg import aggregate_avg
from narthex.promql.execute.aggregate.count import aggregate_count
from narthex.promql.execute.aggregate.count_values import aggregate_count_values
from narthex.promql.execute.aggregate.deviation import aggregate_stddev, aggregate_stdvar
from narthex.promql.execute.aggregate.group import aggregate_group
from narthex.promql.execute.aggregate.grouping import Groups, groups_of
from narthex.promql.execute.aggregate.limits import aggregate_limit_ratio, aggregate_limitk
from narthex.promql.execute.aggregate.max import aggregate_max
from narthex.promql.execute.aggregate.min import aggregate_min
from narthex.promql.execute.aggregate.quantile import aggregate_quantile
from narthex.promql.execute.aggregate.ranks import aggregate_bottomk, aggregate_topk
from narthex.promql.execute.aggregate.sum import aggregate_sum
from narthex.promql.execute.context import EvalContext, Value
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream
from narthex.promql.position import Span
from narthex.promql.syntax.nodes import Aggregation
from narthex.promql.syntax.quoting import go_quote

STREAMING: dict[str, Callable[[Stream, Groups, EvalContext], Frame]] = {
    "min": aggregate_min,
    "max": aggregate_max,
    "stddev": aggregate_stddev,
    "stdvar": aggregate_stdvar,
}
"""Operators of floats that take batches as they come and need memory for their groups alone."""

COUNTING: dict[str, Callable[[Stream, Groups, EvalContext], Frame]] = {
    "count": aggregate_count,
    "group": aggregate_group,
}
"""The same, of samples of any kind."""

ADDING: dict[str, Callable[[Stream, Groups, Span, EvalContext], Frame]] = {
    "sum": aggregate_sum,
    "avg": aggregate_avg,
}
"""The same, of floats or of histograms."""

OF_FLOATS = {*STREAMING, "topk", "bottomk", "quantile"}
"""They leave histograms out, and say so."""


def aggregated(
    node: Aggregation, stream: Stream, parameter: Value | None, context: EvalContext
) -> Frame:
    """The answer of an aggregation over `stream`. Raises ExecutionError for a bad parameter."""
    if node.operator in ADDING:
        return ADDING[node.operator](stream, groups_of(stream, node), node.expr.span, context)
    if node.operator in COUNTING:
        return COUNTING[node.operator](stream, groups_of(stream, node), context)
    if node.operator in OF_FLOATS:
        stream = stream.map(lambda frame: _floats(frame, node, context))
    if node.operator in STREAMING:
        return STREAMING[node.operator](stream, groups_of(stream, node), context)
    if isinstance(parameter, str):
        return _count_values(node, stream, parameter, context)
    assert isinstance(parameter, np.ndarray)
    assert node.parameter is not None
    frame = stream.collect(context)
    groups = groups_of(stream, node)
    at = node.parameter.span
    whole: dict[str, Callable[[], Frame]] = {
        "topk": lambda: aggregate_topk(frame, groups, parameter, context),
        "bottomk": lambda: aggregate_bottomk(frame, groups, parameter, context),
        "quantile": lambda: aggregate_quantile(frame, groups, parameter, at, context),
        "limitk": lambda: aggregate_limitk(frame, groups, parameter),
        "limit_ratio": lambda: aggregate_limit_ratio(frame, parameter, at, context),
    }
    return whole[node.operator]()


def _floats(frame: Frame, node: Aggregation, context: EvalContext) -> Frame:
    if frame.histogram is None:
        return frame
    if (frame.histogram >= 0).any():
        context.annotations.info(
            histogram_doubts.ignored_in_aggregation(node.operator), node.expr.span
        )
    return frame.floats()


def _count_values(node: Aggregation, stream: Stream, label: str, context: EvalContext) -> Frame:
    if not is_valid_label_name(label):
        raise ExecutionError(f"invalid label name {go_quote(label)}")
    groups = groups_of(stream, node)
    return aggregate_count_values(stream.collect(context), groups, label, context)
