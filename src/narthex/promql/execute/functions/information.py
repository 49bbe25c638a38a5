"""info: labels of a target's info metrics put onto its other series.

An info series belongs to the series with the same `instance` and `job`; which one it is may change
from step to step, and a series of the answer is made for every combination that occurs. What is
compared and copied are columns of symbol ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import re2
from numpy.typing import NDArray

from narthex.model.kernels.hashing import group_rows
from narthex.model.label_table import Ids, LabelTable
from narthex.model.labels import METRIC_NAME
from narthex.model.matcher import Matcher, MatchType
from narthex.model.symbols import EMPTY
from narthex.promql.errors import ExecutionError
from narthex.promql.execute.context import EvalContext, Value
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.functions.arguments import bare, frame_of
from narthex.promql.execute.functions.calling import VectorFunction
from narthex.promql.execute.names import has_duplicates, merged
from narthex.promql.execute.selector import info_times
from narthex.promql.kernels.newest import NONE, newest_of_groups
from narthex.promql.plan.nodes import PlanNode
from narthex.promql.syntax.nodes import (
    Aggregation,
    BinaryExpr,
    Call,
    MatrixSelector,
    Subquery,
    TimeShift,
    UnaryExpr,
    VectorSelector,
)

Rows = NDArray[np.int32]

IDENTIFYING = ("instance", "job")
TARGET_INFO = Matcher.equal(METRIC_NAME, "target_info")
ANY_INFO = Matcher(MatchType.REGEX, METRIC_NAME, ".+_info")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the second argument asks for: info metrics by name, and which of their labels."""

    names: tuple[Matcher, ...]
    data: tuple[Matcher, ...]

    @classmethod
    def by(cls, call: Call) -> Wanted:
        """The conditions of a call; `target_info` unless they name metrics."""
        selector = bare(call.args[1]) if len(call.args) > 1 else None
        matchers = selector.matchers if isinstance(selector, VectorSelector) else ()
        names = tuple(matcher for matcher in matchers if matcher.name == METRIC_NAME)
        data = tuple(matcher for matcher in matchers if matcher.name != METRIC_NAME)
        if not names:
            names = (TARGET_INFO,)
        elif all(matcher.is_negative for matcher in names):
            names = (*names, ANY_INFO)
        return cls(names, data)

    def is_info_metric(self, name: str) -> bool:
        """Whether a metric is one that labels are taken from."""
        return all(matcher.matches(name) for matcher in self.names)

    def takes(self, label: str) -> bool:
        """Whether a label is copied."""
        return label != METRIC_NAME and (
            not self.data or any(matcher.name == label for matcher in self.data)
        )

    @property
    def can_be_missing(self) -> bool:
        """Whether a series without info series stays in the answer."""
        return all(matcher.matches_empty for matcher in self.data)


