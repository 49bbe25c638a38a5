"""Real servers for tests of the HTTP client: scripted answers, with or without TLS."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

Headers = dict[str, str]


@dataclass(slots=True)
class Request:
    """What a server was asked."""

    method: str
    path: str
    headers: Headers
    body: bytes


@dataclass(slots=True)
class Answer:
    """What it answers; `raw` replaces everything, `hang` keeps the connection silent."""

    status: int = 200
    headers: Headers = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None
    hang: bool = False


Handler = Callable[[Request], Answer]


@dataclass(slots=True)
class Server:
    """A running server and what it was asked so far."""

    url: str
    port: int
    requests: list[Request]


@contextlib.asynccontextmanager
async def serve(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """Serve `handler` on a free port until the block ends."""
    requests: list[Request] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            while await _answer_one(reader, writer):
                pass
        writer.close()

    async def _answer_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split(" ")
        request = Request(method, path, headers, body)
        requests.append(request)
        answer = handler(request)
        if answer.hang:
            await reader.read()
            return False
        if answer.raw is not None:
            writer.write(answer.raw)
            await writer.drain()
            return False
        out = {"Content-Length": str(len(answer.body)), **answer.headers}
        head_out = "".join(f"{name}: {value}\r\n" for name, value in out.items())
        writer.write(f"HTTP/1.1 {answer.status} X\r\n{head_out}\r\n".encode() + answer.body)
        await writer.drain()
        return True

    server = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    scheme = "https" if tls else "http"
    try:
        yield Server(f"{scheme}://127.0.0.1:{port}", port, requests)
    finally:
        server.close()
        if hasattr(server, "close_clients"):  # from Python 3.13 on
            server.close_clients()
        await asyncio.sleep(0)
