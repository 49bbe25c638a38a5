"""How a page is fetched: the seam between scraping and the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from narthex.exposition.negotiation import ScrapeProtocol, accept_header
from narthex.httpclient.client import HttpClient
from narthex.httpclient.options import HttpOptions
from narthex.scrape.target import Target

BODY_BYTES_CEILING = 256 * 1024 * 1024
"""For jobs without `body_size_limit`: some two million samples, past any real page. A target that
never stops sending costs this much and no more."""


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
    """Over HTTP, with the job's client options."""

    def __init__(
        self,
        options: HttpOptions,
        *,
        protocols: Sequence[ScrapeProtocol],
        escaping: str,
        compressed: bool,
        body_size_limit_bytes: int,
        user_agent: str,
    ) -> None:
        self._client = HttpClient(options, user_agent=user_agent)
        # A body as large as the limit fails too, as in Prometheus.
        self._body_bytes_max = (body_size_limit_bytes or BODY_BYTES_CEILING + 1) - 1
        self._headers = {
            "Accept": accept_header(protocols, escaping),
            "Accept-Encoding": "gzip" if compressed else "identity",
        }

    async def fetch(self, target: Target) -> Answer:
        timeout_s = target.timeout_ms / 1000
        response = await self._client.fetch(
            "GET",
            target.url,
            headers={**self._headers, "X-Prometheus-Scrape-Timeout-Seconds": f"{timeout_s:.15g}"},
            timeout_s=timeout_s,
            body_bytes_max=self._body_bytes_max,
            unix_socket=target.unix_socket,
        )
        response.expect_ok()
        return Answer(response.content_type, response.body)

    async def close(self) -> None:
        await self._client.close()
