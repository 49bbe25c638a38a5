"""Scalar and scalar, vector and scalar."""

from __future__ import annotations

import numpy as np

from narthex.promql.execute.binary.cells import ONLY_ROW, combined, is_comparison
from narthex.promql.execute.binary.sides import TRIMS, Operands, Side
from narthex.promql.execute.context import EvalContext, Scalar
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.names import without_name
from narthex.promql.execute.stream import Stream
from narthex.promql.syntax.nodes import BinaryExpr


def scalar_scalar(node: BinaryExpr, left: Scalar, right: Scalar, context: EvalContext) -> Scalar:
    """One number a step; comparisons give 1 or 0 (the parser asks for `bool`)."""
    sides = Side(left[None, :], None, ONLY_ROW), Side(right[None, :], None, ONLY_ROW)
    made = combined(node, Operands(*sides, sides[0]), None, context.annotations)
    row: Scalar = made.values[0]
    return row


def vector_scalar(
    node: BinaryExpr, vector: Stream, scalar: Scalar, context: EvalContext, *, vector_left: bool
) -> Stream:
    """Each series with the number of its step, on whichever side it stands.

    A comparison that filters keeps the vector's values and names.
    """
    row = np.ascontiguousarray(scalar)[None, :]
    notes = context.annotations

    def cells(frame: Frame) -> Frame:
        mine = Side.of(frame, np.arange(frame.series))
        number = Side(row, None, np.zeros(frame.series, np.int64))
        left, right = (mine, number) if vector_left else (number, mine)
        made = combined(node, Operands(left, right, mine), frame.kind, notes)
        return made.of_series(frame)

    answer = vector.map(cells)
    if node.operator in TRIMS or (is_comparison(node.operator) and not node.return_bool):
        return answer
    return without_name(answer, context)
