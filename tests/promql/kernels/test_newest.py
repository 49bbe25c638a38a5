"""Which of a group's rows is the newest at each step."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from narthex.promql.kernels import newest
from tests.promql.kernels.cases import both

ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.lists(st.none() | st.integers(0, 3), min_size=2, max_size=2)),
    max_size=5,
)


@given(ROWS)
def test_newest_of_groups(rows: list[tuple[int, list[int | None]]]) -> None:
    times = np.array([[t or 0 for t in row] for _, row in rows], np.float64).reshape(-1, 2)
    kind = np.array([[t is not None for t in row] for _, row in rows], np.uint8).reshape(-1, 2)
    groups = np.array([group for group, _ in rows], np.int32)
    latest = {
        (group, step): max(row[step] for g, row in rows if g == group and row[step] is not None)  # type: ignore[type-var]
        for group, cells in rows
        for step in range(2)
        if cells[step] is not None
    }
    for kernel in both(newest.newest_of_groups):
        chosen = np.full((3, 2), newest.NONE, np.int32)
        held, other, step = kernel(times, kind, groups, chosen)
        for (group, t), time in latest.items():
            assert rows[chosen[group, t]][1][t] == time
        assert (chosen != newest.NONE).sum() == len(latest)
        twice = [
            key
            for key, time in latest.items()
            if sum(g == key[0] and row[key[1]] == time for g, row in rows) > 1
        ]
        assert (held != newest.NONE) == bool(twice)
        if twice:
            assert held != other
            assert (groups[held], step) in twice
