"""`topk` and `bottomk`: the series themselves, where they are among the k best of their group."""

from __future__ import annotations

import numpy as np

from narthex.promql.execute.aggregate.accumulate import kind_of
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.aggregate.parameter import counts_of
from narthex.promql.execute.aggregate.steps import over_steps
from narthex.promql.execute.context import EvalContext, Scalar
from narthex.promql.execute.frame import Frame
from narthex.promql.kernels.aggregate import best_of_groups


def aggregate_topk(frame: Frame, groups: Groups, k: Scalar, context: EvalContext) -> Frame:
    """The `k[t]` largest of each group."""
    return _best(frame, groups, k, context, largest=True)


def aggregate_bottomk(frame: Frame, groups: Groups, k: Scalar, context: EvalContext) -> Frame:
    """The `k[t]` smallest of each group."""
    return _best(frame, groups, k, context, largest=False)


def _best(frame: Frame, groups: Groups, k: Scalar, context: EvalContext, *, largest: bool) -> Frame:
    rows, bounds = groups.members()
    chosen = np.zeros(frame.values.shape, np.uint8)
    counts = counts_of(k)
    cells = kind_of(frame)

    def work(start: int, end: int) -> None:
        best_of_groups(frame.values, cells, rows, bounds, counts, largest, start, end, chosen)

    over_steps(work, frame, context)
    best = frame.with_values(frame.values, chosen).without_empty_rows()
    if frame.steps > 1:
        return best
    kept = groups.of_row[np.flatnonzero(chosen.any(axis=1))]
    return _sorted(best, kept, largest=largest)


def _sorted(frame: Frame, group_of_row: np.ndarray, *, largest: bool) -> Frame:
    # An instant answer is in the order of groups, and by value within, NaN last.
    values = frame.values[:, 0]
    order = np.lexsort((-values if largest else values, np.isnan(values), group_of_row))
    taken = frame.take(order)
    return Frame(taken.labels, taken.values, taken.kind, taken.drop_name, ordered=True)
