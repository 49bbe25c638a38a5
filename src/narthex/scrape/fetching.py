"""Which transport a job gets, and what it asks for."""

from __future__ import annotations

from dataclasses import replace

from narthex.exposition.negotiation import FORMATS, ScrapeProtocol, accept_header
from narthex.httpclient.client import HttpClient
from narthex.httpclient.options import HttpOptions, TlsOptions
from narthex.scrape.config import ScrapeConfig
from narthex.scrape.direct import DirectTransport
from narthex.scrape.transport import HttpTransport, Transport

BODY_BYTES_CEILING = 256 * 1024 * 1024
"""For jobs without `body_size_limit`: some two million samples, past any real page. A target that
never stops sending costs this much and no more."""


def make_transport(config: ScrapeConfig, user_agent: str) -> Transport:
    """The transport of a job: the short way where its options are plain."""
    headers = request_headers(config)
    client = HttpClient(config.http, user_agent=user_agent)
    general = HttpTransport(client, headers, body_bytes_max(config))
    if not is_plain(config.http):
        return general
    return DirectTransport(general, {**headers, "User-Agent": user_agent}, body_bytes_max(config))


def request_headers(config: ScrapeConfig) -> dict[str, str]:
    """What is asked for. Protobuf, which is not read yet, is not."""
    settings = config.settings
    protocols = [ScrapeProtocol(name) for name in settings.scrape_protocols]
    readable = [protocol for protocol in protocols if protocol in FORMATS]
    return {
        "Accept": accept_header(readable, settings.metric_name_escaping_scheme),
        "Accept-Encoding": "gzip" if config.enable_compression else "identity",
    }


def body_bytes_max(config: ScrapeConfig) -> int:
    """The largest body that is taken; one as large as the limit fails too, as in Prometheus."""
    return (config.settings.body_size_limit or BODY_BYTES_CEILING + 1) - 1


def is_plain(options: HttpOptions) -> bool:
    """Whether requests to plain targets need nothing but themselves."""
    comparable = replace(options, tls_config=TlsOptions(), follow_redirects=True, enable_http2=True)
    return comparable == HttpOptions()
