"""Which proxy a request goes through, by the rules of Go's `httpproxy`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from narthex.httpclient.options import ProxyOptions


@dataclass(frozen=True, slots=True)
class Proxies:
    """Proxies by scheme, and the hosts that are reached without.

    `spares_loopback`: localhost and loopback addresses never go through a proxy; the rule holds
    wherever a list of exceptions could be given, not for a bare `proxy_url`.
    """

    by_scheme: Mapping[str, str]
    exceptions: tuple[str, ...]
    spares_loopback: bool

    @classmethod
    def of(cls, options: ProxyOptions, environment: Mapping[str, str]) -> Proxies:
        """As configured; `environment` counts only where the options say so."""
        if options.proxy_from_environment:
            return cls.from_environment(environment)
        both = dict.fromkeys(("http", "https"), options.proxy_url) if options.proxy_url else {}
        return cls(both, split_exceptions(options.no_proxy), bool(options.no_proxy))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Proxies:
        """From `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case."""

        def look_up(name: str) -> str:
            return environment.get(name) or environment.get(name.lower()) or ""

        by_scheme = {"http": look_up("HTTP_PROXY"), "https": look_up("HTTPS_PROXY")}
        given = {scheme: with_scheme(proxy) for scheme, proxy in by_scheme.items() if proxy}
        return cls(given, split_exceptions(look_up("NO_PROXY")), spares_loopback=True)

    def proxy_for(self, url: URL) -> str | None:
        """The URL of the proxy, None to go straight."""
        proxy = self.by_scheme.get(url.scheme)
        if proxy is None or self._is_spared(url.host or "", url.port or 0):
            return None
        return proxy

    def _is_spared(self, host: str, port: int) -> bool:
        address = parse_address(host)
        if self.spares_loopback and (host == "localhost" or (address and address.is_loopback)):
            return True
        return any(matches(exception, host, address, port) for exception in self.exceptions)


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(host: str) -> Address | None:
    """`host` as an IP address, None when it is a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def split_exceptions(text: str) -> tuple[str, ...]:
    """The entries of a `no_proxy` list."""
    return tuple(entry for entry in (part.strip().lower() for part in text.split(",")) if entry)


def with_scheme(proxy: str) -> str:
    """A proxy given as `host:port` is an HTTP one."""
    return proxy if "://" in proxy else f"http://{proxy}"


def matches(exception: str, host: str, address: Address | None, port: int) -> bool:
    """Whether an entry (`*`, a domain, an address, a network, each perhaps with a port) holds."""
    if exception == "*":
        return True
    if "/" in exception:
        return address is not None and _in_network(address, exception)
    name, wanted_port = _split_port(exception)
    if wanted_port and int(wanted_port) != port:
        return False
    excepted = parse_address(name)
    if excepted is not None:
        return excepted == address
    return _in_domain(host, name.removeprefix("*"))


def _in_network(address: Address, text: str) -> bool:
    try:
        return address in ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False


def _split_port(exception: str) -> tuple[str, str]:
    """Name and port; the port is empty when none is given. IPv6 takes one only in brackets."""
    name, _, port = exception.rpartition(":")
    is_bare_ipv6 = ":" in name and not name.startswith("[")
    return (exception, "") if is_bare_ipv6 or not port.isdigit() else (name, port)


def _in_domain(host: str, domain: str) -> bool:
    """`.example.org` means what is below it, `example.org` itself too."""
    if domain.startswith("."):
        return host.endswith(domain)
    return host == domain or host.endswith(f".{domain}")
