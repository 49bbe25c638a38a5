"""absent, absent_over_time: one series where there is none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from narthex.model.label_table import LabelTable
from narthex.model.labels import METRIC_NAME, Labels
from narthex.model.matcher import Matcher, MatchType
from narthex.promql.execute.context import EvalContext, Scalar, Value
from narthex.promql.execute.frame import Frame, Windows
from narthex.promql.execute.functions.answers import Presence, windows_with
from narthex.promql.execute.functions.arguments import bare, frame_of
from narthex.promql.execute.functions.calling import RangeFunction, VectorFunction
from narthex.promql.execute.functions.native_over_time import every_sample
from narthex.promql.plan.nodes import PlanNode
from narthex.promql.syntax.nodes import Call, MatrixSelector, VectorSelector
from narthex.storage.interface import Want


def absent(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """1 at steps where no series is present."""
    frame = frame_of(arguments[0])
    present: Presence = np.full(frame.steps, frame.series > 0)
    if frame.kind is not None:
        present = np.asarray(frame.kind.any(axis=0))
    return _absence(present, call, context)


def absent_over_time(
    windows: Windows, _scalars: Sequence[Scalar], call: Call, context: EvalContext
) -> Frame:
    """1 at steps whose windows are all empty."""
    return _absence(np.any(windows_with(windows, 1), axis=0), call, context)


def _absence(present: Presence, call: Call, context: EvalContext) -> Frame:
    labels = LabelTable.from_labels(context.symbols, [_labels_of(call.args[0])])
    kind = (~present).astype(np.uint8).reshape(1, -1)
    return Frame(labels, np.ones(kind.shape), kind, np.zeros(1, np.bool_)).without_empty_rows()


def _labels_of(expression: PlanNode) -> Labels:
    """What a missing series would surely have been labelled: single equality matchers."""
    labels: dict[str, str] = {}
    seen: set[str] = set()
    for matcher in _matchers_of(expression):
        if matcher.name == METRIC_NAME:
            continue
        # The first equality of a label counts until another matcher of it follows; Prometheus
        # keeps this for the sake of old rules.
        if matcher.type is MatchType.EQUAL and matcher.name not in seen:
            labels[matcher.name] = matcher.value
            seen.add(matcher.name)
        else:
            labels.pop(matcher.name, None)
    return Labels.of(labels)


def _matchers_of(expression: PlanNode) -> tuple[Matcher, ...]:
    selector = bare(expression)
    if isinstance(selector, MatrixSelector):
        return selector.selector.matchers
    return selector.matchers if isinstance(selector, VectorSelector) else ()


ABSENCE: dict[str, VectorFunction] = {
    "absent": VectorFunction(absent, keeps_name=True, want=Want.PRESENCE),
}
ABSENCE_OVER_TIME: dict[str, RangeFunction] = {
    "absent_over_time": RangeFunction(
        absent_over_time,
        every_sample(absent_over_time),
        keeps_name=True,
        rowwise=False,
        want=Want.PRESENCE,
    ),
}
