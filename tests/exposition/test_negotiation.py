"""What we ask a target for, and how we take what it says it sends."""

from __future__ import annotations

import pytest

from narthex.exposition.errors import BadContentType
from narthex.exposition.negotiation import Format, ScrapeProtocol, accept_header, format_of


def test_default_accept_header_is_prometheus_own() -> None:
    assert accept_header() == (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    )


def test_accept_header_of_one_protocol() -> None:
    assert accept_header([ScrapeProtocol.PROMETHEUS_TEXT_0_0_4], "underscores") == (
        "text/plain;version=0.0.4;q=0.6,*/*;q=0.5"
    )


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/plain; version=0.0.4; charset=utf-8; escaping=values", Format.TEXT),
        ("TEXT/Plain", Format.TEXT),
        ('application/openmetrics-text; version="1.0.0"', Format.OPENMETRICS),
    ],
)
def test_known_types(content_type: str, expected: Format) -> None:
    assert format_of(content_type) is expected


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("", "blank Content-Type"),
        ("text/html", 'unsupported Content-Type "text/html"'),
        ("text/plain; version", "cannot parse Content-Type"),
        ("application/vnd.google.protobuf", "unsupported Content-Type"),
    ],
)
def test_unknown_types_need_a_fallback(content_type: str, message: str) -> None:
    with pytest.raises(BadContentType, match=message):
        format_of(content_type)
    fallback = ScrapeProtocol.OPENMETRICS_TEXT_0_0_1
    assert format_of(content_type, fallback) is Format.OPENMETRICS
