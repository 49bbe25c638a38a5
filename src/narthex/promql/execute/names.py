"""When a metric name goes: at once, or at the end of the query (delayed name removal).

An operation that changes what a series means takes its name away. At once, two series that then
have the same labels are an error; with delayed removal the name is only flagged, so that it can
still be grouped by or copied, and goes when the query is done.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from narthex.model.label_table import LabelTable
from narthex.model.labels import METRIC_NAME, TYPE_LABEL, UNIT_LABEL
from narthex.promql.errors import ExecutionError
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.histogram_cells import laid_over
from narthex.promql.execute.stream import Stream
from narthex.promql.kernels.result import merge_rows

SAME_LABELS = "vector cannot contain metrics with the same labelset"


NAME_LABELS = (METRIC_NAME, TYPE_LABEL, UNIT_LABEL)
"""What goes when the name does: the labels that say what a series measures."""


def without_name(stream: Stream, context: EvalContext) -> Stream:
    """The stream of an operation that takes names away."""
    if context.features.delayed_name_removal:
        return stream.named(stream.labels, np.ones_like(stream.drop_name))
    labels = stream.labels.drop(NAME_LABELS)
    named = stream.named(labels, stream.drop_name)
    if _one_name(stream.labels) or not has_duplicates(labels):
        return named
    return Stream.of(merged(named.collect(context)))


def _one_name(labels: LabelTable) -> bool:
    names = labels.column(METRIC_NAME)
    return names.size == 0 or bool((names == names[0]).all())


def has_duplicates(labels: LabelTable) -> bool:
    """Whether two rows have the same labels."""
    return labels.groups()[1].size < len(labels)


def merged(frame: Frame) -> Frame:
    """One row for each label set: rows that are never present together become one.

    Raises ExecutionError where two are present at the same step.
    """
    frame = frame.without_empty_rows()
    group_of_row, first_row = frame.labels.groups()
    if first_row.size == frame.series:
        return frame
    values = np.zeros((first_row.size, frame.steps))
    kind = np.zeros(values.shape, np.uint8)
    met = merge_rows(frame.values, frame.kinds(), group_of_row, values, kind)
    if met >= 0:
        raise ExecutionError(SAME_LABELS)
    drop_name = np.zeros(first_row.size, np.bool_)
    np.logical_or.at(drop_name, group_of_row, frame.drop_name)
    native = laid_over(frame, group_of_row, first_row.size)
    return Frame(frame.labels.take(first_row), values, kind, drop_name, frame.ordered, *native)


def flagged_names_removed(frame: Frame) -> Frame:
    """The end of a query under delayed removal: flagged names go, equal series become one."""
    if not frame.drop_name.any():
        return frame
    labels = frame.labels
    for name in NAME_LABELS:
        if name in labels.columns:
            ids = np.where(frame.drop_name, np.int32(0), labels.columns[name])
            labels = labels.with_column(name, ids)
    unflagged = np.zeros(frame.series, np.bool_)
    return merged(replace(frame, labels=labels, drop_name=unflagged))
