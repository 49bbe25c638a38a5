"""What a discoverer is given in tests: a clock that moves when told, and no threads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

from prometheus_client import CollectorRegistry

from narthex.discovery.interface import DiscoveryConfig, Surroundings
from narthex.discovery.metrics import DiscoveryMetrics
from narthex.discovery.target_group import TargetGroup
from narthex.runtime.clock import ManualClock
from narthex.telemetry.log import Logger

Result = TypeVar("Result")


async def run_here(function: Callable[..., Result], /, *args: object) -> Result:
    """Runs at once: tests need no thread."""
    return function(*args)


class World:
    """Surroundings, and what was published into them, by source."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.surroundings = Surroundings(
            clock=self.clock,
            run_aside=run_here,
            metrics=DiscoveryMetrics(self.registry),
            log=Logger("test"),
            config_name="job",
        )
        self.found: dict[str, TargetGroup] = {}
        self.updates = 0

    def publish(self, groups: Sequence[TargetGroup]) -> None:
        self.updates += 1
        for group in groups:
            if group.targets:
                self.found[group.source] = group
            else:
                self.found.pop(group.source, None)

    def addresses(self) -> list[str]:
        return sorted(
            target["__address__"] for group in self.found.values() for target in group.targets
        )

    def metric(self, name: str, /, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"prometheus_sd_{name}", labels)

    async def pass_s(self, seconds: float) -> None:
        """Let what is under way go to sleep, then let time pass."""
        await self.clock.advance_s(0)
        await self.clock.advance_s(seconds)

    @contextlib.asynccontextmanager
    async def running(self, config: DiscoveryConfig) -> AsyncIterator[None]:
        """The discoverer of `config` runs until the block ends."""
        work = config.discoverer(self.surroundings).run(self.publish)
        task = asyncio.get_running_loop().create_task(work)
        await self.clock.advance_s(0)
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def until(condition: Callable[[], bool]) -> None:
    """Let real sockets do their work until `condition` holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - a socket tells of nothing to wait for
            await asyncio.sleep(0.002)
