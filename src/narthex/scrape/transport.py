"""How a page is fetched: the seam between scraping and the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from narthex.httpclient.client import HttpClient
from narthex.scrape.target import TIMEOUT_HEADER, Target


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as it came, decompressed."""

    content_type: str
    body: bytes


class Transport(Protocol):
    """Fetches the pages of one job's targets."""

    async def fetch(self, target: Target) -> Answer:
        """The page of a target, within its timeout. Raises HttpError for all but a 200."""

    async def close(self) -> None:
        """Let go of connections."""


class HttpTransport:
    """Over a client for every case: TLS, credentials, proxies, redirects."""

    def __init__(self, client: HttpClient, headers: Mapping[str, str], body_bytes_max: int) -> None:
        self._client = client
        self._headers = headers
        self._body_bytes_max = body_bytes_max

    async def fetch(self, target: Target) -> Answer:
        response = await self._client.fetch(
            "GET",
            target.url,
            headers={**self._headers, TIMEOUT_HEADER: target.timeout_text},
            timeout_s=target.timeout_ms / 1000,
            body_bytes_max=self._body_bytes_max,
            unix_socket=target.unix_socket,
        )
        response.expect_ok()
        return Answer(response.content_type, response.body)

    async def close(self) -> None:
        await self._client.close()
