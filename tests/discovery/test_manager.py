"""The manager: groups by job, updates five seconds apart, discoverers that survive a reload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from narthex.discovery.interface import DiscoveryConfig, Publish, Surroundings
from narthex.discovery.manager import SETTLE_S, UPDATE_INTERVAL_S, DiscoveryManager
from narthex.discovery.static import StaticConfig
from narthex.discovery.target_group import TargetGroup
from tests.discovery.world import World

pytestmark = pytest.mark.asyncio


@dataclass
class Scripted:
    """A configuration whose discoverer publishes when the test says so."""

    name: str
    started: list[Publish] = field(default_factory=list, compare=False)
    stopped: int = field(default=0, compare=False)

    def discoverer(self, surroundings: Surroundings) -> _ScriptedDiscoverer:
        return _ScriptedDiscoverer(self, surroundings)

    def publish(self, source: str, *addresses: str) -> None:
        self.started[-1]([TargetGroup.of(addresses, {}, source)])


class _ScriptedDiscoverer:
    def __init__(self, config: Scripted, surroundings: Surroundings) -> None:
        self._config = config
        self._clock = surroundings.clock

    async def run(self, publish: Publish) -> None:
        self._config.started.append(publish)
        try:
            while True:
                await self._clock.sleep_s(1e9)
        finally:
            self._config.stopped += 1


class Targets(World):
    """Keeps what the manager handed on."""

    def __init__(self) -> None:
        super().__init__()
        self.handed_on: list[dict[str, list[str]]] = []
        self.manager = DiscoveryManager("scrape", self.surroundings, self.take)

    def take(self, found: Mapping[str, Sequence[TargetGroup]]) -> None:
        self.handed_on.append(
            {
                job: [target["__address__"] for group in groups for target in group.targets]
                for job, groups in found.items()
            }
        )

    async def apply(self, **configs: Sequence[DiscoveryConfig]) -> None:
        await self.manager.apply(configs)
        await self.clock.advance_s(0)


async def test_the_first_update_comes_soon_and_whole() -> None:
    world = Targets()
    async with world.manager:
        await world.apply(a=[StaticConfig(targets=("x:1",)), StaticConfig(targets=("y:1",))], b=[])
        await world.pass_s(SETTLE_S)
    assert world.handed_on == [{"a": ["x:1", "y:1"], "b": []}]
    assert world.metric("discovered_targets", name="scrape", config="a") == 2
    assert world.metric("discovered_targets", name="scrape", config="b") == 0


async def test_updates_are_at_least_five_seconds_apart() -> None:
    world, source = Targets(), Scripted("s")
    async with world.manager:
        await world.apply(a=[source])
        await world.pass_s(SETTLE_S)
        for i in range(40):
            source.publish("g", f"x:{i}")
            await world.pass_s(UPDATE_INTERVAL_S / 10)
        assert len(world.handed_on) == 1 + 4
        assert world.metric("received_updates_total", name="scrape") == 40
        assert world.metric("updates_total", name="scrape") == 5
        assert (world.metric("updates_delayed_total", name="scrape") or 0) >= 3


async def test_nothing_new_is_no_update() -> None:
    world = Targets()
    async with world.manager:
        await world.apply(a=[StaticConfig(targets=("x:1",))])
        await world.pass_s(100)
    assert len(world.handed_on) == 1


async def test_a_source_is_replaced_and_taken_away() -> None:
    world, source = Targets(), Scripted("s")
    async with world.manager:
        await world.apply(a=[source])
        source.publish("g", "x:1", "x:2")
        source.publish("h", "z:1")
        await world.pass_s(UPDATE_INTERVAL_S)
        source.publish("g", "x:3")
        source.publish("h")
        await world.pass_s(UPDATE_INTERVAL_S)
    assert world.handed_on == [{"a": ["x:1", "x:2", "z:1"]}, {"a": ["x:3"]}]


async def test_a_reload_leaves_unchanged_discoverers_alone() -> None:
    world, stays, goes = Targets(), Scripted("stays"), Scripted("goes")
    async with world.manager:
        await world.apply(a=[stays], b=[goes])
        stays.publish("g", "x:1")
        goes.publish("g", "y:1")
        await world.pass_s(UPDATE_INTERVAL_S)
        await world.apply(a=[Scripted("stays")], c=[StaticConfig(targets=("z:1",))])
        await world.pass_s(UPDATE_INTERVAL_S)
        assert (len(stays.started), stays.stopped) == (1, 0)
        assert (len(goes.started), goes.stopped) == (1, 1)
    assert world.handed_on[-1] == {"a": ["x:1"], "c": ["z:1"]}
    assert world.metric("discovered_targets", name="scrape", config="b") is None
    assert stays.stopped == 1


async def test_equal_configurations_share_a_discoverer() -> None:
    world, source = Targets(), Scripted("same")
    twin = Scripted("same")
    async with world.manager:
        await world.apply(a=[source], b=[twin])
        source.publish("g", "x:1")
        await world.pass_s(UPDATE_INTERVAL_S)
    assert world.handed_on[-1] == {"a": ["x:1"], "b": ["x:1"]}
    assert (len(source.started), len(twin.started)) == (1, 0)
