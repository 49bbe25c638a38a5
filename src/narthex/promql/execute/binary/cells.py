"""Pairs of rows to the cells of an answer: what every arithmetic and comparison comes down to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.promql.annotations import Annotations
from narthex.promql.execute import histogram_doubts as doubts
from narthex.promql.execute.binary.histograms import completed
from narthex.promql.execute.binary.sides import TRIMS, Cells, Kinds, Matrix, Operands, Side
from narthex.promql.execute.frame import ABSENT, FLOAT
from narthex.promql.kernels.binary import ARITHMETIC, COMPARISONS, arithmetic, both_present, compare
from narthex.promql.syntax.nodes import BinaryExpr

EVERY_CELL = np.zeros((0, 0), np.uint8)
ONLY_ROW = np.zeros(1, np.int64)


def is_comparison(operator: str) -> bool:
    """Whether `operator` compares."""
    return operator in COMPARISONS


def computed(operator: str, left: Side, right: Side) -> Matrix:
    """`left op right` of every pair, float64[pairs, T]; cells of absent pairs mean nothing."""
    out = np.empty((left.rows.size, left.values.shape[1]))
    code = ARITHMETIC.index(operator)
    arithmetic(code, left.values, left.rows, right.values, right.rows, out)
    return out


def holding(operator: str, left: Side, right: Side) -> NDArray[np.uint8]:
    """1 where `left op right`, uint8[pairs, T]."""
    out = np.empty((left.rows.size, left.values.shape[1]), np.uint8)
    code = COMPARISONS.index(operator)
    compare(code, left.values, left.rows, right.values, right.rows, out)
    return out


def meeting(left: Side, right: Side) -> Kinds:
    """Where both of each pair are present; None: everywhere."""
    if left.kind is None and right.kind is None:
        return None
    out = np.empty((left.rows.size, left.values.shape[1]), np.uint8)
    both_present(
        EVERY_CELL if left.kind is None else left.kind, left.rows,
        EVERY_CELL if right.kind is None else right.kind, right.rows, out,
    )  # fmt: skip
    return out


def combined(
    node: BinaryExpr, operands: Operands, present: Kinds, annotations: Annotations
) -> Cells:
    """The cells of an answer.

    `present`: where the two of a pair meet, as far as that is more than that both are present.
    """
    if operands.only_floats:
        return Cells(*_floats(node, operands, present, annotations))
    left_kind, right_kind = operands.left.kinds(), operands.right.kinds()
    met = (left_kind != ABSENT) & (right_kind != ABSENT)
    if present is not None:
        met &= present != ABSENT
    floats_met = (met & (left_kind == FLOAT) & (right_kind == FLOAT)).astype(np.uint8)
    floats = Cells(*_floats(node, operands, floats_met, annotations))
    return completed(node, operands, met, floats, annotations)


def _floats(
    node: BinaryExpr, operands: Operands, present: Kinds, annotations: Annotations
) -> tuple[Matrix, Kinds]:
    left, right = operands.left, operands.right
    if node.operator in TRIMS:
        return left.taken(), _nothing_to_trim(node, left, present, annotations)
    if not is_comparison(node.operator):
        return computed(node.operator, left, right), present
    holds = holding(node.operator, left, right)
    if node.return_bool:
        return holds.astype(np.float64), present
    if present is not None:
        holds &= present
    return operands.kept.taken(), None if holds.all() else holds


def _nothing_to_trim(
    node: BinaryExpr, left: Side, present: Kinds, annotations: Annotations
) -> NDArray[np.uint8]:
    nothing = np.zeros((left.rows.size, left.values.shape[1]), np.uint8)
    if nothing.size and (present is None or present.any()):
        annotations.info(doubts.incompatible_types("float", node.operator, "float"), node.span)
    return nothing
