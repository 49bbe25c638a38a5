"""Ticks and timestamps: on the grid, spread, and unimpressed by a clock that is set."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given

from narthex.scrape.timestamps import BEAT_MS, TimestampGrid, first_wait_ms, next_due_s


def test_small_deviations_are_put_on_the_grid() -> None:
    grid = TimestampGrid(15_000)
    assert grid.timestamp_ms(1_000_000, 0.0) == 1_000_000
    assert grid.timestamp_ms(1_015_002, 15.002) == 1_015_000
    assert grid.timestamp_ms(1_029_999, 29.999) == 1_030_000
    assert grid.timestamp_ms(1_045_003, 45.003) == 1_045_003


def test_the_tolerance_is_a_hundredth_of_a_short_interval() -> None:
    grid = TimestampGrid(100)
    grid.timestamp_ms(1000, 0.0)
    assert grid.timestamp_ms(1101, 0.101) == 1100
    assert grid.timestamp_ms(1202, 0.202) == 1202


def test_a_clock_that_steps_back_gives_earlier_times_at_once() -> None:
    grid = TimestampGrid(15_000)
    grid.timestamp_ms(1_000_000, 0.0)
    assert grid.timestamp_ms(415_000, 15.0) == 415_000
    assert grid.timestamp_ms(430_001, 30.001) == 430_000


def test_a_clock_that_drifts_takes_the_grid_along() -> None:
    grid = TimestampGrid(1000)
    wall, stored = 0.0, []
    for tick in range(100):
        wall = tick * 1000.5
        stored.append(grid.timestamp_ms(int(wall), float(tick)))
        assert abs(stored[-1] - wall) <= 4
    assert (np.diff(stored) > 0).all()


@given(
    st.integers(1, 10**8),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**45),
)
def test_the_first_wait_leads_to_the_targets_own_place(
    interval_ms: int, target_hash: int, seed: int, now_ms: int
) -> None:
    wait = first_wait_ms(interval_ms, target_hash, seed, now_ms)
    assert 0 <= wait < interval_ms
    place = (target_hash ^ seed) % interval_ms
    assert (now_ms + wait) % interval_ms == place // BEAT_MS * BEAT_MS


def test_missed_ticks_are_left_out() -> None:
    assert next_due_s(10.0, 5.0, 10.2) == 15.0
    assert next_due_s(10.0, 5.0, 15.0) == 20.0
    assert next_due_s(10.0, 5.0, 3610.5) == 3615.0
