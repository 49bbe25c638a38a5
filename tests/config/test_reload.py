"""Reloading: the new configuration everywhere, or the old one and the reason."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from narthex.config.load import load_config
from narthex.config.reload import Reloader, ReloadFailed, ReloadMetrics
from narthex.config.schema import Config
from narthex.runtime.clock import ManualClock

JOB = "scrape_configs: [{job_name: %s}]\n"


class Room:
    """Takes configurations over, and may fail at it."""

    def __init__(self) -> None:
        self.jobs: list[list[str]] = []
        self.fault: Exception | None = None

    async def apply(self, config: Config) -> None:
        if self.fault is not None:
            raise self.fault
        self.jobs.append([job.job_name for job in config.jobs])


class World:
    """A file, two rooms and the reloader between them."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "prometheus.yml"
        self.first, self.second = Room(), Room()
        self.clock = ManualClock(now_ms=1_000)
        self.registry = CollectorRegistry()
        self.reloader = Reloader(
            self.path,
            [("first", self.first.apply), ("second", self.second.apply)],
            clock=self.clock,
            metrics=ReloadMetrics(self.registry),
        )

    def metric(self, name: str) -> float | None:
        return self.registry.get_sample_value(f"prometheus_config_last_reload_{name}")

    async def start(self, job: str = "a") -> None:
        self.path.write_text(JOB % job)
        await self.reloader.start(load_config(self.path))


@pytest.mark.asyncio
async def test_a_good_file_reaches_every_room(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.start()
    world.path.write_text(JOB % "b")
    world.clock.step_wall_ms(4_000)
    await world.reloader.reload()
    assert world.first.jobs == world.second.jobs == [["a"], ["b"]]
    assert world.metric("successful") == 1
    assert world.metric("success_timestamp_seconds") == 5


@pytest.mark.asyncio
async def test_a_bad_file_changes_nothing_and_says_why(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.start()
    world.path.write_text("scrape_configs: [{job_nam: b}]\n")
    with pytest.raises(ReloadFailed, match=r"prometheus\.yml:1: scrape_configs\[0\]\.job_nam: unk"):
        await world.reloader.reload()
    assert world.first.jobs == [["a"]]
    assert world.reloader.config is not None
    assert world.reloader.config.jobs[0].job_name == "a"
    assert world.metric("successful") == 0
    assert world.metric("success_timestamp_seconds") == 1


@pytest.mark.asyncio
async def test_a_file_that_vanished(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.start()
    world.path.unlink()
    with pytest.raises(ReloadFailed, match="No such file"):
        await world.reloader.reload()
    assert world.metric("successful") == 0


@pytest.mark.asyncio
async def test_a_room_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.start()
    world.first.fault = OSError("disk gone")
    world.path.write_text(JOB % "b")
    with pytest.raises(ReloadFailed, match="first: disk gone"):
        await world.reloader.reload()
    assert world.second.jobs == [["a"], ["b"]]
    assert world.metric("successful") == 0


@pytest.mark.asyncio
async def test_without_a_file_there_is_nothing_to_reload() -> None:
    reloader = Reloader(None, [], clock=ManualClock(), metrics=ReloadMetrics(CollectorRegistry()))
    with pytest.raises(ReloadFailed, match=r"start with --config\.file"):
        await reloader.reload()


@pytest.mark.asyncio
async def test_watching_reloads_what_changed_and_nothing_else(tmp_path: Path) -> None:
    world = World(tmp_path)
    jobs = tmp_path / "jobs.yml"
    world.path.write_text("scrape_config_files: [jobs*.yml]\n")
    await world.reloader.start(load_config(world.path))
    watching = asyncio.get_running_loop().create_task(world.reloader.watch(30))
    await world.clock.advance_s(0)
    await world.clock.advance_s(60)
    assert world.first.jobs == [[]]
    jobs.write_text(JOB % "c")
    await world.clock.advance_s(30)
    assert world.first.jobs == [[], ["c"]]
    jobs.write_text("scrape_configs: [")
    await world.clock.advance_s(90)
    assert world.first.jobs == [[], ["c"]]
    assert world.metric("successful") == 0
    jobs.write_text(JOB % "d")
    await world.clock.advance_s(30)
    assert world.first.jobs == [[], ["c"], ["d"]]
    assert world.metric("successful") == 1
    watching.cancel()
