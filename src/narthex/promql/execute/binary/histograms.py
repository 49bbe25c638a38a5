"""Operators where native histograms are among the operands, cell by cell of the pairs that meet.

Histograms add and subtract, scale by floats, are equal or not, and are trimmed at a float. Every
other meeting has no answer, which is told once for each combination of types.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.model.histogram_resets import equal
from narthex.model.histogram_sums import (
    BOUNDS_RECONCILED,
    HINT_COLLISION,
    MIXED,
    Combined,
    Lists,
    combined,
    divided,
    scaled,
)
from narthex.promql.annotations import Annotations
from narthex.promql.execute import histogram_doubts as doubts
from narthex.promql.execute.binary.sides import TRIMS, Cells, Operands, Side
from narthex.promql.execute.frame import FLOAT, HISTOGRAM
from narthex.promql.execute.histogram_shapes import trimmed
from narthex.promql.syntax.nodes import BinaryExpr

Flags = NDArray[np.bool_]
Rows = NDArray[np.int64]

OPERATIONS = {"+": doubts.ADDITION, "-": doubts.SUBTRACTION}
EQUALITIES = ("==", "!=")


@dataclass(frozen=True, slots=True)
class Met:
    """Cells of pairs: `pair` and `step` int64[k]; a histogram of a side is `numbers(side)`."""

    pair: Rows
    step: Rows

    @classmethod
    def where(cls, flags: Flags) -> Met:
        """The cells that are set, bool[pairs, T]."""
        return cls(*np.nonzero(flags))

    def __len__(self) -> int:
        return self.pair.size

    def numbers(self, side: Side) -> Rows:
        """Rows of the side's histograms, int64[k]."""
        assert side.histogram is not None
        return side.histogram[side.rows[self.pair], self.step].astype(np.int64)

    def taken(self, side: Side) -> Histograms:
        """The side's histograms, one a cell."""
        assert side.histograms is not None
        return side.histograms.take(self.numbers(side))

    def floats(self, side: Side) -> NDArray[np.float64]:
        """The side's floats, one a cell."""
        return side.values[side.rows[self.pair], self.step]

    def only(self, chosen: Flags) -> Met:
        """Some of the cells."""
        return Met(self.pair[chosen], self.step[chosen])


Answered = tuple[Met, Histograms]


def completed(
    node: BinaryExpr, operands: Operands, met: Flags, floats: Cells, annotations: Annotations
) -> Cells:
    """`floats`, the answer where two floats meet, completed by that of all others that do.

    `met` bool[pairs, T]: where both are present, and meet.
    """
    left_kind, right_kind = operands.left.kinds(), operands.right.kinds()
    both = Met.where(met & (left_kind == HISTOGRAM) & (right_kind == HISTOGRAM))
    on_left = Met.where(met & (left_kind == HISTOGRAM) & (right_kind == FLOAT))
    on_right = Met.where(met & (left_kind == FLOAT) & (right_kind == HISTOGRAM))
    if len(both) and node.return_bool and node.operator in EQUALITIES:
        floats = _with_truth(floats, both, _holding(node, operands, both))
        both = both.only(np.zeros(len(both), np.bool_))
    answers = [
        *_of_both(node, operands, both, annotations),
        *_histogram_and_float(node, operands, on_left, annotations),
        *_float_and_histogram(node, operands, on_right, annotations),
    ]
    return _laid_out(floats, answers)


def _with_truth(floats: Cells, cells: Met, holds: Flags) -> Cells:
    values = floats.values.copy()
    kind = np.full(values.shape, FLOAT) if floats.kind is None else floats.kind.copy()
    values[cells.pair, cells.step] = holds
    kind[cells.pair, cells.step] = FLOAT
    return Cells(values, kind)


def _of_both(
    node: BinaryExpr, operands: Operands, cells: Met, annotations: Annotations
) -> Iterator[Answered]:
    if not len(cells):
        return
    if node.operator in OPERATIONS:
        yield _added(node, operands, cells, annotations)
    elif node.operator in EQUALITIES:
        equal_ones = cells.only(_holding(node, operands, cells))
        yield equal_ones, equal_ones.taken(operands.kept)
    else:
        _tell(node, "histogram", "histogram", annotations)


def _histogram_and_float(
    node: BinaryExpr, operands: Operands, cells: Met, annotations: Annotations
) -> Iterator[Answered]:
    if not len(cells):
        return
    histograms, values = cells.taken(operands.left), cells.floats(operands.right)
    if node.operator == "*":
        yield cells, scaled(histograms, values)
    elif node.operator == "/":
        yield cells, divided(histograms, values)
    elif node.operator in TRIMS:
        yield cells, trimmed(histograms, values, below=node.operator == "</")
    else:
        _tell(node, "histogram", "float", annotations)


def _float_and_histogram(
    node: BinaryExpr, operands: Operands, cells: Met, annotations: Annotations
) -> Iterator[Answered]:
    if not len(cells):
        return
    if node.operator == "*":
        yield cells, scaled(cells.taken(operands.right), cells.floats(operands.left))
    else:
        _tell(node, "float", "histogram", annotations)


def _laid_out(floats: Cells, answers: Sequence[Answered]) -> Cells:
    answers = [answer for answer in answers if len(answer[0])]
    if not answers:
        return floats
    values = floats.values
    kind = np.full(values.shape, FLOAT) if floats.kind is None else floats.kind
    number, used = np.full(kind.shape, -1, np.int32), 0
    for cells, _ in answers:
        number[cells.pair, cells.step] = used + np.arange(len(cells))
        used += len(cells)
    kind = np.where(number >= 0, HISTOGRAM, kind)
    values = np.where(kind == FLOAT, values, 0.0)
    histograms = Histograms.concat([histograms for _, histograms in answers])
    return Cells(values, kind, number, histograms)


def _pairs(operands: Operands, cells: Met) -> tuple[Histograms, Rows, Rows]:
    left, right = operands.left.histograms, operands.right.histograms
    assert left is not None
    assert right is not None
    first, second = cells.numbers(operands.left), cells.numbers(operands.right)
    if left is right:
        return left, first, second
    return Histograms.concat([left, right]), first, second + len(left)


def _holding(node: BinaryExpr, operands: Operands, cells: Met) -> Flags:
    same: Flags = equal(*_pairs(operands, cells))
    return same if node.operator == "==" else ~same


def _added(node: BinaryExpr, operands: Operands, cells: Met, annotations: Annotations) -> Answered:
    both, first, second = _pairs(operands, cells)
    sums = combined(both, Lists.pairs(first, second, 1.0 if node.operator == "+" else -1.0))
    _tell_of_sums(node, sums, annotations)
    return cells.only(sums.usable), sums.histograms.take(sums.usable)


def _tell_of_sums(node: BinaryExpr, sums: Combined, annotations: Annotations) -> None:
    operation = OPERATIONS[node.operator]
    if (sums.status & MIXED).any():
        annotations.warn(doubts.incompatible_buckets(node.operator), node.span)
    if (sums.status & HINT_COLLISION).any():
        annotations.warn(doubts.resets_collide(operation), node.span)
    if (sums.status & BOUNDS_RECONCILED).any():
        annotations.info(doubts.bounds_reconciled(operation), node.span)


def _tell(node: BinaryExpr, left: str, right: str, annotations: Annotations) -> None:
    annotations.info(doubts.incompatible_types(left, node.operator, right), node.span)
