"""Two rows to one, cell by cell: arithmetic, comparison, and who meets whom at each step.

Pairs are given as row numbers into both sides, so that nothing is copied to make the sides meet; a
scalar is a matrix of one row. Operators are numbered by `ARITHMETIC` and `COMPARISONS`.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

ARITHMETIC = ("+", "-", "*", "/", "%", "^", "atan2")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")

SIDES = "const float64[:, ::1], const int64[::1], const float64[:, ::1], const int64[::1]"
KINDS = "const uint8[:, ::1], const int64[::1], const uint8[:, ::1], const int64[::1]"


@kernel(f"void(int64, {SIDES}, float64[:, ::1])")
def arithmetic(operator, left, left_rows, right, right_rows, out):
    """`left op right` for every pair and step, whatever the kinds; `out` float64[pairs, T]."""
    steps = out.shape[1]
    for p in range(left_rows.size):
        a = left_rows[p]
        b = right_rows[p]
        if operator == 0:
            for t in range(steps):
                out[p, t] = left[a, t] + right[b, t]
        elif operator == 1:
            for t in range(steps):
                out[p, t] = left[a, t] - right[b, t]
        elif operator == 2:
            for t in range(steps):
                out[p, t] = left[a, t] * right[b, t]
        elif operator == 3:
            for t in range(steps):
                out[p, t] = left[a, t] / right[b, t]
        elif operator == 4:
            for t in range(steps):
                out[p, t] = np.fmod(left[a, t], right[b, t])
        elif operator == 5:
            for t in range(steps):
                out[p, t] = np.power(left[a, t], right[b, t])
        else:
            for t in range(steps):
                out[p, t] = np.arctan2(left[a, t], right[b, t])


@kernel(f"void(int64, {SIDES}, uint8[:, ::1])")
def compare(operator, left, left_rows, right, right_rows, holds):
    """Whether `left op right`, for every pair and step, whatever the kinds."""
    steps = holds.shape[1]
    for p in range(left_rows.size):
        a = left_rows[p]
        b = right_rows[p]
        if operator == 0:
            for t in range(steps):
                holds[p, t] = left[a, t] == right[b, t]
        elif operator == 1:
            for t in range(steps):
                holds[p, t] = left[a, t] != right[b, t]
        elif operator == 2:
            for t in range(steps):
                holds[p, t] = left[a, t] > right[b, t]
        elif operator == 3:
            for t in range(steps):
                holds[p, t] = left[a, t] < right[b, t]
        elif operator == 4:
            for t in range(steps):
                holds[p, t] = left[a, t] >= right[b, t]
        else:
            for t in range(steps):
                holds[p, t] = left[a, t] <= right[b, t]


@kernel(f"void({KINDS}, uint8[:, ::1])")
def both_present(left, left_rows, right, right_rows, out):
    """1 where both of a pair are present; an empty side (0 rows) is present everywhere."""
    for p in range(left_rows.size):
        for t in range(out.shape[1]):
            here = left.shape[0] == 0 or left[left_rows[p], t] != 0
            there = right.shape[0] == 0 or right[right_rows[p], t] != 0
            out[p, t] = here and there


@kernel(
    "UniTuple(int64, 3)(const uint8[:, ::1], const int32[::1], const boolean[::1], int32[:, ::1])"
)
def settle_one_side(kind, group_of_row, awaited, row_at):
    """Which row of the one side each group has at each step: `row_at` int32[G, T], all -1 at first.

    Steps where nothing is `awaited` by the many side are left out. Returns (group, row, earlier
    row) of the first step where a group has two; (-1, -1, -1): never.
    """
    for t in range(kind.shape[1]):
        if not awaited[t]:
            continue
        for i in range(kind.shape[0]):
            if kind[i, t] != 0:
                g = group_of_row[i]
                if row_at[g, t] >= 0:
                    return np.int64(g), np.int64(i), np.int64(row_at[g, t])
                row_at[g, t] = i
    return np.int64(-1), np.int64(-1), np.int64(-1)


@kernel("int64(const uint8[:, ::1], const int32[::1], const int32[:, ::1], int64[::1], int64[::1])")
def meeting_pairs(kind, group_of_row, row_at, pair_many, pair_one):
    """The distinct pairs (row of the many side, row of the one side) that meet at some step.

    Writes as many as there is room for and returns how many there are; those of a row together.
    """
    count = 0
    for i in range(kind.shape[0]):
        g = group_of_row[i]
        first = count
        last = -1
        for t in range(kind.shape[1]):
            other = row_at[g, t]
            if other < 0 or other == last or kind[i, t] == 0:
                continue
            last = other
            known = False
            for p in range(first, min(count, pair_one.size)):
                if pair_one[p] == other:
                    known = True
                    break
            if not known:
                if count < pair_one.size:
                    pair_many[count] = i
                    pair_one[count] = other
                count += 1
    return count


@kernel(
    "void(const uint8[:, ::1], const int32[::1], const int32[:, ::1], const int64[::1],"
    " const int64[::1], uint8[:, ::1])"
)
def pair_present(kind, group_of_row, row_at, pair_many, pair_one, out):
    """1 where a pair meets: its many row is there, and its one row is the group's at that step."""
    for p in range(pair_many.size):
        row = pair_many[p]
        g = group_of_row[row]
        for t in range(out.shape[1]):
            out[p, t] = kind[row, t] != 0 and row_at[g, t] == pair_one[p]


@kernel("int64(const uint8[:, ::1], const int32[::1], int64)")
def first_collision(kind, group_of_row, groups):
    """The first row that is present at a step where another row of its group is; -1: none."""
    taken = np.zeros((groups, kind.shape[1]), np.uint8)
    for i in range(kind.shape[0]):
        g = group_of_row[i]
        for t in range(kind.shape[1]):
            if kind[i, t] != 0:
                if taken[g, t] != 0:
                    return i
                taken[g, t] = 1
    return -1


@kernel("void(const uint8[:, ::1], const int32[::1], uint8[:, ::1])")
def groups_present(kind, group_of_row, out):
    """1 where any row of a group is present; `out` uint8[G, T] comes in as zeros."""
    for i in range(kind.shape[0]):
        g = group_of_row[i]
        for t in range(kind.shape[1]):
            if kind[i, t] != 0:
                out[g, t] = 1


@kernel("void(const uint8[:, ::1], const int32[::1], const uint8[:, ::1], boolean, uint8[:, ::1])")
def keep_where(kind, group_of_row, present, wanted, out):
    """Kinds of rows, kept where `present` of their group (-1: never present) is as wanted."""
    for i in range(kind.shape[0]):
        g = group_of_row[i]
        for t in range(kind.shape[1]):
            there = g >= 0 and present[g, t] != 0
            out[i, t] = kind[i, t] if there == wanted else 0
