"""`and`, `unless`, `or`: series kept or added by what the other side has at the same step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.promql.execute.binary.matching import match_groups
from narthex.promql.execute.binary.presence import presence
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.histogram_cells import below, where_kept
from narthex.promql.execute.names import merged
from narthex.promql.kernels.binary import keep_where
from narthex.promql.syntax.nodes import BinaryExpr

SET_OPERATORS = ("and", "or", "unless")


def set_operation(node: BinaryExpr, left: Frame, right: Frame) -> Frame:
    """The series that the operator lets through, with values and names as they were."""
    assert node.matching is not None
    groups = match_groups(left.labels, right.labels, node.matching)
    if node.operator == "or":
        there = presence(left, groups.of_left, groups.count)
        return _union(left, _kept(right, groups.of_right, there, wanted=False))
    there = presence(right, groups.of_right, groups.count)
    return _kept(left, groups.of_left, there, wanted=node.operator == "and")


def _kept(
    frame: Frame, group_of_row: NDArray[np.int32], there: NDArray[np.uint8], *, wanted: bool
) -> Frame:
    kind = np.empty(frame.values.shape, np.uint8)
    keep_where(frame.kinds(), group_of_row, there, wanted, kind)
    return where_kept(frame, None if kind.all() else kind).without_empty_rows()


def _union(left: Frame, right: Frame) -> Frame:
    if right.series == 0:
        return left
    return merged(below([left, right]))
