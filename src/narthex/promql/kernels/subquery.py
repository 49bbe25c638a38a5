"""The answer of an inner query, looked at as samples again."""

from __future__ import annotations

from narthex.jit import kernel


@kernel(
    "int64(const float64[:, ::1], const uint8[:, ::1], const int64[::1], float64[::1],"
    " int64[::1], int64[::1])"
)
def cells_to_samples(values, kind, moments, out_values, out_starts, out_times):
    """Cells that are present become samples, series after series; returns how many.

    `out_values`, `out_times` have room for all cells, `out_starts` is int64[n + 1].
    """
    at = 0
    for i in range(values.shape[0]):
        out_starts[i] = at
        for t in range(moments.size):
            if kind[i, t] != 0:
                out_values[at] = values[i, t]
                out_times[at] = moments[t]
                at += 1
    out_starts[values.shape[0]] = at
    return at
