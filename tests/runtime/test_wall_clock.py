"""Steps of the wall clock are told once, drift is not."""

from narthex.runtime.wall_clock import WallClockWatch

NOW_MS = 1_700_000_000_000


def test_steps_are_told_once_and_drift_is_not() -> None:
    watch = WallClockWatch(NOW_MS, 100.0)
    assert watch.step_ms(NOW_MS + 1_000, 101.0) == 0
    assert watch.step_ms(NOW_MS + 2_500, 102.0) == 0, "half a second is no step"
    assert watch.step_ms(NOW_MS - 60_000, 103.0) == -63_500
    assert watch.step_ms(NOW_MS - 59_000, 104.0) == 0
    asleep_ms = 3_600_000
    assert watch.step_ms(NOW_MS - 58_000 + asleep_ms, 105.0) == asleep_ms
