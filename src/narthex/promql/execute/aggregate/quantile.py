"""`quantile`: the value at a rank, linear between its neighbours."""

from __future__ import annotations

import numpy as np

from narthex.model.value import format_float_general
from narthex.promql.execute.aggregate.accumulate import kind_of
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.aggregate.steps import over_steps
from narthex.promql.execute.context import EvalContext, Scalar
from narthex.promql.execute.frame import Frame
from narthex.promql.kernels.aggregate import quantile_groups
from narthex.promql.position import Span


def aggregate_quantile(
    frame: Frame, groups: Groups, q: Scalar, at: Span, context: EvalContext
) -> Frame:
    """The `q[t]`-quantile of each group at step t."""
    for wrong in np.unique(q[~((q >= 0) & (q <= 1))]):
        context.annotations.warn(
            f"quantile value should be between 0 and 1, got {format_float_general(wrong)}", at
        )
    rows, bounds = groups.members()
    values = np.zeros((groups.count, frame.steps))
    kind = np.zeros(values.shape, np.uint8)
    cells = kind_of(frame)

    def work(start: int, end: int) -> None:
        quantile_groups(frame.values, cells, rows, bounds, q, start, end, values, kind)

    over_steps(work, frame, context)
    return Frame(groups.labels, values, None if kind.all() else kind, groups.drop_name)
