"""Pairs of rows to the cells of an answer: what every arithmetic and comparison comes down to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.promql.annotations import Annotations
from narthex.promql.kernels.binary import ARITHMETIC, COMPARISONS, arithmetic, both_present, compare
from narthex.promql.syntax.nodes import BinaryExpr

TRIMS = ("</", ">/")
"""They cut histograms off at a value; two floats have no answer."""

EVERY_CELL = np.zeros((0, 0), np.uint8)
ONLY_ROW = np.zeros(1, np.int64)

Matrix = NDArray[np.float64]
Kinds = NDArray[np.uint8] | None
RowNumbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of pairs: pair p is row `rows[p]` of `values` (float64[n, T]) and of `kind`."""

    values: Matrix
    kind: Kinds
    rows: RowNumbers

    def taken(self) -> Matrix:
        """The values pair by pair."""
        every_row = np.arange(self.values.shape[0])
        if np.array_equal(self.rows, every_row):
            return self.values
        return self.values[self.rows]


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
    node: BinaryExpr,
    left: Side,
    right: Side,
    *,
    kept: Side,
    present: Kinds,
    annotations: Annotations,
) -> tuple[Matrix, Kinds]:
    """The cells of an answer. A comparison that filters keeps the value of the side `kept`."""
    if node.operator in TRIMS:
        return left.taken(), _nothing_to_trim(node, left, present, annotations)
    if not is_comparison(node.operator):
        return computed(node.operator, left, right), present
    holds = holding(node.operator, left, right)
    if node.return_bool:
        return holds.astype(np.float64), present
    if present is not None:
        holds &= present
    return kept.taken(), None if holds.all() else holds


def _nothing_to_trim(
    node: BinaryExpr, left: Side, present: Kinds, annotations: Annotations
) -> NDArray[np.uint8]:
    nothing = np.zeros((left.rows.size, left.values.shape[1]), np.uint8)
    if nothing.size and (present is None or present.any()):
        operator = node.operator
        annotations.info(
            f'incompatible sample types encountered for binary operator "{operator}":'
            f" float {operator} float",
            node.span,
        )
    return nothing
