"""Pages over bare HTTP/1.1: for targets without TLS, credentials or a proxy, which is most of them.

One kept connection a target, one prepared request, one timer, one parser in C: a third of the CPU
that a client for every case needs, and fetching is a good part of what a scrape costs. What is not
plain (a redirect, a socket file, a name that is not ASCII) is left to the client for every case.
"""

from __future__ import annotations

import asyncio
import os
import socket
from typing import cast

import httptools

from narthex.httpclient.decompress import BadGzip, OverBound, gunzip
from narthex.httpclient.errors import (
    BadEncoding,
    BadStatus,
    BodyTooLarge,
    ConnectFailed,
    DeadlineExceeded,
    HttpError,
    Interrupted,
)
from narthex.scrape.target import PlainAddress, Target
from narthex.scrape.transport import Answer, Transport

HEAD_BYTES_MAX = 64 * 1024
"""Status line and headers of an answer."""

IDLE_S = 300.0
"""A connection that no scrape has used for so long is closed: its target is gone."""

METHOD = "GET"


class Closed(Exception):
    """The peer ended the connection before the answer was whole."""


class TooLarge(Exception):
    """An answer beyond the bound."""


class Exchange:
    """One answer as it comes in; the parser calls the `on_` methods."""

    def __init__(self, body_bytes_max: int) -> None:
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.headers: dict[bytes, bytes] = {}
        self.parts: list[bytes] = []
        self.received = 0
        self.keeps_open = False
        self.status = 0
        self._room = body_bytes_max
        self._received_max = body_bytes_max + HEAD_BYTES_MAX
        self._in_body = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take bytes of the answer."""
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.fail(error.__context__ if isinstance(error.__context__, TooLarge) else error)
            return
        if self.received > (self._received_max if self._in_body else HEAD_BYTES_MAX):
            self.fail(TooLarge())

    def end(self, error: Exception | None) -> None:
        """The connection has ended: that may be the end of the answer."""
        bounded = b"content-length" in self.headers or b"transfer-encoding" in self.headers
        if self._in_body and not bounded and error is None:
            self.keeps_open = False
            self._succeed()
        else:
            self.fail(Closed())

    def fail(self, error: BaseException) -> None:
        """End with an error, if there is no end yet."""
        if not self.answered.done():
            self.answered.set_exception(error)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < 200:
            return
        self._in_body = True
        length = self.headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._room:
            self.fail(TooLarge())

    def on_body(self, part: bytes) -> None:
        self._room -= len(part)
        if self._room < 0:
            self.fail(TooLarge())
        else:
            self.parts.append(part)

    def on_message_complete(self) -> None:
        if self.status < 200:  # an interim answer: the real one follows
            self.headers.clear()
            return
        self.keeps_open = self._parser.should_keep_alive()
        self._succeed()

    def _succeed(self) -> None:
        if not self.answered.done():
            self.answered.set_result(None)


class Connection(asyncio.Protocol):
    """A connection to one address, with at most one exchange at a time."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._loop = asyncio.get_running_loop()
        self._rested_s = 0.0
        self._resting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        if self._exchange is None:
            self.close()  # nothing was asked
        else:
            self._exchange.feed(data)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open = False
        if self._exchange is not None:
            self._exchange.end(error)

    async def ask(self, request: bytes, body_bytes_max: int, deadline_s: float) -> Exchange:
        """Send a request, wait for the whole answer until `deadline_s` of the loop's time.

        Raises Closed, TooLarge, HttpParserError, TimeoutError.
        """
        assert self._transport is not None
        assert self._exchange is None
        exchange = self._exchange = Exchange(body_bytes_max)
        deadline = self._loop.call_at(deadline_s, exchange.fail, TimeoutError())
        try:
            self._transport.write(request)
            await exchange.answered
        except BaseException:
            self.close()
            raise
        finally:
            deadline.cancel()
            self._exchange = None
        if not exchange.keeps_open:
            self.close()
        return exchange

    def rest(self) -> None:
        """Close after a while, unless asked again; the timer goes on while requests come."""
        self._rested_s = self._loop.time()
        if self._resting is None:
            self._resting = self._loop.call_later(IDLE_S, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self._resting = None
        left_s = self._rested_s + IDLE_S - self._loop.time()
        if self._exchange is not None:
            return
        if left_s > 0:
            self._resting = self._loop.call_later(left_s, self._close_if_idle)
        else:
            self.close()

    def close(self) -> None:
        """End the connection now."""
        self.is_open = False
        if self._resting is not None:
            self._resting.cancel()
        if self._transport is not None:
            self._transport.abort()


class DirectTransport:
    """Fetches plain targets itself, and hands all others to `general`."""

    def __init__(self, general: Transport, headers: dict[str, str], body_bytes_max: int) -> None:
        self._general = general
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._request_end = f"{lines}\r\n".encode("latin-1")
        self._body_bytes_max = body_bytes_max
        self._idle: dict[tuple[str, int], list[Connection]] = {}

    async def fetch(self, target: Target) -> Answer:
        address = target.plain_address
        if address is None:
            return await self._general.fetch(target)
        deadline_s = asyncio.get_running_loop().time() + target.timeout_ms / 1000
        try:
            exchange = await self._exchange(address, target, deadline_s)
        except TimeoutError as error:
            if isinstance(error, HttpError):
                raise
            raise DeadlineExceeded(METHOD, target.url) from error
        if 300 <= exchange.status < 400:
            return await self._general.fetch(target)
        if exchange.status != 200:
            raise BadStatus(METHOD, target.url, exchange.status)
        content_type = exchange.headers.get(b"content-type", b"").decode("latin-1")
        return Answer(content_type, self._decoded(exchange, target.url))

    async def close(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()
        await self._general.close()

    async def _exchange(self, address: PlainAddress, target: Target, deadline_s: float) -> Exchange:
        """Ask over a kept connection; over a new one if there is none, or if it has just ended."""
        request = target.request_start + self._request_end
        connection = self._kept(address)
        if connection is not None:
            try:
                return await self._ask(connection, address, request, deadline_s)
            except Closed:
                pass  # the peer may close a kept connection at any time; that is no failure
            except (TooLarge, httptools.HttpParserError) as error:
                raise self._explained(target.url, error) from error
        async with asyncio.timeout_at(deadline_s):
            connection = await self._connect(address, target.url)
        try:
            return await self._ask(connection, address, request, deadline_s)
        except (Closed, TooLarge, httptools.HttpParserError) as error:
            raise self._explained(target.url, error) from error

    async def _ask(
        self, connection: Connection, address: PlainAddress, request: bytes, deadline_s: float
    ) -> Exchange:
        exchange = await connection.ask(request, self._body_bytes_max, deadline_s)
        if connection.is_open:
            connection.rest()
            self._idle.setdefault((address.host, address.port), []).append(connection)
        return exchange

    def _kept(self, address: PlainAddress) -> Connection | None:
        connections = self._idle.get((address.host, address.port), [])
        while connections:
            connection = connections.pop()
            if connection.is_open:
                return connection
        return None

    async def _connect(self, address: PlainAddress, url: str) -> Connection:
        place = f"{address.host}:{address.port}"
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(Connection, address.host, address.port)
        except socket.gaierror as error:
            reason = f"dial tcp: lookup {address.host}: no such host"
            raise ConnectFailed(METHOD, url, reason) from error
        except TimeoutError:
            raise
        except OSError as error:
            reason = (os.strerror(error.errno) if error.errno else str(error)).lower()
            raise ConnectFailed(METHOD, url, f"dial tcp {place}: connect: {reason}") from error
        return connection

    def _decoded(self, exchange: Exchange, url: str) -> bytes:
        parts = exchange.parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        encoding = exchange.headers.get(b"content-encoding", b"identity").lower()
        if encoding not in (b"identity", b"gzip", b""):
            raise BadEncoding(METHOD, url, f"cannot decompress Content-Encoding {encoding!r}")
        if encoding != b"gzip" or not body:
            return body
        try:
            return gunzip(body, self._body_bytes_max)
        except OverBound as error:
            raise BodyTooLarge(METHOD, url, self._body_bytes_max) from error
        except BadGzip as error:
            raise BadEncoding(METHOD, url, str(error)) from error

    def _explained(self, url: str, error: Exception) -> HttpError:
        if isinstance(error, TooLarge):
            return BodyTooLarge(METHOD, url, self._body_bytes_max)
        if isinstance(error, Closed):
            return Interrupted(METHOD, url, "unexpected EOF")
        return Interrupted(METHOD, url, f"malformed HTTP response: {error}")
