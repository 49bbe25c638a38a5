"""The life of one target: fetch, parse, store, wait for the next tick.

A loop never ends by a failure of its target: whatever goes wrong makes the target `down` with the
reason shown, is reported as `up` 0, and the next tick tries again.
"""

from __future__ import annotations

import enum
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from narthex.discovery.interface import RunAside
from narthex.exposition.errors import ExpositionError
from narthex.exposition.negotiation import Format, ScrapeProtocol, format_of
from narthex.exposition.parse import parse
from narthex.httpclient.errors import BodyTooLarge, HttpError
from narthex.model.duration import format_duration_ms
from narthex.runtime.clock import Clock
from narthex.scrape.errors import (
    LabelLimitExceeded,
    SampleLimitExceeded,
    ScrapeRefused,
    TargetLimitExceeded,
)
from narthex.scrape.families import NO_FAMILIES, Families, FamilyCache
from narthex.scrape.metrics import ScrapeMetrics
from narthex.scrape.report import BODY_OVER_LIMIT, Report
from narthex.scrape.series import TargetSeries
from narthex.scrape.target import Discovered
from narthex.scrape.timestamps import TimestampGrid, first_wait_ms, next_due_s
from narthex.scrape.transport import Answer, Transport
from narthex.telemetry.log import Logger

ASIDE_BYTES = 256 * 1024
"""Pages from this size on are parsed and stored in a worker thread. Below it the detour costs more
than the work, which then takes well under a millisecond."""


class Health(enum.Enum):
    """Of a target, by its last scrape."""

    UNKNOWN = "unknown"
    UP = "up"
    DOWN = "down"


