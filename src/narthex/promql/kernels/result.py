"""Cells to the samples of an answer."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel


@kernel(
    "int64(const float64[:, ::1], const uint8[:, ::1], const int64[::1], const int64[::1],"
    " float64[::1], int64[::1], int64[::1])"
)
def cells_to_answer(values, kind, rows, moments, out_values, out_starts, out_times):
    """The present cells of `rows` (int64[k], in that order) as samples; returns how many.

    `out_values`, `out_times` have room for all cells of these rows, `out_starts` is int64[k + 1].
    """
    at = 0
    for i in range(rows.size):
        out_starts[i] = at
        row = rows[i]
        for t in range(moments.size):
            if kind[row, t] != 0:
                out_values[at] = values[row, t]
                out_times[at] = moments[t]
                at += 1
    out_starts[rows.size] = at
    return at


@kernel(
    "int64(const float64[:, ::1], const uint8[:, ::1], const int32[::1],"
    " float64[:, ::1], uint8[:, ::1])"
)
def merge_rows(values, kind, group_of_row, out_values, out_kind):
    """Lay rows of one group over each other where at most one is present at each step.

    `out_kind` comes in as zeros. Returns the group where two met, -1 when none did.
    """
    for i in range(values.shape[0]):
        group = group_of_row[i]
        for t in range(values.shape[1]):
            if kind[i, t] != 0:
                if out_kind[group, t] != 0:
                    return np.int64(group)
                out_kind[group, t] = kind[i, t]
                out_values[group, t] = values[i, t]
    return -1
