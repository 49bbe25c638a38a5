"""The targets of one job: each update of discovery is compared with what runs, and only what is new
begins, only what is gone ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from narthex.discovery.target_group import TargetGroup
from narthex.exposition.negotiation import ScrapeProtocol
from narthex.model.duration import format_duration_ms
from narthex.runtime.supervisor import Supervisor
from narthex.scrape.config import LEGACY, ScrapeConfig
from narthex.scrape.errors import TargetLimitExceeded
from narthex.scrape.families import Families
from narthex.scrape.limits import Limits
from narthex.scrape.loop import JobOptions, ScrapeLoop, Surroundings
from narthex.scrape.report import EXTRA_NAMES, REPORT_NAMES
from narthex.scrape.rewrite import Rewrite
from narthex.scrape.series import Destination, TargetSeries, TimePolicy
from narthex.scrape.target import (
    BuiltTargets,
    Discovered,
    DroppedTarget,
    Target,
    TargetDefaults,
    build_targets,
)
from narthex.scrape.transport import Transport

MakeTransport = Callable[[ScrapeConfig], Transport]


@dataclass(slots=True)
class RunningLoop:
    """A loop and the task it runs in."""

    loop: ScrapeLoop
    task: asyncio.Task[None]


class ScrapePool:
    """The running targets of one job, and those that relabelling dropped."""

    def __init__(
        self,
        config: ScrapeConfig,
        destination: Destination,
        surroundings: Surroundings,
        make_transport: MakeTransport,
    ) -> None:
        self.config = config
        self.dropped: list[DroppedTarget] = []
        self.dropped_count = 0
        self._destination = destination
        self._surroundings = surroundings
        self._make_transport = make_transport
        self._transport = make_transport(config)
        self._supervisor = Supervisor(f"scrape-{config.job_name}")
        self._running: dict[Target, RunningLoop] = {}
        self._refusal: TargetLimitExceeded | None = None
        self._show_metrics()

    def _show_metrics(self) -> None:
        """What is there from the start, before anything is counted."""
        metrics, job = self._surroundings.metrics, self.config.job_name
        metrics.pools.inc()
        metrics.pool_target_limit.labels(job).set(self.config.settings.target_limit)
        metrics.sync_failed.labels(job)
        metrics.metadata_entries.labels(job).set_function(
            lambda: sum(len(families.by_name) for families in self._families())
        )
        metrics.metadata_bytes.labels(job).set_function(
            lambda: sum(families.bytes for families in self._families())
        )

    def _families(self) -> list[Families]:
        running = list(self._running.values())  # at once: asked from another thread
        return [one.loop.status.families for one in running]

    @property
    def loops(self) -> list[ScrapeLoop]:
        """Of the targets that are scraped now."""
        return [running.loop for running in self._running.values()]

    def build(self, groups: Sequence[TargetGroup]) -> BuiltTargets:
        """What discovery's groups come to. Changes nothing; may run in any thread."""
        return build_targets(groups, defaults_of(self.config), self.config.relabel_configs)

    def take(self, built: BuiltTargets) -> None:
        """Scrape exactly these targets from now on."""
        metrics, job = self._surroundings.metrics, self.config.job_name
        wanted = {discovered.target: discovered for discovered in built.targets}
        self._report_failures(built.failures)
        self._keep_dropped(built.dropped)
        self._check_limit(len(wanted))
        for target in [target for target in self._running if target not in wanted]:
            self._end(target)
        for target, discovered in wanted.items():
            running = self._running.get(target)
            if running is None:
                self._begin(discovered, None)
            else:
                running.loop.discovered = discovered
        metrics.pool_syncs.labels(job).inc()
        metrics.pool_targets.labels(job).set(len(wanted))

    async def reload(self, config: ScrapeConfig) -> None:
        """Go on under another configuration of the same job: running targets keep their series."""
        metrics = self._surroundings.metrics
        before, self._transport = self._transport, self._make_transport(config)
        self.config = config
        interval = format_duration_ms(config.settings.scrape_interval_ms)
        with metrics.reload_length.labels(interval).time():
            for running in list(self._running.values()):
                running.task.cancel()
                self._begin(running.loop.discovered, running.loop)
            await before.close()
        metrics.pool_reloads.inc()
        metrics.pool_target_limit.labels(config.job_name).set(config.settings.target_limit)

    async def close(self) -> None:
        """Stop at once; the last samples stay as they are."""
        await self._supervisor.stop()
        await self._transport.close()

    async def retire(self) -> None:
        """End every target with stale markers, then close: the job is no more."""
        loops = self.loops
        for target in list(self._running):
            self._running.pop(target).task.cancel()
        try:
            await asyncio.gather(*(loop.retire() for loop in loops))
        finally:
            await self.close()

    def _begin(self, discovered: Discovered, before: ScrapeLoop | None) -> None:
        target = discovered.target
        series = self._series_of(target)
        if before is not None:
            series.follow(before.series)
        job = JobOptions(
            self._transport,
            fallback_of(self.config),
            self.config.settings.sample_limit,
            self._raise_refusal,
        )
        loop = ScrapeLoop(discovered, job, self._surroundings, series)
        if before is not None:
            loop.status = before.status
        task = self._supervisor.start(target.url, loop.run())
        self._running[target] = RunningLoop(loop, task)

    def _end(self, target: Target) -> None:
        running = self._running.pop(target)
        running.task.cancel()
        self._supervisor.start(f"{target.url} retired", running.loop.retire())

    def _series_of(self, target: Target) -> TargetSeries:
        config = self.config
        rewrite = Rewrite(
            target.labels,
            config.honor_labels,
            config.metric_relabel_configs,
            limits_of(config),
            legacy_names=config.settings.metric_name_validation_scheme == LEGACY,
        )
        names = REPORT_NAMES + EXTRA_NAMES if config.settings.extra_scrape_metrics else REPORT_NAMES
        return TargetSeries(
            self._destination,
            self._surroundings.metrics,
            rewrite,
            TimePolicy(config.honor_timestamps, config.track_timestamps_staleness),
            names,
        )

    def _keep_dropped(self, dropped: list[DroppedTarget]) -> None:
        limit = self.config.settings.keep_dropped_targets
        self.dropped_count = len(dropped)
        self.dropped = dropped[:limit] if limit else dropped

    def _check_limit(self, targets: int) -> None:
        limit = self.config.settings.target_limit
        self._refusal = None
        if limit and targets > limit:
            self._refusal = TargetLimitExceeded(targets, limit)
            self._surroundings.metrics.exceeded_target_limit.inc()

    def _raise_refusal(self) -> None:
        if self._refusal is not None:
            raise self._refusal

    def _report_failures(self, failures: Sequence[str]) -> None:
        for failure in failures:
            self._surroundings.metrics.sync_failed.labels(self.config.job_name).inc()
            self._surroundings.log.error(
                "cannot make target", job=self.config.job_name, err=failure
            )


def defaults_of(config: ScrapeConfig) -> TargetDefaults:
    """What the targets of a job have in common."""
    return TargetDefaults(
        config.job_name,
        config.settings.scrape_interval_ms,
        config.settings.scrape_timeout_ms,
        config.scheme,
        config.metrics_path,
        config.params,
    )


def limits_of(config: ScrapeConfig) -> Limits:
    """The limits of a job's series."""
    return Limits(
        config.settings.sample_limit,
        config.settings.label_limit,
        config.settings.label_name_length_limit,
        config.settings.label_value_length_limit,
    )


def fallback_of(config: ScrapeConfig) -> ScrapeProtocol | None:
    """The protocol to assume of targets that name none we know."""
    name = config.fallback_scrape_protocol
    return ScrapeProtocol(name) if name else None
