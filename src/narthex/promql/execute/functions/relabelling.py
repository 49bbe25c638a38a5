"""label_replace, label_join: labels made of other labels, worked out once per distinct value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import Ids, LabelTable
from narthex.model.labels import METRIC_NAME, is_valid_label_name
from narthex.model.matcher import BadRegex, compile_anchored
from narthex.model.relabel import expansion
from narthex.promql.errors import ExecutionError
from narthex.promql.execute.context import EvalContext, Value
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.functions.arguments import frame_of
from narthex.promql.execute.functions.calling import VectorFunction
from narthex.promql.execute.functions.sorting import label_names
from narthex.promql.execute.names import has_duplicates, merged
from narthex.promql.syntax.nodes import Call


def label_replace(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """Where `source` matches, `target` becomes the expanded replacement; empty removes it."""
    frame = frame_of(arguments[0])
    target, replacement, source, pattern = label_names(call)
    try:
        regex = compile_anchored(pattern)
    except BadRegex as error:
        message = f"invalid regular expression in label_replace(): {pattern}"
        raise ExecutionError(message) from error
    _check_target(target, "label_replace")
    expand = expansion(replacement, regex)
    distinct, at = np.unique(frame.labels.column(source), return_inverse=True)
    matches = [regex.match(context.symbols.text(symbol)) for symbol in distinct.tolist()]
    matched = np.array([match is not None for match in matches], np.bool_)[at]
    made = [context.symbols.intern(expand(match)) if match else 0 for match in matches]
    ids = np.where(matched, np.array(made, np.int32)[at], frame.labels.column(target))
    return _relabelled(frame, target, ids.astype(np.int32, copy=False), matched)


def label_join(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """`target` becomes the values of other labels, with a separator between."""
    frame = frame_of(arguments[0])
    target, separator, *sources = label_names(call)
    for source in sources:
        if not is_valid_label_name(source):
            raise ExecutionError(f"invalid source label name in label_join(): {source}")
    _check_target(target, "label_join")
    ids = _joined(frame.labels, separator, sources, context)
    return _relabelled(frame, target, ids, np.ones(frame.series, np.bool_))


def _joined(
    labels: LabelTable, separator: str, sources: Sequence[str], context: EvalContext
) -> Ids:
    group_of_row, first_row = labels.keep(sources).groups()
    columns = [context.symbols.texts(labels.column(name)[first_row]) for name in sources]
    if not columns:
        return np.zeros(len(labels), np.int32)
    texts = [separator.join(values) for values in zip(*columns, strict=True)]
    made = np.array([context.symbols.intern(text) for text in texts], np.int32)
    return made[group_of_row]


def _check_target(name: str, function: str) -> None:
    if not is_valid_label_name(name):
        raise ExecutionError(f"invalid destination label name in {function}(): {name}")


def _relabelled(frame: Frame, target: str, ids: Ids, changed: NDArray[np.bool_]) -> Frame:
    drop_name = frame.drop_name
    if target == METRIC_NAME:
        drop_name = drop_name & ~changed
    labels = frame.labels.with_column(target, ids)
    relabelled = replace(frame, labels=labels, drop_name=drop_name)
    return merged(relabelled) if has_duplicates(labels) else relabelled


RELABELLING: dict[str, VectorFunction] = {
    "label_replace": VectorFunction(label_replace, keeps_name=True),
    "label_join": VectorFunction(label_join, keeps_name=True),
}
