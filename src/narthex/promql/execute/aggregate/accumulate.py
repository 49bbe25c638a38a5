"""Aggregation in bounded memory: batches are reduced where they were made, then joined in order.

An accumulator is some matrices of groups x steps. Each batch fills one for the groups that it
meets, on its kernel thread; the job's thread joins them in the order of the batches, so that an
answer does not depend on which thread was first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.aggregate.histograms import GroupCells
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream

Matrix = NDArray[np.float64]
Counts = NDArray[np.int64]
Rows = NDArray[np.int32]

EVERY_CELL = np.zeros((0, 0), np.uint8)
"""What kernels take as `kind` when every cell is a float."""


@dataclass(slots=True)
class Accumulated:
    """`first`, `second` float64[G, T], whose meaning is the operator's; `seen` int64[G, T].

    `histograms`: those of operators that take them, batch by batch.
    """

    first: Matrix
    second: Matrix
    seen: Counts
    histograms: list[GroupCells] = field(default_factory=list)

    @classmethod
    def empty(cls, groups: int, steps: int) -> Accumulated:
        """Nothing seen."""
        shape = (groups, steps)
        return cls(np.zeros(shape), np.zeros(shape), np.zeros(shape, np.int64))


Add = Callable[[Frame, Rows, Accumulated], None]
"""Take in a batch: (its frame, the group of each row, into)."""

Merge = Callable[[Accumulated, Rows, Accumulated], None]
"""Take in an accumulator: (it, which group of the whole each of its groups is, into)."""


def accumulate(
    stream: Stream, groups: Groups, context: EvalContext, add: Add, merge: Merge
) -> Accumulated:
    """Everything that `stream` brings, by group. Raises TooManySamples."""
    steps = context.steps.count
    context.guard.hold(groups.count * steps)
    whole = Accumulated.empty(groups.count, steps)
    if len(stream.batches) <= 1:
        for _ in stream.run(lambda rows, frame: add(frame, groups.of_row[rows], whole), context):
            pass
        return whole

    def reduce_batch(rows: slice, frame: Frame) -> tuple[Rows, Accumulated]:
        met, of_row = np.unique(groups.of_row[rows], return_inverse=True)
        part = Accumulated.empty(met.size, steps)
        add(frame, of_row.astype(np.int32), part)
        return met.astype(np.int32), part

    for met, part in stream.run(reduce_batch, context):
        merge(part, met, whole)
    return whole


def kind_of(frame: Frame) -> NDArray[np.uint8]:
    """The kinds of a frame as kernels take them."""
    return EVERY_CELL if frame.kind is None else frame.kind


def answer(groups: Groups, values: Matrix, seen: Counts) -> Frame:
    """One row a group, absent where nothing was seen."""
    kind = None if seen.all() else (seen > 0).astype(np.uint8)
    return Frame(groups.labels, values, kind, groups.drop_name)
