"""Targets that misbehave on a real network: each is down with its reason, all others go on."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry

from narthex.httpclient.options import HeaderValues, HttpOptions
from narthex.model.labels import Labels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.runtime.clock import ManualClock
from narthex.scrape.direct import DirectTransport
from narthex.scrape.families import FamilyCache
from narthex.scrape.fetching import make_transport
from narthex.scrape.loop import Health, JobOptions, ScrapeLoop, Surroundings, TargetStatus
from narthex.scrape.metrics import ScrapeMetrics
from narthex.scrape.report import REPORT_NAMES
from narthex.scrape.rewrite import Rewrite
from narthex.scrape.series import Destination, TargetSeries, TimePolicy
from narthex.scrape.target import Discovered, TargetDefaults, make_target
from narthex.telemetry.log import Logger
from tests.scrape.fakes import FakeAppender, job, run_at_once

pytestmark = pytest.mark.asyncio

both_ways = pytest.mark.parametrize("direct", [True, False], ids=["direct", "general"])
"""Over our own connections, and over the client for every case."""

LIMIT_BYTES = 1 << 20
TIMEOUT_MS = 1000
PAGE = b"a 1\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def healthy(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 4\r\n\r\n" + PAGE)


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()  # until the client has had enough


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"\r\n")
    for _part in range(1024):
        writer.write(b"a 1\n" * (1 << 18))
        await writer.drain()


async def announced(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 1073741824\r\n\r\n" + PAGE)


async def bomb(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = gzip.compress(bytes(8 << 20))
    length = f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    writer.write(HEAD + length + body)


async def redirecting(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /metrics\r\nContent-Length: 0\r\n\r\n")


async def malformed(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b'Content-Length: 16\r\n\r\na 1\nb{c="d" 2\n\n\n')


async def half_way(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Content-Length: 4000\r\n\r\n" + PAGE)


async def hanging_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def no_http(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")


async def failing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")


FAULTS: list[tuple[Behaviour, str]] = [
    (silent, "context deadline exceeded"),
    (endless, "body size limit exceeded"),
    (announced, "body size limit exceeded"),
    (bomb, "body size limit exceeded"),
    (redirecting, "stopped after 10 redirects"),
    (malformed, "line 2, column 9: expected label name"),
    (half_way, "unexpected EOF"),
    (hanging_up, ""),
    (no_http, ""),
    (failing, "server returned HTTP status 503 Service Unavailable"),
]


@dataclass
class Scrapes:
    """Loops over one job's transport and one store."""

    appender: FakeAppender = field(default_factory=FakeAppender)
    clock: ManualClock = field(default_factory=lambda: ManualClock(10**9))

    direct: bool = True

    def __post_init__(self) -> None:
        headers = {} if self.direct else {"X-Needs": HeaderValues(values=("a general client",))}
        config = job(body_size_limit=LIMIT_BYTES, http=HttpOptions(http_headers=headers))
        self.transport = make_transport(config, "test")
        assert isinstance(self.transport, DirectTransport) == self.direct
        self.metrics = ScrapeMetrics(CollectorRegistry())
        self.surroundings = Surroundings(
            self.clock, run_at_once, self.metrics, FamilyCache(), Logger("test"), 1, 1
        )

    def loop(self, port: int) -> ScrapeLoop:
        defaults = TargetDefaults("job", 10_000, TIMEOUT_MS)
        labels = Labels.of(defaults.fill({"__address__": f"127.0.0.1:{port}"}))
        target = make_target(labels, {})
        series = TargetSeries(
            Destination(DEFAULT_TENANT, self.appender),
            self.metrics,
            Rewrite(target.labels),
            TimePolicy(),
            REPORT_NAMES,
        )
        options = JobOptions(self.transport)
        return ScrapeLoop(Discovered(target, labels), options, self.surroundings, series)


@contextlib.asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncIterator[int]:
    """A server that reads a request's head and then behaves; yields its port."""

    ended: list[asyncio.Future[None]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.ensure_future(writer.wait_closed()))
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                await behaviour(reader, writer)
                await writer.drain()
                if behaviour not in (healthy, redirecting, failing):
                    break
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*ended, return_exceptions=True)


async def scraped_together(
    *behaviours: Behaviour, direct: bool
) -> tuple[Scrapes, list[TargetStatus]]:
    """Every target scraped twice, all at the same time."""
    scrapes = Scrapes(direct=direct)
    async with contextlib.AsyncExitStack() as servers:
        ports = [await servers.enter_async_context(serving(b)) for b in behaviours]
        loops = [scrapes.loop(port) for port in ports]
        for _ in range(2):
            await asyncio.gather(*(loop.scrape() for loop in loops))
            await scrapes.clock.advance_s(10)
        await scrapes.transport.close()
        await asyncio.sleep(0)
    return scrapes, [loop.status for loop in loops]


@both_ways
@pytest.mark.parametrize(
    ("behaviour", "message"), FAULTS, ids=[behaviour.__name__ for behaviour, _ in FAULTS]
)
async def test_a_target_that_misbehaves_is_down_with_its_reason(
    behaviour: Behaviour, message: str, direct: bool
) -> None:
    scrapes, (bad, good) = await scraped_together(behaviour, healthy, direct=direct)
    assert bad.health is Health.DOWN
    assert bad.last_error
    assert message in bad.last_error
    assert good.health is Health.UP
    ups = sorted(
        [value for _, value in samples]
        for labels, samples in scrapes.appender.samples.items()
        if labels.metric_name == "up"
    )
    assert ups == [[0.0, 0.0], [1.0, 1.0]]


@both_ways
async def test_all_of_them_at_once(direct: bool) -> None:
    behaviours = [behaviour for behaviour, _ in FAULTS]
    _, statuses = await scraped_together(healthy, *behaviours, healthy, direct=direct)
    assert [status.health for status in statuses] == [
        Health.UP,
        *[Health.DOWN] * len(FAULTS),
        Health.UP,
    ]


@both_ways
async def test_a_target_that_nobody_listens_on(direct: bool) -> None:
    scrapes = Scrapes(direct=direct)
    async with serving(healthy) as port:
        pass
    loop = scrapes.loop(port)
    await loop.scrape()
    await scrapes.transport.close()
    assert "connect: connection refused" in loop.status.last_error
