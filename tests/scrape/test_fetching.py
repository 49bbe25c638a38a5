"""What goes over the wire: headers, kept connections, answers in all their framings."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from narthex.exposition.negotiation import accept_header
from narthex.httpclient.errors import BadEncoding, BodyTooLarge, HttpError
from narthex.httpclient.options import BasicAuth, HttpOptions
from narthex.model.labels import Labels
from narthex.scrape.direct import DirectTransport
from narthex.scrape.fetching import is_plain, make_transport
from narthex.scrape.target import Target, TargetDefaults, make_target
from narthex.scrape.transport import Answer
from tests.scrape.fakes import job

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


@dataclass
class Server:
    """Gives each request the next answer; keeps what was asked, by connection."""

    answers: Sequence[bytes]
    port: int = 0
    asked: list[list[bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests: list[bytes] = []
        self.asked.append(requests)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                requests.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self.answers[sum(map(len, self.asked)) - 1]
                writer.write(answer)
                await writer.drain()
                framed = b"Content-Length" in answer or b"chunked" in answer
                if b"Connection: close" in answer or not framed:
                    break
        writer.close()


@contextlib.asynccontextmanager
async def serving(*answers: bytes) -> AsyncIterator[Server]:
    kept = Server(answers)
    server = await asyncio.start_server(kept.serve, "127.0.0.1", 0)
    async with server:
        kept.port = server.sockets[0].getsockname()[1]
        yield kept
        await asyncio.sleep(0.01)  # the other end learns that the connection is gone


def target_at(port: int) -> Target:
    labels = Labels.of(
        TargetDefaults("j", 15_000, 2_500).fill({"__address__": f"127.0.0.1:{port}"})
    )
    return make_target(labels, {"x": ["1 2"]})


async def fetched(
    server: Server, times: int = 1, *, enable_compression: bool = True
) -> list[Answer]:
    transport = make_transport(job(enable_compression=enable_compression), "narthex/1")
    assert isinstance(transport, DirectTransport)
    try:
        return [await transport.fetch(target_at(server.port)) for _ in range(times)]
    finally:
        await transport.close()


def whole(body: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return OK + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.asyncio
async def test_the_request_is_prometheus_own() -> None:
    async with serving(whole(b"a 1\n")) as server:
        assert await fetched(server) == [Answer("text/plain", b"a 1\n")]
    lines = server.asked[0][0].decode().split("\r\n")
    assert lines[0] == "GET /metrics?x=1+2 HTTP/1.1"
    assert lines[1] == f"Host: 127.0.0.1:{server.port}"
    headers = dict(line.split(": ", 1) for line in lines[1:] if line)
    assert headers["Accept"] == accept_header()
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["User-Agent"] == "narthex/1"
    assert headers["X-Prometheus-Scrape-Timeout-Seconds"] == "2.5"


@pytest.mark.asyncio
async def test_compression_can_be_declined() -> None:
    async with serving(whole(b"a 1\n")) as server:
        await fetched(server, enable_compression=False)
    assert b"Accept-Encoding: identity\r\n" in server.asked[0][0]


@pytest.mark.asyncio
async def test_a_connection_is_kept() -> None:
    async with serving(whole(b"a 1\n"), whole(b"a 2\n"), whole(b"a 3\n")) as server:
        answers = await fetched(server, 3)
    assert [answer.body for answer in answers] == [b"a 1\n", b"a 2\n", b"a 3\n"]
    assert [len(requests) for requests in server.asked] == [3]


@pytest.mark.asyncio
async def test_a_connection_that_is_closed_between_scrapes_is_made_anew() -> None:
    async with serving(whole(b"a 1\n", b"Connection: close"), whole(b"a 2\n")) as server:
        answers = await fetched(server, 2)
    assert [answer.body for answer in answers] == [b"a 1\n", b"a 2\n"]
    assert [len(requests) for requests in server.asked] == [1, 1]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (whole(b""), b""),
        (whole(gzip.compress(b"a 1\n"), b"Content-Encoding: gzip"), b"a 1\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\na \r\n2\r\n1\n\r\n0\r\n\r\n", b"a 1\n"),
        (OK + b"\r\na 1\n", b"a 1\n"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + whole(b"a 1\n"), b"a 1\n"),
    ],
    ids=["empty", "gzip", "chunked", "until closed", "after an interim answer"],
)
async def test_framings(answer: bytes, body: bytes) -> None:
    async with serving(answer) as server:
        assert await fetched(server) == [Answer("text/plain", body)]


@pytest.mark.asyncio
async def test_a_redirect_is_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n"
    async with serving(moved, moved, whole(b"a 1\n")) as server:
        assert await fetched(server) == [Answer("text/plain", b"a 1\n")]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (whole(b"no gzip", b"Content-Encoding: gzip"), BadEncoding),
        (whole(b"x", b"Content-Encoding: br"), BadEncoding),
        (OK + b"Content-Length: many\r\n\r\n", HttpError),
        (OK + b"X: " + b"y" * (300 << 10) + b"\r\n\r\n", BodyTooLarge),
    ],
    ids=["no gzip", "unknown encoding", "no length", "endless headers"],
)
async def test_answers_that_are_none(answer: bytes, error: type[HttpError]) -> None:
    async with serving(answer) as server:
        with pytest.raises(error):
            await fetched(server)


def test_options_that_need_the_general_client() -> None:
    assert is_plain(HttpOptions())
    assert is_plain(HttpOptions(follow_redirects=True, enable_http2=False))
    assert not is_plain(HttpOptions(basic_auth=BasicAuth(username="u")))
