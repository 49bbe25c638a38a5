"""Two vectors: series meet where the labels that must agree do, step by step.

A match is settled at each step: a series that is absent there neither matches nor stands in the
way. Where no group has two series on the one side at all, which is nearly always, pairs of rows
are settled once for all steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.promql.errors import ExecutionError
from narthex.promql.execute.binary.cells import combined, is_comparison
from narthex.promql.execute.binary.cells import meeting as present_together
from narthex.promql.execute.binary.matching import MatchGroups, described, match_groups
from narthex.promql.execute.binary.presence import filled, presence
from narthex.promql.execute.binary.sides import TRIMS, Cells, Kinds, Operands, RowNumbers, Side
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.histogram_cells import laid_over
from narthex.promql.execute.names import NAME_LABELS
from narthex.promql.kernels.binary import (
    first_collision,
    meeting_pairs,
    pair_present,
    settle_one_side,
)
from narthex.promql.kernels.result import merge_rows
from narthex.promql.syntax.nodes import BinaryExpr, MatchCardinality, VectorMatching

MANY_TO_ONE = (
    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
)
NOT_UNIQUE = "multiple matches for labels: grouping labels must ensure unique matches"


@dataclass(frozen=True, slots=True)
class Meeting:
    """The two sides by role, and the group of each of their rows."""

    many: Frame
    one: Frame
    of_many: NDArray[np.int32]
    of_one: NDArray[np.int32]
    groups: MatchGroups
    one_side: str

    @classmethod
    def of(cls, left: Frame, right: Frame, groups: MatchGroups, card: MatchCardinality) -> Meeting:
        """The right side is the one, but for `group_right`."""
        if card is MatchCardinality.ONE_TO_MANY:
            return cls(right, left, groups.of_right, groups.of_left, groups, "left")
        return cls(left, right, groups.of_left, groups.of_right, groups, "right")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows that meet: of the many side, of the one side, and where (None: at every step)."""

    many: RowNumbers
    one: RowNumbers
    present: Kinds


def vector_vector(node: BinaryExpr, left: Frame, right: Frame, context: EvalContext) -> Frame:
    """Arithmetic or comparison of two vectors.

    Raises ExecutionError on an ambiguous match, TooManySamples.
    """
    matching = node.matching
    assert matching is not None
    groups = match_groups(left.labels, right.labels, matching)
    meeting = _with_fills(Meeting.of(left, right, groups, matching.cardinality), matching)
    pairs = _pairs(meeting)
    if matching.cardinality is MatchCardinality.ONE_TO_ONE:
        _refuse_second_match(meeting, pairs)
    context.guard.hold(pairs.many.size * meeting.many.steps)
    many, one = Side.of(meeting.many, pairs.many), Side.of(meeting.one, pairs.one)
    swapped = matching.cardinality is MatchCardinality.ONE_TO_MANY
    first, second = (one, many) if swapped else (many, one)
    operands = Operands(first, second, kept=first)
    made = combined(node, operands, pairs.present, context.annotations)
    labels, drop_name = _names(node, meeting, pairs, context)
    frame = Frame(labels, made.values, made.kind, drop_name)
    return _one_row_a_label_set(made.of_series(frame))


def _with_fills(meeting: Meeting, matching: VectorMatching) -> Meeting:
    if matching.fill_left is None and matching.fill_right is None:
        return meeting
    # Under `group_right` Prometheus swaps the sides and not the fills: left is for the many side.
    for_many, for_one = matching.fill_left, matching.fill_right
    labels, count = meeting.groups.labels, meeting.groups.count
    many_there = presence(meeting.many, meeting.of_many, count)
    one_there = presence(meeting.one, meeting.of_one, count)
    every_group = np.arange(count, dtype=np.int32)
    if for_many is not None:
        many = filled(meeting.many, labels, for_many, many_there, one_there)
        of_many = np.concatenate([meeting.of_many, every_group])
        meeting = replace(meeting, many=many, of_many=of_many)
    if for_one is not None:
        one = filled(meeting.one, labels, for_one, one_there, many_there)
        meeting = replace(meeting, one=one, of_one=np.concatenate([meeting.of_one, every_group]))
    return meeting


