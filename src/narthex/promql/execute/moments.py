"""Where a selector or subquery looks: the query's steps after `offset` and `@`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.promql.execute.frame import Steps
from narthex.promql.syntax.nodes import TimeShift


def moments_of(shift: TimeShift, steps: Steps) -> NDArray[np.int64]:
    """One moment a step, int64[T], never descending. Edges and expressions are settled before."""
    assert shift.offset_expr is None
    if shift.at is None:
        return steps.times_ms() - shift.offset_ms
    assert isinstance(shift.at, int)
    return np.full(steps.count, shift.at - shift.offset_ms, np.int64)