@dataclass(slots=True)
class TargetStatus:
    """What the last scrape of a target came to."""

    health: Health = Health.UNKNOWN
    last_error: str = ""
    last_scrape_ms: int | None = None
    last_duration_s: float = 0.0
    families: Families = NO_FAMILIES


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all loops of a process are given."""

    clock: Clock
    run_aside: RunAside
    metrics: ScrapeMetrics
    families: FamilyCache
    log: Logger
    hash_seed: int
    """Keys the hashes of series."""
    spread_seed: int
    """Places targets within their interval; differs from server to server."""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """What all loops of a job are given."""

    transport: Transport
    fallback: ScrapeProtocol | None = None
    sample_limit: int = 0
    check_targets: Callable[[], None] = lambda: None
    """Raises TargetLimitExceeded while the job has too many targets."""


class ScrapeLoop:
    """Scrapes one target until it is cancelled."""

    def __init__(
        self,
        discovered: Discovered,
        job: JobOptions,
        surroundings: Surroundings,
        series: TargetSeries,
    ) -> None:
        self.discovered = discovered
        self.status = TargetStatus()
        self.series = series
        self._target = discovered.target
        self._job = job
        self._surroundings = surroundings
        self._interval_s = self._target.interval_ms / 1000
        self._interval_length = surroundings.metrics.interval_length.labels(
            format_duration_ms(self._target.interval_ms)
        )
        self._grid = TimestampGrid(self._target.interval_ms)
        self._due_s = 0.0
        self._last_start_s: float | None = None
        self._storing = threading.Lock()

    async def run(self) -> None:
        """Scrape at each tick."""
        clock, target = self._surroundings.clock, self._target
        wait_ms = first_wait_ms(
            target.interval_ms, target.stable_hash, self._surroundings.spread_seed, clock.now_ms()
        )
        self._due_s = clock.monotonic_s() + wait_ms / 1000
        while True:
            await clock.sleep_s(self._due_s - clock.monotonic_s())
            started_s = clock.monotonic_s()
            self._due_s = next_due_s(self._due_s, self._interval_s, started_s)
            await self.scrape()

    async def retire(self) -> None:
        """End the target's series, once it is sure that no other target goes on with them.

        The markers get the time of the next tick, and are written more than an interval later:
        samples of a successor are then newer, and the markers are refused.
        """
        clock = self._surroundings.clock
        await clock.sleep_s(self._due_s - clock.monotonic_s())
        end_ms = clock.now_ms()
        await clock.sleep_s(self._interval_s * 1.1)
        try:
            with self._storing:
                self.series.retire(end_ms)
        except OSError as error:
            self._store_failed(error)

    async def scrape(self) -> None:
        """One scrape, now."""
        clock = self._surroundings.clock
        started_s = clock.monotonic_s()
        self._observe_interval(started_s)
        at_ms = self._grid.timestamp_ms(clock.now_ms(), started_s)
        body_bytes = 0
        try:
            self._job.check_targets()
            answer = await self._job.transport.fetch(self._target)
            body_bytes = len(answer.body)
            await self._store(answer, at_ms, started_s)
            self._conclude(at_ms, started_s, "")
        except (HttpError, ExpositionError, ScrapeRefused) as error:
            self._count_refusal(error)
            self._report_failure(error, at_ms, started_s, body_bytes)
            self._conclude(at_ms, started_s, str(error))
        except OSError as error:
            self._store_failed(error)
            self._conclude(at_ms, started_s, f"cannot store the scrape: {error}")
        except Exception as error:  # noqa: BLE001 - a fault of ours; unseen, it would end the loop
            self._surroundings.log.error(  # noqa: TRY400 - the stack is a field
                "fault in a scrape",
                target=self._target.url,
                err=repr(error),
                stack=traceback.format_exc(),
            )
            self._report_failure(error, at_ms, started_s, body_bytes)
            self._conclude(at_ms, started_s, f"internal error: {error!r}")

    def _observe_interval(self, started_s: float) -> None:
        if self._last_start_s is not None:
            self._interval_length.observe(started_s - self._last_start_s)
        self._last_start_s = started_s

    async def _store(self, answer: Answer, at_ms: int, started_s: float) -> None:
        if len(answer.body) < ASIDE_BYTES and self.series.is_settled:
            self._parse_and_store(answer, at_ms, started_s)
        else:
            await self._surroundings.run_aside(self._parse_and_store, answer, at_ms, started_s)

    def _parse_and_store(self, answer: Answer, at_ms: int, started_s: float) -> None:
        body = answer.body
        page_format = format_of(answer.content_type, self._job.fallback) if body else Format.TEXT
        page = parse(body, page_format, self._surroundings.hash_seed)

        def make_report(scraped: int, kept: int, added: int) -> Report:
            return self._report(started_s, scraped, kept, added, len(body), up=True)

        with self._storing:
            self.series.store(page, at_ms, make_report)
        if self.status.families.digest != page.notes_digest:
            self.status.families = self._surroundings.families.of(page)

    def _report(
        self, started_s: float, scraped: int, kept: int, added: int, body_bytes: int, *, up: bool
    ) -> Report:
        duration_s = self._surroundings.clock.monotonic_s() - started_s
        timeout_s, limit = self._target.timeout_ms / 1000, self._job.sample_limit
        return Report(up, duration_s, scraped, kept, added, timeout_s, limit, body_bytes)

    def _report_failure(
        self, error: Exception, at_ms: int, started_s: float, body_bytes: int
    ) -> None:
        scraped = kept = 0
        if isinstance(error, BodyTooLarge):
            body_bytes = BODY_OVER_LIMIT
        if isinstance(error, SampleLimitExceeded):
            scraped, kept = error.scraped, error.kept
        report = self._report(started_s, scraped, kept, 0, body_bytes, up=False)
        try:
            with self._storing:
                self.series.fail(at_ms, report)
        except OSError as store_error:
            self._store_failed(store_error)

    def _count_refusal(self, error: Exception) -> None:
        metrics = self._surroundings.metrics
        if isinstance(error, BodyTooLarge):
            metrics.exceeded_body_size_limit.inc()
        elif isinstance(error, SampleLimitExceeded):
            metrics.exceeded_sample_limit.inc()
        elif isinstance(error, LabelLimitExceeded):
            metrics.exceeded_label_limits.inc()
        elif not isinstance(error, TargetLimitExceeded):
            self._surroundings.log.debug("scrape failed", target=self._target.url, err=str(error))

    def _store_failed(self, error: OSError) -> None:
        self._surroundings.metrics.commits_failed.inc()
        self._surroundings.log.error("scrape not stored", target=self._target.url, err=str(error))

    def _conclude(self, at_ms: int, started_s: float, error: str) -> None:
        self.status.health = Health.DOWN if error else Health.UP
        self.status.last_error = error
        self.status.last_scrape_ms = at_ms
        self.status.last_duration_s = self._surroundings.clock.monotonic_s() - started_s
