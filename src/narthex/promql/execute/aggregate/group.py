"""`group`: 1 where a group has any series at all."""

from __future__ import annotations

import numpy as np

from narthex.promql.execute.aggregate.accumulate import answer
from narthex.promql.execute.aggregate.count import counted
from narthex.promql.execute.aggregate.grouping import Groups
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream


def aggregate_group(stream: Stream, groups: Groups, context: EvalContext) -> Frame:
    """One for each group that is there."""
    seen = counted(stream, groups, context).seen
    return answer(groups, np.ones(seen.shape), seen)