def _pairs(meeting: Meeting) -> Pairs:
    count = meeting.groups.count
    if np.bincount(meeting.of_one, minlength=1).max() > 1:
        return _pairs_by_step(meeting)
    row_of_group = np.full(count, -1, np.int64)
    row_of_group[meeting.of_one] = np.arange(meeting.of_one.size)
    one = row_of_group[meeting.of_many]
    many = np.flatnonzero(one >= 0).astype(np.int64)
    one = one[many]
    sides = (
        Side(meeting.many.values, meeting.many.kind, many),
        Side(meeting.one.values, meeting.one.kind, one),
    )
    return Pairs(many, one, present_together(*sides))


def _pairs_by_step(meeting: Meeting) -> Pairs:
    steps = meeting.one.steps
    row_at = np.full((meeting.groups.count, steps), -1, np.int32)
    kinds = meeting.many.kinds()
    awaited = kinds.any(axis=0)
    group, row, earlier = settle_one_side(meeting.one.kinds(), meeting.of_one, awaited, row_at)
    if group >= 0:
        raise ExecutionError(_duplicate_text(meeting, group, row, earlier))
    room = meeting.of_many.size
    while True:
        many, one = np.empty(room, np.int64), np.empty(room, np.int64)
        found = meeting_pairs(kinds, meeting.of_many, row_at, many, one)
        if found <= room:
            break
        room = found
    many, one = many[:found].copy(), one[:found].copy()
    present = np.empty((found, steps), np.uint8)
    pair_present(kinds, meeting.of_many, row_at, many, one, present)
    return Pairs(many, one, present)


def _duplicate_text(meeting: Meeting, group: int, row: int, earlier: int) -> str:
    series = meeting.one.labels
    first, second = sorted((row, earlier), key=series.labels)
    return (
        f"found duplicate series for the match group {described(meeting.groups.labels, group)}"
        f" on the {meeting.one_side} hand-side of the operation:"
        f" [{described(series, first)}, {described(series, second)}]"
        ";many-to-many matching not allowed: matching labels must be unique on one side"
    )


def _refuse_second_match(meeting: Meeting, pairs: Pairs) -> None:
    # Matches collide before a comparison filters them.
    of_pair = meeting.of_many[pairs.many]
    if of_pair.size == 0 or np.bincount(of_pair).max() <= 1:
        return
    present = pairs.present
    if present is None:
        present = np.ones((of_pair.size, meeting.many.steps), np.uint8)
    if first_collision(present, of_pair, meeting.groups.count) >= 0:
        raise ExecutionError(MANY_TO_ONE)


def _names(
    node: BinaryExpr, meeting: Meeting, pairs: Pairs, context: EvalContext
) -> tuple[LabelTable, NDArray[np.bool_]]:
    matching = node.matching
    assert matching is not None
    labels = meeting.many.labels.take(pairs.many)
    drop_name = meeting.many.drop_name[pairs.many]
    arithmetic = not is_comparison(node.operator) and node.operator not in TRIMS
    if arithmetic or (node.return_bool and not context.features.delayed_name_removal):
        labels = labels.drop(NAME_LABELS)
    if context.features.delayed_name_removal and (arithmetic or node.return_bool):
        drop_name = np.ones_like(drop_name)
    return _matched(labels, matching, meeting, pairs), drop_name


def _matched(
    labels: LabelTable, matching: VectorMatching, meeting: Meeting, pairs: Pairs
) -> LabelTable:
    if matching.cardinality is MatchCardinality.ONE_TO_ONE:
        return labels.keep(matching.labels) if matching.on else labels.drop(matching.labels)
    for name in matching.include:
        labels = labels.with_column(name, meeting.one.labels.column(name)[pairs.one])
    return labels


def _one_row_a_label_set(frame: Frame) -> Frame:
    group_of_row, first_row = frame.labels.groups()
    if first_row.size == frame.series:
        return frame
    values = np.zeros((first_row.size, frame.steps))
    kind = np.zeros(values.shape, np.uint8)
    if merge_rows(frame.values, frame.kinds(), group_of_row, values, kind) >= 0:
        raise ExecutionError(NOT_UNIQUE)
    made = Cells(values, kind, *laid_over(frame, group_of_row, first_row.size))
    return made.of_series(frame.take(first_row))
