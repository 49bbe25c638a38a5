"""One request as an endpoint sees it: method, path, parameters, and whether its client is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from narthex.api.asgi import Receive, Scope
from narthex.api.errors import ApiError, ErrorType
from narthex.api.parameters import FORM, Parameters

Made = TypeVar("Made")

PATIENCE_S = 0.02
"""Nobody watches the client of work that is done by then: a watch costs more than most queries."""

BODY_BYTES_MAX = 10 << 20
"""A form of ten megabytes is what Prometheus reads, too (Go's default for forms)."""


@dataclass(slots=True)
class Request:
    """Made once the body of a form has been read."""

    method: str
    path: str
    headers: dict[str, str]
    parameters: Parameters
    _receive: Receive

    def header(self, name: str) -> str:
        """A header's value, empty when absent; `name` in lower case."""
        return self.headers.get(name, "")

    async def client_gone(self) -> None:
        """Return when the client has closed the connection."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def read_request(scope: Scope, path: str, receive: Receive) -> Request:
    """The request of an ASGI scope; `path` is below the route prefix. Raises ApiError."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = b""
    is_form = headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
    if scope["method"] == "POST" and is_form:
        body = await _read_body(receive)
    parameters = Parameters(scope["query_string"], body)
    return Request(scope["method"], path, headers, parameters, receive)


async def _read_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ApiError(ErrorType.CANCELED, "the client closed the connection")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > BODY_BYTES_MAX:
            raise ApiError(
                ErrorType.BAD_DATA, f"form body larger than {BODY_BYTES_MAX} bytes: shorten it"
            )
        if not message.get("more_body"):
            return b"".join(parts)


async def unless_gone(work: Awaitable[Made], request: Request, on_gone: Callable[[], None]) -> Made:
    """What `work` makes; `on_gone` is called if the client closes the connection before that."""
    watch: asyncio.Task[None] | None = None

    async def tell() -> None:
        await request.client_gone()
        on_gone()

    def begin() -> None:
        nonlocal watch
        watch = asyncio.ensure_future(tell())

    timer = asyncio.get_running_loop().call_later(PATIENCE_S, begin)
    try:
        return await work
    finally:
        timer.cancel()
        if watch is not None:
            watch.cancel()
