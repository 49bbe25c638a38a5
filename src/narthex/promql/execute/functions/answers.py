"""From what a kernel computed for each window to the answer of a range function."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.promql.execute.frame import Frame, Windows

Presence = NDArray[np.bool_]


def windows_with(windows: Windows, samples: int) -> Presence:
    """Which windows of each timeline hold at least so many samples, bool[timelines, T]."""
    enough: Presence = windows.upper - windows.lower >= samples
    return enough


def answer(windows: Windows, values: NDArray[np.float64], present: Presence) -> Frame:
    """The series of `windows` with `values` float64[n, T], absent where `present` is not."""
    kind = None if present.all() else present.view(np.uint8)[windows.timeline]
    return Frame(windows.labels, values, kind, windows.drop_name)


def room(windows: Windows) -> NDArray[np.float64]:
    """Where a kernel writes its answer, float64[n, T]."""
    return np.empty((windows.series, windows.steps))


def times_at(windows: Windows) -> NDArray[np.int64]:
    """Where each timeline begins in `columns.times`, int64[timelines]."""
    return windows.columns.times_at[windows.first_row]
