"""sort, sort_desc, sort_by_label, sort_by_label_desc: the order of an instant answer.

The answer of a range query is always ordered by labels, so there they only warn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cmp_to_key

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.symbols import EMPTY
from narthex.promql.execute.context import EvalContext, Value
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.functions import doubts
from narthex.promql.execute.functions.arguments import frame_of, text_of
from narthex.promql.execute.functions.calling import VectorFunction
from narthex.promql.execute.functions.elementwise import floats_of
from narthex.promql.syntax.nodes import Call

Order = NDArray[np.int64]
Compare = Callable[[str, str], int]

CHUNKS = re.compile(r"[0-9]+|[^0-9]+")

LAST = np.iinfo(np.int64).max


def sort(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """Ascending by value, NaN last."""
    return _by_value(arguments, call, context, sign=1.0)


def sort_desc(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """Descending by value, NaN last."""
    return _by_value(arguments, call, context, sign=-1.0)


def sort_by_label(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """Ascending by these labels in natural order, then by all labels."""
    frame = frame_of(arguments[0])
    if _is_in_vain(call, context):
        return frame
    frame = frame.without_empty_rows()
    return _ordered(frame, label_order(frame.labels, label_names(call)))


def sort_by_label_desc(arguments: Sequence[Value], call: Call, context: EvalContext) -> Value:
    """Descending by these labels in natural order, then by all labels."""
    frame = frame_of(arguments[0])
    if _is_in_vain(call, context):
        return frame
    frame = frame.without_empty_rows()
    return _ordered(frame, label_order(frame.labels, label_names(call))[::-1])


def _by_value(arguments: Sequence[Value], call: Call, context: EvalContext, sign: float) -> Frame:
    frame = frame_of(arguments[0])
    frame = frame.with_values(frame.values, floats_of(frame))
    if _is_in_vain(call, context):
        return frame
    frame = frame.without_empty_rows()
    return _ordered(frame, np.argsort(sign * frame.values[:, 0], kind="stable"))


def _is_in_vain(call: Call, context: EvalContext) -> bool:
    in_vain = context.steps.count > 1
    if in_vain:
        context.annotations.warn(doubts.SORT_IN_RANGE_QUERY, call.span)
    return in_vain


def _ordered(frame: Frame, order: Order) -> Frame:
    return replace(frame.take(order), ordered=True)


def label_names(call: Call) -> list[str]:
    """The texts after the first argument."""
    return [text_of(argument) for argument in call.args[1:]]


def label_order(table: LabelTable, first: Sequence[str]) -> Order:
    """Rows by the labels `first` in natural order, ties as Prometheus orders label sets."""
    keys = [_ranks(table, name, _natural) for name in first]
    names = sorted(table.columns)
    more_follow = np.zeros(len(table), np.bool_)
    whole_set: list[NDArray[np.int64]] = []
    for name in reversed(names):
        ranks = _ranks(table, name, _plain)
        missing = table.columns[name] == EMPTY
        # Without this label the next name decides: a later name sorts behind, the end before.
        ranks = np.where(missing, np.where(more_follow, LAST, np.int64(-1)), ranks)
        whole_set.append(ranks)
        more_follow |= ~missing
    by_importance = keys + whole_set[::-1]
    if not by_importance:
        return np.arange(len(table))
    return np.lexsort(by_importance[::-1])


def _ranks(table: LabelTable, name: str, compare: Compare) -> NDArray[np.int64]:
    """The place of each row's value among the distinct values of a label."""
    distinct, at = np.unique(table.column(name), return_inverse=True)
    texts = [table.symbols.text(symbol) for symbol in distinct.tolist()]
    rank_of = {text: rank for rank, text in enumerate(sorted(texts, key=cmp_to_key(compare)))}
    return np.array([rank_of[text] for text in texts], np.int64)[at]


def _plain(a: str, b: str) -> int:
    return (a > b) - (a < b)


def _natural(a: str, b: str) -> int:
    """Digits by their number, all else by its text, chunk by chunk; the shorter one first."""
    chunks_a, chunks_b = CHUNKS.findall(a), CHUNKS.findall(b)
    for x, y in zip(chunks_a, chunks_b, strict=False):
        if x.isdigit() and y.isdigit():
            if int(x) != int(y):
                return -1 if int(x) < int(y) else 1
        elif x != y:
            return _plain(x, y)
    return len(chunks_a) - len(chunks_b) or _plain(a, b)


SORTING: dict[str, VectorFunction] = {
    "sort": VectorFunction(sort, keeps_name=True),
    "sort_desc": VectorFunction(sort_desc, keeps_name=True),
    "sort_by_label": VectorFunction(sort_by_label, keeps_name=True),
    "sort_by_label_desc": VectorFunction(sort_by_label_desc, keeps_name=True),
}
