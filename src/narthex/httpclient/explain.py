"""The faults that aiohttp reports, told as ours and in the words of Prometheus's targets page."""

from __future__ import annotations

import errno
import os
import ssl
from collections.abc import Callable
from typing import Any, Final

import aiohttp

from narthex.httpclient.errors import ConnectFailed, HttpError, Interrupted, TlsFailed


def _place(error: aiohttp.ClientConnectorError) -> str:
    host = error.host or ""
    return f"[{host}]:{error.port}" if ":" in host else f"{host}:{error.port}"


def _system_reason(error: OSError) -> str:
    """`connection refused` and its like: the system's words, as Go writes them."""
    # A reset during the handshake comes without a number.
    number = error.errno or (errno.ECONNRESET if isinstance(error, ConnectionResetError) else 0)
    text = os.strerror(number) if number else str(error)
    return text[:1].lower() + text[1:]


def why_unreadable(error: OSError | ValueError) -> str:
    """Why a file that a request needs cannot be used: its name and the system's words."""
    if isinstance(error, OSError) and error.filename and error.errno:
        return f"unable to read file {error.filename}: {_system_reason(error)}"
    return str(error)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


Explanation = tuple[type[HttpError], Callable[[Any], str]]

# The first class that fits counts, so those that inherit stand before their parents.
EXPLANATIONS: Final[tuple[tuple[type[Exception], Explanation], ...]] = (
    (
        aiohttp.ClientConnectorCertificateError,
        (TlsFailed, lambda e: f"tls: failed to verify certificate: {e.certificate_error}"),
    ),
    (aiohttp.ClientConnectorSSLError, (TlsFailed, lambda e: f"tls: {e.os_error}")),
    (ssl.SSLError, (TlsFailed, lambda e: f"tls: {e}")),
    (
        aiohttp.ClientHttpProxyError,
        (ConnectFailed, lambda e: f"proxy answered {e.status} {e.message}"),
    ),
    (
        aiohttp.ClientConnectorDNSError,
        (ConnectFailed, lambda e: f"dial tcp: lookup {e.host}: no such host"),
    ),
    (
        aiohttp.ClientConnectorError,
        (ConnectFailed, lambda e: f"dial tcp {_place(e)}: connect: {_system_reason(e.os_error)}"),
    ),
    (aiohttp.ServerDisconnectedError, (Interrupted, lambda _: "EOF")),
    (aiohttp.ClientPayloadError, (Interrupted, lambda e: f"unexpected EOF: {e}")),
    (aiohttp.ClientOSError, (Interrupted, _system_reason)),
    (ConnectionError, (Interrupted, _system_reason)),
    (
        aiohttp.ClientResponseError,
        (Interrupted, lambda e: f"malformed HTTP response: {_first_line(e.message)}"),
    ),
)


def explained(method: str, url: str, error: Exception) -> HttpError:
    """The fault of a request as an `HttpError`."""
    for kind, (ours, reason) in EXPLANATIONS:
        if isinstance(error, kind):
            return ours(method, url, reason(error))
    return HttpError(method, url, str(error) or type(error).__name__)
