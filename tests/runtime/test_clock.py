"""The manual clock: sleepers wake in order, at their own moment."""

import asyncio

from narthex.runtime.clock import ManualClock


async def _note(clock: ManualClock, seconds: float, seen: list[tuple[float, int]]) -> None:
    await clock.sleep_s(seconds)
    seen.append((seconds, clock.now_ms()))


def test_sleepers_wake_in_order_at_their_moment() -> None:
    async def scenario() -> list[tuple[float, int]]:
        clock = ManualClock(now_ms=1000)
        seen: list[tuple[float, int]] = []
        async with asyncio.TaskGroup() as group:
            for seconds in (3.0, 1.0, 2.0):
                group.create_task(_note(clock, seconds, seen))
            await asyncio.sleep(0)
            await clock.advance_s(2.5)
            assert seen == [(1.0, 2000), (2.0, 3000)]
            await clock.advance_s(1)
        return seen

    assert asyncio.run(scenario())[-1] == (3.0, 4000)


def test_the_wall_clock_steps_without_time_passing() -> None:
    clock = ManualClock(now_ms=10_000)
    clock.step_wall_ms(-5_000)
    assert clock.now_ms() == 5_000
    assert clock.monotonic_s() == 0.0
