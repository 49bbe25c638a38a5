"""Which format a page has: what we ask for (`Accept`), what the target says (`Content-Type`)."""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Sequence

from narthex.exposition.errors import BadContentType


class Format(enum.Enum):
    """The grammars a page can have."""

    TEXT = "text/plain"
    OPENMETRICS = "application/openmetrics-text"


class ScrapeProtocol(enum.Enum):
    """The names of `scrape_protocols`, in no order."""

    PROMETHEUS_PROTO = "PrometheusProto"
    PROMETHEUS_TEXT_0_0_4 = "PrometheusText0.0.4"
    PROMETHEUS_TEXT_1_0_0 = "PrometheusText1.0.0"
    OPENMETRICS_TEXT_0_0_1 = "OpenMetricsText0.0.1"
    OPENMETRICS_TEXT_1_0_0 = "OpenMetricsText1.0.0"


DEFAULT_PROTOCOLS = (
    ScrapeProtocol.OPENMETRICS_TEXT_1_0_0,
    ScrapeProtocol.OPENMETRICS_TEXT_0_0_1,
    ScrapeProtocol.PROMETHEUS_TEXT_1_0_0,
    ScrapeProtocol.PROMETHEUS_TEXT_0_0_4,
)
MEDIA_TYPES = {
    ScrapeProtocol.PROMETHEUS_PROTO: "application/vnd.google.protobuf"
    ";proto=io.prometheus.client.MetricFamily;encoding=delimited",
    ScrapeProtocol.PROMETHEUS_TEXT_0_0_4: "text/plain;version=0.0.4",
    ScrapeProtocol.PROMETHEUS_TEXT_1_0_0: "text/plain;version=1.0.0",
    ScrapeProtocol.OPENMETRICS_TEXT_0_0_1: "application/openmetrics-text;version=0.0.1",
    ScrapeProtocol.OPENMETRICS_TEXT_1_0_0: "application/openmetrics-text;version=1.0.0",
}
ESCAPABLE = {ScrapeProtocol.PROMETHEUS_TEXT_1_0_0, ScrapeProtocol.OPENMETRICS_TEXT_1_0_0}
"""The formats with names beyond ASCII identifiers: the request says how to spell them."""
FORMATS = {
    ScrapeProtocol.PROMETHEUS_TEXT_0_0_4: Format.TEXT,
    ScrapeProtocol.PROMETHEUS_TEXT_1_0_0: Format.TEXT,
    ScrapeProtocol.OPENMETRICS_TEXT_0_0_1: Format.OPENMETRICS,
    ScrapeProtocol.OPENMETRICS_TEXT_1_0_0: Format.OPENMETRICS,
}

WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
MEDIA_TYPE = re.compile(
    rf'\s*({WORD}(?:/{WORD})?)\s*((?:;\s*{WORD}\s*=\s*(?:{WORD}|"(?:[^"\\]|\\.)*")\s*)*);?\s*'
)
QUALITY_MAX = 6
"""The first protocol is asked for with q=0.6, each following with 0.1 less."""


def accept_header(
    protocols: Sequence[ScrapeProtocol] = DEFAULT_PROTOCOLS, escaping: str = "allow-utf-8"
) -> str:
    """The Accept header for these protocols, dearest first, anything else last."""
    entries = []
    for rank, protocol in enumerate(protocols):
        media_type = MEDIA_TYPES[protocol]
        if protocol in ESCAPABLE:
            media_type += f";escaping={escaping}"
        entries.append(f"{media_type};q=0.{QUALITY_MAX - rank}")
    entries.append(f"*/*;q=0.{QUALITY_MAX - len(entries)}")
    return ",".join(entries)


@functools.lru_cache(maxsize=256)
def format_of(content_type: str, fallback: ScrapeProtocol | None = None) -> Format:
    """The format of a page with this Content-Type; the fallback's where it names none we know.

    Raises BadContentType.
    """
    match = MEDIA_TYPE.fullmatch(content_type)
    media_type = match[1].lower() if match else ""
    for known in Format:
        if media_type == known.value:
            return known
    if fallback is not None and fallback in FORMATS:
        return FORMATS[fallback]
    raise BadContentType(_complaint(content_type))


def _complaint(content_type: str) -> str:
    if not content_type:
        what = "non-compliant scrape target sending blank Content-Type"
    elif MEDIA_TYPE.fullmatch(content_type):
        what = f'received unsupported Content-Type "{content_type}"'
    else:
        what = f'cannot parse Content-Type "{content_type}"'
    return f"{what} and no fallback_scrape_protocol specified for target"
