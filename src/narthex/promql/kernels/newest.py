"""Of several series that say the same thing: which one said it last."""

from __future__ import annotations

from narthex.jit import kernel

NONE = -1


@kernel(
    "UniTuple(int64, 3)(const float64[:, ::1], const uint8[:, ::1], const int32[::1],"
    " int32[:, ::1])"
)
def newest_of_groups(times, kind, group_of_row, newest):
    """For each group and step the present row with the latest of `times` float64[n, T].

    `newest` int32[groups, T] comes in as `NONE` everywhere. Returns two rows of a group with the
    same time, and the step, where such are found; else `NONE` three times.
    """
    for i in range(times.shape[0]):
        group = group_of_row[i]
        for t in range(times.shape[1]):
            if kind[i, t] == 0:
                continue
            held = newest[group, t]
            if held == NONE or times[held, t] < times[i, t]:
                newest[group, t] = i
    for i in range(times.shape[0]):
        group = group_of_row[i]
        for t in range(times.shape[1]):
            held = newest[group, t]
            if kind[i, t] != 0 and held != i and times[held, t] == times[i, t]:
                return held, i, t
    return NONE, NONE, NONE
