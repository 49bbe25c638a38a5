"""Windows that were read with a margin: what `anchored` and `smoothed` make of them.

`lower` and `upper` of such windows reach beyond the range, so functions of plain windows cannot
take them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from narthex.promql.execute.frame import Windows
from narthex.promql.execute.functions.answers import Presence, room, times_at
from narthex.promql.execute.functions.arguments import bare
from narthex.promql.kernels import extended as kernels
from narthex.promql.syntax.nodes import Call, Extension, MatrixSelector

Edges = tuple[NDArray[np.int32], NDArray[np.int32]]


def extension_of(call: Call) -> Extension | None:
    """The modifier of the range vector that a function is called with."""
    selector = bare(call.args[0])
    return selector.selector.extension if isinstance(selector, MatrixSelector) else None


def change_of(
    windows: Windows, extension: Extension, divisor_s: float, *, counter: bool
) -> tuple[NDArray[np.float64], Presence]:
    """What series gained between the edges, float64[n, T], and in which windows they did."""
    values, columns = room(windows), windows.columns
    first, last = edges_of(windows, extension)
    if extension is Extension.ANCHORED:
        kernels.anchored_change(
            columns.values, columns.starts, windows.timeline, first, last, counter, divisor_s,
            values,
        )  # fmt: skip
    else:
        kernels.smoothed_change(
            columns.values, columns.starts, columns.times, columns.times_at, windows.timeline,
            first, last, windows.ends_ms, windows.range_ms, counter, divisor_s, values,
        )  # fmt: skip
    return values, last != kernels.NOTHING


def anchored_windows(windows: Windows) -> Windows:
    """Windows of the samples that count, the anchor among them."""
    first, last = edges_of(windows, Extension.ANCHORED)
    return replace(windows, lower=first, upper=last + np.int32(1))


def edges_of(windows: Windows, extension: Extension) -> Edges:
    """The samples of each window from the first to the last that count, both included.

    int32[timelines, T], counted from a series' first sample; the last is `NOTHING` where none do.
    """
    first, last = np.empty_like(windows.lower), np.empty_like(windows.lower)
    anchored = extension is Extension.ANCHORED
    find_edges = kernels.anchored_edges if anchored else kernels.smoothed_edges
    find_edges(
        windows.columns.times, times_at(windows), windows.lower, windows.upper, windows.ends_ms,
        windows.range_ms, first, last,
    )  # fmt: skip
    return first, last
