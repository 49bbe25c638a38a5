"""The only place that tells the time.

Everything that needs "now" or waits is handed a `Clock`, so that a test runs a day in a second
and a wall clock that steps back is one more input. Wall time is for timestamps of samples,
monotonic time for intervals.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import Protocol


class Clock(Protocol):
    """Wall time, monotonic time, and waiting."""

    def now_ms(self) -> int:
        """Milliseconds since the Unix epoch; may step back when the machine's clock is set."""

    def monotonic_s(self) -> float:
        """Seconds that never step back; only differences mean something."""

    async def sleep_s(self, seconds: float) -> None:
        """Wait; zero or less yields to other tasks once."""


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        return time.monotonic()

    async def sleep_s(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that moves only when told: `advance_s` wakes the sleepers it passes, in order."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms
        self._monotonic_s = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._now_ms

    def monotonic_s(self) -> float:
        return self._monotonic_s

    async def sleep_s(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._monotonic_s + seconds, next(self._order), woken))
        await woken

    def step_wall_ms(self, by_ms: int) -> None:
        """Set the wall clock forward or back without letting monotonic time pass."""
        self._now_ms += by_ms

    async def advance_s(self, seconds: float) -> None:
        """Let `seconds` pass; every task woken on the way runs at its own moment."""
        end_s = self._monotonic_s + seconds
        while self._sleepers and self._sleepers[0][0] <= end_s:
            due_s, _, woken = heapq.heappop(self._sleepers)
            self._move_to(due_s)
            if not woken.done():
                woken.set_result(None)
            for _ in range(10):  # let the woken task, and those it wakes in turn, run
                await asyncio.sleep(0)
        self._move_to(end_s)
        await asyncio.sleep(0)

    def _move_to(self, monotonic_s: float) -> None:
        self._now_ms += round((monotonic_s - self._monotonic_s) * 1000)
        self._monotonic_s = monotonic_s
