"""`http_sd_configs`: an endpoint that answers the whole list of targets as JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from narthex.discovery.interface import Publish, Surroundings
from narthex.discovery.refresh import refresh_forever
from narthex.discovery.target_group import BadTargetGroups, TargetGroup, groups_from_json
from narthex.httpclient.client import HttpClient
from narthex.httpclient.errors import HttpError
from narthex.httpclient.options import HttpOptions
from narthex.model.settings import DURATION_MS, URL, BadSetting, inline, setting

ANSWER_BYTES_MAX: Final = 1024 * 1024 * 1024
"""A million targets with many labels; an endpoint that never ends is given up here."""

JSON_TYPE: Final = re.compile(r'application/json(;\s*charset=("utf-8"|utf-8))?', re.IGNORECASE)
URL_LABEL: Final = "__meta_url"


@dataclass(frozen=True, slots=True)
class HttpConfig:
    """Where to ask and how often."""

    http: HttpOptions = inline(HttpOptions)
    refresh_interval_ms: int = setting(DURATION_MS, 60_000, key="refresh_interval")
    url: str = setting(URL, required=True)

    def __post_init__(self) -> None:
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise BadSetting("url", "URL scheme must be 'http' or 'https'")
        if self.refresh_interval_ms <= 0:
            raise BadSetting("refresh_interval", "refresh_interval must be greater than 0")

    def discoverer(self, surroundings: Surroundings) -> HttpDiscoverer:
        return HttpDiscoverer(self, surroundings)


class HttpDiscoverer:
    """Asks the endpoint; an answer replaces the one before, a failure keeps it."""

    def __init__(self, config: HttpConfig, surroundings: Surroundings) -> None:
        self._config = config
        self._surroundings = surroundings
        interval_s = config.refresh_interval_ms / 1000
        self._headers = {
            "Accept": "application/json",
            "X-Prometheus-Refresh-Interval-Seconds": f"{interval_s:g}",
        }

    async def run(self, publish: Publish) -> None:
        async with HttpClient(self._config.http) as client:
            await refresh_forever(
                lambda: self._look(client),
                publish,
                self._surroundings,
                mechanism="http",
                interval_ms=self._config.refresh_interval_ms,
                failures=(HttpError, BadTargetGroups),
            )

    async def _look(self, client: HttpClient) -> Sequence[TargetGroup]:
        try:
            return await self._ask(client)
        except (HttpError, BadTargetGroups):
            self._surroundings.metrics.http_failures.inc()
            raise

    async def _ask(self, client: HttpClient) -> Sequence[TargetGroup]:
        url = self._config.url
        response = await client.fetch(
            "GET",
            url,
            headers=self._headers,
            timeout_s=self._config.refresh_interval_ms / 1000,
            body_bytes_max=ANSWER_BYTES_MAX,
        )
        response.expect_ok()
        if not JSON_TYPE.fullmatch(response.content_type.strip()):
            raise BadTargetGroups(f'unsupported content type "{response.content_type}" from {url}')
        groups = await self._surroundings.run_aside(groups_from_json, response.body)
        return [
            group.as_group(f"{url}:{index}", **{URL_LABEL: url})
            for index, group in enumerate(groups)
        ]
