"""Ask a running server: what `check` and `query` share.

Any server with Prometheus's API will do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from narthex.httpclient.client import HttpClient, Response
from narthex.httpclient.errors import HttpError

TIMEOUT_S = 130.0
"""A little more than a query's own timeout, so that the server's answer is seen."""
ANSWER_BYTES_MAX = 1 << 30


class RemoteError(Exception):
    """The server did not answer as hoped; the message says what it answered."""


def ask(url: str, headers: dict[str, str] | None = None) -> Response:
    """One GET, whatever its status. Raises RemoteError."""

    async def exchange() -> Response:
        client = HttpClient(user_agent="narthex-tool")
        try:
            return await client.fetch(
                "GET",
                url,
                headers=headers,
                timeout_s=TIMEOUT_S,
                body_bytes_max=ANSWER_BYTES_MAX,
            )
        finally:
            await client.close()

    try:
        return asyncio.run(exchange())
    except HttpError as error:
        raise RemoteError(str(error)) from error


def ask_api(
    server: str,
    path: str,
    parameters: Sequence[tuple[str, str]],
    headers: dict[str, str] | None = None,
) -> Any:
    """The `data` of an answer below `/api/v1`. Raises RemoteError with the server's own words."""
    url = f"{server_url(server)}/api/v1/{path}?{urlencode(parameters)}"
    response = ask(url, headers)
    try:
        answer = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        raise RemoteError(f"{url}: status {response.status}, and no JSON answer") from None
    if not isinstance(answer, dict) or answer.get("status") != "success":
        raise RemoteError(f"{answer.get('errorType')}: {answer.get('error')}")
    return answer["data"]


def server_url(server: str) -> str:
    """The URL of a server given as one, or as `host:port`."""
    url = server if "://" in server else f"http://{server}"
    if not urlsplit(url).netloc:
        raise RemoteError(f"{server!r} names no server: give a URL like http://localhost:9090")
    return url.rstrip("/")
