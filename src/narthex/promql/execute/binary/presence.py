"""Which groups are there at a step, and a number for those that one side lacks (`fill_left`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.histogram_cells import below
from narthex.promql.kernels.binary import groups_present

Presence = NDArray[np.uint8]


def presence(frame: Frame, group_of_row: NDArray[np.int32], groups: int) -> Presence:
    """1 where any series of a group is present, uint8[groups, T]."""
    there = np.zeros((groups, frame.steps), np.uint8)
    groups_present(frame.kinds(), group_of_row, there)
    return there


def filled(
    frame: Frame, groups: LabelTable, value: float, here: Presence, there: Presence
) -> Frame:
    """`frame` and one series a group, of the group's labels alone, present where only the other
    side is: `there` and not `here`."""
    kind = (there & ~here & 1).astype(np.uint8)
    values = np.full(kind.shape, value)
    added = Frame(groups, values, kind, np.zeros(len(groups), np.bool_))
    return below([frame, added])
