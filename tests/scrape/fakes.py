"""A store, a network and a worker pool that do what tests say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from prometheus_client import CollectorRegistry

from narthex.discovery.target_group import TargetGroup
from narthex.httpclient.errors import ConnectFailed, HttpError
from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.model.value import is_stale
from narthex.runtime.clock import ManualClock
from narthex.scrape.config import DEFAULT_SETTINGS, ScrapeConfig, ScrapeSettings
from narthex.scrape.manager import ScrapeManager
from narthex.scrape.series import Destination
from narthex.scrape.target import Target
from narthex.scrape.transport import Answer
from narthex.storage.interface import Batch, Position, Receipt, RejectReason, Resolution

STALE = "stale"
TEXT = "text/plain; version=0.0.4"


@dataclass
class FakeAppender:
    """Keeps every sample: by series, (time, value) with STALE for markers."""

    series_max: int = 10**9
    refs: dict[Labels, int] = field(default_factory=dict)
    samples: dict[Labels, list[tuple[int, float | str]]] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    resolved: int = 0
    beside: list[int] = field(default_factory=list)
    broken: bool = False

    def resolve(self, series: PackedLabels, beside: int = 0) -> Resolution:
        self.beside.append(beside)
        refs, rejected, created = [], [], 0
        for labels in series.to_labels():
            self.resolved += 1
            if labels not in self.refs and len(self.refs) < self.series_max:
                self.refs[labels] = max(self.refs.values(), default=0) + 1
                created += 1
            refs.append(self.refs.get(labels, 0))
            rejected.append(0 if labels in self.refs else RejectReason.OVER_LIMIT)
        return Resolution(np.array(refs, np.uint64), np.array(rejected, np.uint8), created)

    def commit(self, batch: Batch) -> Receipt:
        if self.broken:
            raise OSError(28, "No space left on device")
        assert len(set(batch.refs.tolist())) == batch.refs.size
        assert 0 not in batch.refs
        self.batches.append(batch)
        names = {ref: labels for labels, ref in self.refs.items()}
        times = np.broadcast_to(batch.times, batch.refs.shape).tolist()
        values = [
            STALE if stale else value
            for stale, value in zip(is_stale(batch.values), batch.values.tolist(), strict=True)
        ]
        rejected = [
            self._add(names.get(ref), at, value)
            for ref, at, value in zip(batch.refs.tolist(), times, values, strict=True)
        ]
        return Receipt(Position(0, 0), np.array(rejected, np.uint8))

    def _add(self, labels: Labels | None, at: int, value: float | str) -> RejectReason:
        if labels is None:
            return RejectReason.UNKNOWN_REF
        kept = self.samples.setdefault(labels, [])
        if kept and at < kept[-1][0]:
            return RejectReason.OUT_OF_ORDER
        if kept and at == kept[-1][0]:
            return RejectReason.ACCEPTED if kept[-1][1] == value else RejectReason.DUPLICATE
        kept.append((at, value))
        return RejectReason.ACCEPTED

    def forget_series(self) -> None:
        """As when series leave the head: their refs are never used again."""
        self.refs = {Labels.of({"gone": "x"}): max(self.refs.values()) + 1}

    def of(self, text: str) -> list[tuple[int, float | str]]:
        """The samples of the series that prints as `text`."""
        return {str(labels): samples for labels, samples in self.samples.items()}[text]

    def names(self) -> set[str]:
        """Every series that has samples, but for those of reports."""
        return {
            str(labels)
            for labels in self.samples
            if labels.metric_name != "up" and not labels.metric_name.startswith("scrape_")
        }


@dataclass
class FakeNetwork:
    """A transport: answers by URL; what is no `Answer` or page is raised."""

    pages: dict[str, bytes | Answer | Exception] = field(default_factory=dict)
    fetched: list[tuple[float, str]] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(1_000_000_000))
    takes_s: float = 0.0
    closed: int = 0

    async def fetch(self, target: Target) -> Answer:
        self.fetched.append((self.clock.monotonic_s(), target.url))
        await self.clock.sleep_s(self.takes_s)
        page = self.pages.get(target.url, b"a 1\n")
        if isinstance(page, Exception):
            raise page
        return page if isinstance(page, Answer) else Answer(TEXT, page)

    async def close(self) -> None:
        self.closed += 1


async def run_at_once(function: Callable[..., Any], /, *args: object) -> Any:
    """A worker thread that is this one."""
    return function(*args)


def refused(url: str = "http://a:1/metrics") -> HttpError:
    """A connection that could not be made."""
    return ConnectFailed("GET", url, "dial tcp a:1: connect: connection refused")


def job(name: str = "job", *, interval_ms: int = 10_000, **settings: Any) -> ScrapeConfig:
    """A complete job; keywords are fields of its settings or of itself."""
    own = {key: settings.pop(key) for key in list(settings) if hasattr(DEFAULT_SETTINGS, key)}
    said = ScrapeSettings(scrape_interval_ms=interval_ms, **own)
    return ScrapeConfig(job_name=name, settings=said, **settings).inheriting(DEFAULT_SETTINGS)


def groups(*addresses: str, **labels: str) -> list[TargetGroup]:
    """One group of these addresses."""
    return [TargetGroup.of(addresses, labels, "test/0")]


class World:
    """A manager over fakes; time passes by `after`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.network = FakeNetwork()
        self.clock = self.network.clock
        self.appender = FakeAppender()
        self.manager = ScrapeManager(
            Destination(DEFAULT_TENANT, self.appender),
            clock=self.clock,
            run_aside=run_at_once,
            registry=self.registry,
            make_transport=lambda _: self.network,
        )

    async def after(self, seconds: float) -> None:
        """Let time pass in small steps, so that every loop gets its turn."""
        for _ in range(round(seconds * 10)):
            await self.clock.advance_s(0.1)

    def metric(self, name: str, **labels: str) -> float:
        """The value of one of our own metrics."""
        return self.registry.get_sample_value(name, labels) or 0.0