def info(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """The series of the first argument with labels of their info series. Raises ExecutionError."""
    base, wanted = frame_of(arguments[0]), Wanted.by(call)
    symbols, at = np.unique(base.labels.column(METRIC_NAME), return_inverse=True)
    names = [base.labels.symbols.text(symbol) for symbol in symbols.tolist()]
    is_info = np.array([wanted.is_info_metric(name) for name in names], np.bool_)[at]
    sources = _info_series(base.labels.take(~is_info), wanted, call, context)
    matched = _matched(base, is_info, sources)
    return _combined(base, is_info, sources, matched, wanted)


def _info_series(labels: LabelTable, wanted: Wanted, call: Call, context: EvalContext) -> Frame:
    """When each info series was last seen: `values` are seconds."""
    matchers = (*wanted.names, *wanted.data, *_identities(labels))
    shift = _shift_of(call.args[0])
    selector = VectorSelector("", matchers, shift, span=call.span)
    return info_times(selector, context).collect(context).without_empty_rows()


def _identities(labels: LabelTable) -> Iterable[Matcher]:
    for name in IDENTIFYING:
        ids = np.unique(labels.column(name))
        texts = [labels.symbols.text(symbol) for symbol in ids.tolist() if symbol != EMPTY]
        if texts:
            yield Matcher(MatchType.REGEX, name, "|".join(map(re2.escape, texts)))


def _shift_of(node: PlanNode) -> TimeShift:
    """Where the first selector within `node` looks, seen from a step of the query."""
    at: int | None = None
    offset_ms = 0
    for shift in _shifts_to_selector(node) or []:
        assert shift.at is None or isinstance(shift.at, int)
        if shift.at is not None:
            at, offset_ms = shift.at, 0
        offset_ms += shift.offset_ms
    return TimeShift(offset_ms, at=at)


def _shifts_to_selector(node: PlanNode) -> list[TimeShift] | None:
    """The shifts on the way to the first selector, outermost first; None without a selector."""
    node = bare(node)
    if isinstance(node, VectorSelector):
        return [node.shift]
    for child in _children(node):
        found = _shifts_to_selector(child)
        if found is not None:
            return [node.shift, *found] if isinstance(node, Subquery) else found
    return None


def _children(node: PlanNode) -> Sequence[PlanNode]:
    match node:
        case Call():
            return node.args
        case BinaryExpr():
            return (node.left, node.right)
        case Aggregation():
            return (node.expr,)
        case UnaryExpr() | Subquery():
            return (node.expr,)
        case MatrixSelector():
            return (node.selector,)
        case _:
            return ()


def _matched(base: Frame, is_info: NDArray[np.bool_], sources: Frame) -> Rows:
    """For each info metric the newest info series of every cell, int32[metrics, n, T].

    `NONE` where there is none, and for series of info metrics themselves.
    """
    keys = sources.labels.matrix([METRIC_NAME, *IDENTIFYING])
    metrics = np.unique(keys[:, 0])
    wanted = base.labels.matrix([METRIC_NAME, *IDENTIFYING])
    every = [keys]
    for metric in metrics.tolist():
        asked = wanted.copy()
        asked[:, 0] = metric
        every.append(asked)
    together = np.concatenate(every)
    group_of_row = np.empty(together.shape[0], np.int32)
    first_row = np.empty(max(1, together.shape[0]), np.int64)
    groups = group_rows(together, group_of_row, first_row)
    newest = np.full((groups, base.steps), NONE, np.int32)
    held, other, step = newest_of_groups(
        sources.values, sources.kinds(), group_of_row[: sources.series], newest
    )
    if held != NONE:
        raise ExecutionError(_conflict(sources, held, other, step))
    rows = newest[group_of_row[sources.series :]]
    rows = rows.reshape(metrics.size, base.series, base.steps)
    rows[:, is_info] = NONE
    return rows


def _conflict(sources: Frame, held: int, other: int, step: int) -> str:
    existing, new = sources.labels.labels(held), sources.labels.labels(other)
    time_ms = round(sources.values[held, step] * 1000)
    return (
        f"found duplicate series for info metric: existing {existing} @ {time_ms}, "
        f"new {new} @ {time_ms}"
    )


def _combined(
    base: Frame, is_info: NDArray[np.bool_], sources: Frame, matched: Rows, wanted: Wanted
) -> Frame:
    """One series for each combination of a base series and its info series."""
    present = base.kinds() != 0
    if not wanted.can_be_missing:
        present = present & ((matched != NONE).any(axis=0) | is_info[:, None])
    row, step = np.nonzero(present)
    cells = np.empty((row.size, 1 + matched.shape[0]), np.int32)
    cells[:, 0] = row
    cells[:, 1:] = matched[:, row, step].T
    combination = np.empty(row.size, np.int32)
    first = np.empty(max(1, row.size), np.int64)
    count = group_rows(cells, combination, first) if row.size else 0
    chosen = cells[first[:count]]
    values = np.zeros((count, base.steps))
    kind = np.zeros(values.shape, np.uint8)
    values[combination, step] = base.values[row, step]
    kind[combination, step] = base.kinds()[row, step]
    labels = _labelled(base.labels.take(chosen[:, 0]), sources.labels, chosen[:, 1:], wanted)
    frame = Frame(labels, values, kind, base.drop_name[chosen[:, 0]])
    if base.histogram is not None:
        number = np.full(values.shape, -1, np.int32)
        number[combination, step] = base.histogram[row, step]
        frame = replace(frame, histogram=number, histograms=base.histograms)
    return merged(frame) if has_duplicates(labels) else frame


def _labelled(base: LabelTable, sources: LabelTable, rows: Rows, wanted: Wanted) -> LabelTable:
    """Labels of info series where the base has none; two that differ are an error."""
    labels = base
    for name in filter(wanted.takes, sorted(sources.columns)):
        own = base.column(name)
        taken: Ids = np.zeros(len(base), np.int32)
        for metric in range(rows.shape[1]):
            found = rows[:, metric] != NONE
            ids = np.where(found, sources.columns[name][rows[:, metric]], np.int32(EMPTY))
            ids = np.where(own == EMPTY, ids, np.int32(EMPTY))
            if ((taken != EMPTY) & (ids != EMPTY) & (taken != ids)).any():
                raise ExecutionError(f"conflicting label: {name}")
            taken = np.where(taken == EMPTY, ids, taken)
        if (taken != EMPTY).any():
            labels = labels.with_column(name, np.where(own == EMPTY, taken, own))
    return labels


INFORMATION: dict[str, VectorFunction] = {
    "info": VectorFunction(info, keeps_name=True, evaluated_arguments=1),
}
