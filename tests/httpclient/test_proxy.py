"""Which requests go through a proxy."""

from __future__ import annotations

import pytest
from yarl import URL

from narthex.httpclient.options import ProxyOptions
from narthex.httpclient.proxy import Proxies

PROXY = "http://proxy:3128"


def proxy_for(url: str, **options: object) -> str | None:
    return Proxies.of(ProxyOptions(**options), {}).proxy_for(URL(url))  # type: ignore[arg-type]


def test_a_bare_proxy_takes_everything() -> None:
    assert proxy_for("http://a/", proxy_url=PROXY) == PROXY
    assert proxy_for("https://127.0.0.1/", proxy_url=PROXY) == PROXY
    assert proxy_for("http://a/") is None


@pytest.mark.parametrize(
    ("exceptions", "url", "spared"),
    [
        ("*", "http://a/", True),
        ("example.org", "http://example.org/", True),
        ("example.org", "http://a.example.org/", True),
        ("example.org", "http://anexample.org/", False),
        (".example.org", "http://example.org/", False),
        (".example.org", "http://a.example.org/", True),
        ("*.example.org", "http://a.example.org/", True),
        ("example.org:81", "http://example.org:81/", True),
        ("example.org:81", "http://example.org/", False),
        ("example.org:443", "https://example.org/", True),
        ("10.0.0.0/8", "http://10.1.2.3/", True),
        ("10.0.0.0/8", "http://11.1.2.3/", False),
        ("10.0.0.0/8", "http://ten.example.org/", False),
        ("10.1.2.3", "http://10.1.2.3:9100/", True),
        ("fd00::/8", "http://[fd00::1]/", True),
        ("::2", "http://[::2]/", True),
        ("[::2]:81", "http://[::2]:81/", True),
        ("nonsense/99", "http://a/", False),
        ("a, b ,c", "http://b/", True),
        ("x", "http://localhost/", True),
        ("x", "http://127.0.0.2/", True),
    ],
)
def test_exceptions(exceptions: str, url: str, spared: bool) -> None:
    assert (proxy_for(url, proxy_url=PROXY, no_proxy=exceptions) is None) == spared


def test_from_the_environment() -> None:
    environment = {
        "http_proxy": "proxy:1",
        "HTTPS_PROXY": "https://secure:2",
        "NO_PROXY": "example.org",
    }
    proxies = Proxies.of(ProxyOptions(proxy_from_environment=True), environment)
    assert proxies.proxy_for(URL("http://a/")) == "http://proxy:1"
    assert proxies.proxy_for(URL("https://a/")) == "https://secure:2"
    assert proxies.proxy_for(URL("http://example.org/")) is None
    assert Proxies.of(ProxyOptions(), environment).proxy_for(URL("http://a/")) is None
