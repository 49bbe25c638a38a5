"""Runs the discoverers of a configuration and hands on what they find, group by group.

Discoverers may publish as often as they like; what they found is handed on at most every five
seconds, everything at once, so that a restart of a thousand containers is a handful of updates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

from narthex.discovery.interface import DiscoveryConfig, Surroundings
from narthex.discovery.static import StaticConfig
from narthex.discovery.target_group import TargetGroup
from narthex.runtime.supervisor import Supervisor

UPDATE_INTERVAL_S: Final = 5.0
"""The least time between two updates, as Prometheus has it."""

SETTLE_S: Final = 0.2
"""An update waits this long for others that follow at once, as they do after a start."""

OnUpdate = Callable[[Mapping[str, Sequence[TargetGroup]]], None]
"""Told, per job, every group with targets in it; jobs without any have an empty list."""


@dataclass(slots=True, eq=False)
class Provider:
    """A running discoverer, the jobs it works for, and what it has found, by source."""

    config: DiscoveryConfig
    jobs: list[str]
    supervisor: Supervisor
    groups: dict[str, TargetGroup] = field(default_factory=dict)


class DiscoveryManager:
    """The discoverers of one kind of user: scraping, or the sender of alerts.

    An async context manager; leaving it stops every discoverer.
    """

    def __init__(self, name: str, surroundings: Surroundings, on_update: OnUpdate) -> None:
        self._name = name
        self._surroundings = surroundings
        self._on_update = on_update
        self._jobs: list[str] = []
        self._providers: list[Provider] = []
        self._changed = asyncio.Event()
        self._updates = Supervisor(f"discovery-{name}")

    async def __aenter__(self) -> Self:
        self._updates.start("updates", self._hand_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._updates.stop()
        for provider in self._providers:
            await provider.supervisor.stop()
        self._providers = []

    async def apply(self, configs: Mapping[str, Sequence[DiscoveryConfig]]) -> None:
        """Run exactly these, by job. Discoverers whose configuration stays go on undisturbed."""
        jobs_before = self._jobs
        self._jobs = list(configs)
        wanted: list[Provider] = []
        for job, of_job in configs.items():
            for config in of_job:
                self._want(wanted, config, job)
        gone = [provider for provider in self._providers if provider not in wanted]
        new = [provider for provider in wanted if provider not in self._providers]
        self._providers = wanted
        for provider in gone:
            await provider.supervisor.stop()
        for provider in new:
            self._start(provider)
        # A configuration that could not be used was refused when it was read.
        self._surroundings.metrics.failed_configs.labels(self._name).set(0)
        for job in set(jobs_before) - set(self._jobs):
            self._forget_metrics(job)
        self._changed.set()

    def groups(self) -> dict[str, list[TargetGroup]]:
        """What is known now, per job; groups without targets are left out."""
        found: dict[str, list[TargetGroup]] = {job: [] for job in self._jobs}
        for provider in self._providers:
            for job in provider.jobs:
                found[job] += provider.groups.values()
        return found

    def _want(self, wanted: list[Provider], config: DiscoveryConfig, job: str) -> None:
        """Give the job a provider: one for the same configuration if there is one."""
        shared = None if isinstance(config, StaticConfig) else _find(wanted, config)
        if shared is not None:
            shared.jobs.append(job)
            return
        running = _find(self._providers, config)
        if running is None or running in wanted:
            wanted.append(Provider(config, [job], Supervisor(f"discovery-{self._name}")))
        else:
            running.jobs = [job]
            wanted.append(running)

    def _start(self, provider: Provider) -> None:
        job = provider.jobs[0]

        def publish(groups: Sequence[TargetGroup]) -> None:
            for group in groups:
                if group.targets:
                    provider.groups[group.source] = group
                else:
                    provider.groups.pop(group.source, None)
            self._surroundings.metrics.received_updates.labels(self._name).inc()
            self._changed.set()

        surroundings = replace(self._surroundings, config_name=job)
        discoverer = provider.config.discoverer(surroundings)
        provider.supervisor.start(job, discoverer.run(publish))

    async def _hand_on(self) -> None:
        clock, metrics = self._surroundings.clock, self._surroundings.metrics
        while True:
            await self._changed.wait()
            await clock.sleep_s(SETTLE_S)
            self._changed.clear()
            found = self.groups()
            for job, groups in found.items():
                count = sum(len(group.targets) for group in groups)
                metrics.discovered_targets.labels(self._name, job).set(count)
            metrics.updates.labels(self._name).inc()
            self._on_update(found)
            await clock.sleep_s(UPDATE_INTERVAL_S - SETTLE_S)
            if self._changed.is_set():
                metrics.updates_delayed.labels(self._name).inc()

    def _forget_metrics(self, job: str) -> None:
        metrics = self._surroundings.metrics
        metrics.discovered_targets.remove_by_labels({"name": self._name, "config": job})
        metrics.refresh_failures.remove_by_labels({"config": job})
        metrics.refresh_duration.remove_by_labels({"config": job})


def _find(providers: Sequence[Provider], config: DiscoveryConfig) -> Provider | None:
    """The first provider of an equal configuration."""
    for provider in providers:
        if provider.config == config:
            return provider
    return None
