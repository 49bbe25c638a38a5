"""All jobs of a configuration: what runs, what is shown of it, and how it follows changes.

Discovery hands over groups (`update`), a reload hands over configurations (`apply`); both end in
one task that brings the pools in line, so that updates never overlap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from prometheus_client import CollectorRegistry

from narthex.discovery.interface import RunAside
from narthex.discovery.target_group import TargetGroup
from narthex.model.labels import Labels
from narthex.model.metadata import Metadata
from narthex.model.relabel import RelabelStep, relabel_steps
from narthex.runtime.clock import Clock
from narthex.runtime.rng import process_seed
from narthex.runtime.supervisor import Supervisor
from narthex.scrape import fetching
from narthex.scrape.config import ScrapeConfig
from narthex.scrape.families import FamilyCache
from narthex.scrape.loop import ScrapeLoop, Surroundings, TargetStatus
from narthex.scrape.metrics import ScrapeMetrics
from narthex.scrape.pool import MakeTransport, ScrapePool
from narthex.scrape.series import Destination
from narthex.scrape.target import DroppedTarget, Target
from narthex.telemetry.log import Logger


@dataclass(frozen=True, slots=True)
class ActiveTarget:
    """A target that is scraped, as of now."""

    pool: str
    target: Target
    discovered_labels: Labels
    status: TargetStatus


@dataclass(frozen=True, slots=True)
class ScrapeOptions:
    """What the process decides for all jobs."""

    user_agent: str = "narthex"
    spread_seed: int = 0
    """Places targets within their interval; servers of a pair should differ."""


class ScrapeManager:
    """Scrapes the targets of every job. An async context manager; leaving it stops all loops."""

    def __init__(
        self,
        destination: Destination,
        *,
        clock: Clock,
        run_aside: RunAside,
        registry: CollectorRegistry,
        options: ScrapeOptions | None = None,
        make_transport: MakeTransport | None = None,
    ) -> None:
        options = options or ScrapeOptions()
        self._destination = destination
        self._surroundings = Surroundings(
            clock,
            run_aside,
            ScrapeMetrics(registry, clock),
            FamilyCache(),
            Logger("scrape"),
            hash_seed=process_seed(),
            spread_seed=options.spread_seed,
        )
        self._make_transport = make_transport or partial(
            fetching.make_transport, user_agent=options.user_agent
        )
        self._pools: dict[str, ScrapePool] = {}
        self._groups: Mapping[str, Sequence[TargetGroup]] = {}
        self._changed = asyncio.Event()
        self._supervisor = Supervisor("scrape")

    async def __aenter__(self) -> Self:
        self._supervisor.start("sync", self._sync_forever())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._supervisor.stop()
        pools, self._pools = self._pools, {}
        await asyncio.gather(*(pool.close() for pool in pools.values()))

    async def apply(self, configs: Sequence[ScrapeConfig]) -> None:
        """Run exactly these jobs; those whose configuration stays are not disturbed."""
        wanted = {config.job_name: config for config in configs}
        for job in [job for job in self._pools if job not in wanted]:
            self._surroundings.metrics.forget_job(job)
            self._supervisor.start(f"{job} retired", self._pools.pop(job).retire())
        for job, config in wanted.items():
            pool = self._pools.get(job)
            if pool is None:
                self._pools[job] = ScrapePool(
                    config, self._destination, self._surroundings, self._make_transport
                )
            elif pool.config != config:
                await pool.reload(config)
        self._changed.set()

    def update(self, groups: Mapping[str, Sequence[TargetGroup]]) -> None:
        """What discovery knows now, by job; `DiscoveryManager` calls this."""
        self._groups = groups
        self._changed.set()

    def scrape_pools(self) -> list[str]:
        """The names of the jobs, sorted."""
        return sorted(self._pools)

    def active_targets(self, pool: str | None = None) -> Iterator[ActiveTarget]:
        """The targets of one job, or of all."""
        for name, loop in self._loops(pool):
            discovered = loop.discovered
            yield ActiveTarget(name, discovered.target, discovered.discovered_labels, loop.status)

    def dropped_targets(self, pool: str | None = None) -> Iterator[tuple[str, DroppedTarget]]:
        """Job and labels of what relabelling dropped, at most `keep_dropped_targets` a job."""
        for name in self._names(pool):
            for dropped in self._pools[name].dropped:
                yield name, dropped

    def dropped_counts(self) -> dict[str, int]:
        """How many targets each job dropped, kept for show or not."""
        return {name: pool.dropped_count for name, pool in sorted(self._pools.items())}

    def metadata(self, family: str | None = None) -> Iterator[tuple[Target, Metadata]]:
        """What targets say of one family, or of all their families."""
        for _, loop in self._loops(None):
            by_name = loop.status.families.by_name
            if family is None:
                for metadata in by_name.values():
                    yield loop.discovered.target, metadata
            elif family in by_name:
                yield loop.discovered.target, by_name[family]

    def relabel_steps(self, pool: str, labels: Labels) -> list[RelabelStep]:
        """What each relabelling rule of a job makes of discovered labels.

        Raises KeyError for an unknown job.
        """
        return relabel_steps(labels, self._pools[pool].config.relabel_configs)

    def _names(self, pool: str | None) -> list[str]:
        return self.scrape_pools() if pool is None else [n for n in [pool] if n in self._pools]

    def _loops(self, pool: str | None) -> Iterator[tuple[str, ScrapeLoop]]:
        for name in self._names(pool):
            for loop in self._pools[name].loops:
                yield name, loop

    async def _sync_forever(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            groups = self._groups
            for job in list(self._pools):
                if job in groups:  # else discovery has not spoken yet
                    await self._sync(job, groups[job])

    async def _sync(self, job: str, groups: Sequence[TargetGroup]) -> None:
        """Bring one pool in line; the labels of its targets are made in a worker thread."""
        pool = self._pools.get(job)
        if pool is None:
            return
        config = pool.config
        length = self._surroundings.metrics.sync_length.labels(job)
        with length.time():
            built = await self._surroundings.run_aside(pool.build, groups)
            if self._pools.get(job) is pool and pool.config is config:
                pool.take(built)
