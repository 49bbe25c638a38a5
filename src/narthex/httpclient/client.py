"""One HTTP client for one set of options: a pool of connections, and one way to ask.

A target, a discovery endpoint and an Alertmanager are all asked through `HttpClient.fetch`. Every
exchange has a time and a size beyond which it is given up, so that a peer that never answers or
never ends costs its own request and nothing else.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from narthex.httpclient.credentials import CredentialHeaders
from narthex.httpclient.decompress import BadGzip, OverBound, gunzip
from narthex.httpclient.errors import (
    BadEncoding,
    BadRedirect,
    BadStatus,
    BodyTooLarge,
    CredentialsUnreadable,
    DeadlineExceeded,
    HttpError,
)
from narthex.httpclient.explain import explained, why_unreadable
from narthex.httpclient.oauth2 import TokenSource
from narthex.httpclient.options import HttpOptions
from narthex.httpclient.proxy import Proxies
from narthex.httpclient.tls import ClientTls
from narthex.model.settings.kinds import hide_password
from narthex.runtime.clock import Clock, SystemClock

REDIRECTS_MAX: Final = 10
"""As many as Go's client follows."""

IDLE_CONNECTION_S: Final = 300.0
"""Longer than any sane scrape interval, so that connections to targets are kept."""

READ_BUFFER_BYTES: Final = 256 * 1024
"""A usual page arrives whole before the reader must be asked again."""

REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})
KEEPS_METHOD: Final = frozenset({307, 308})


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status; `body` is decompressed and within the bound asked for."""

    method: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    final_url: str

    @property
    def content_type(self) -> str:
        """The `Content-Type` header as sent, empty when there is none."""
        return self.headers.get("Content-Type", "")

    def expect_ok(self) -> Response:
        """Itself, if the status is 200. Raises BadStatus for every other one."""
        if self.status != 200:
            raise BadStatus(self.method, self.final_url, self.status)
        return self


class HttpClient:
    """Requests with the same TLS, credentials and proxy, over one pool of connections.

    Made anywhere; used and closed on one event loop.
    """

    def __init__(
        self,
        options: HttpOptions | None = None,
        *,
        user_agent: str = "narthex",
        clock: Clock | None = None,
    ) -> None:
        self._options = options or HttpOptions()
        self._user_agent = user_agent
        self._tls = ClientTls(self._options.tls_config)
        self._credentials = CredentialHeaders(self._options)
        self._proxies = Proxies.of(self._options.proxy, os.environ)
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._tokens: TokenSource | None = None
        self._token_client: HttpClient | None = None
        if oauth2 := self._options.oauth2:
            token_options = HttpOptions(tls_config=oauth2.tls_config, proxy=oauth2.proxy)
            self._token_client = HttpClient(token_options, user_agent=user_agent)
            self._tokens = TokenSource(oauth2, self._token_client.fetch, clock or SystemClock())

    async def fetch(  # noqa: PLR0913 - one exchange has that many sides; all but two by keyword
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_s: float,
        body_bytes_max: int,
        unix_socket: str = "",
    ) -> Response:
        """One exchange, redirects included, in at most `timeout_s`.

        The body is bounded before and after decompression by `body_bytes_max`. Any status is an
        answer; `Response.expect_ok` refuses all but 200. `unix_socket` names a socket to connect
        to instead of the URL's host. Raises HttpError.
        """
        request = _Request(method, _parse(method, url), headers or {}, body)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._follow(request, body_bytes_max, unix_socket)
        except TimeoutError as error:
            if isinstance(error, HttpError):
                raise
            raise DeadlineExceeded(method, url) from error

    async def _follow(self, request: _Request, body_bytes_max: int, unix_socket: str) -> Response:
        first_url = request.url
        for _ in range(REDIRECTS_MAX + 1):
            trusted = _may_see_credentials(first_url, request.url)
            response = await self._exchange(request, body_bytes_max, unix_socket, trusted=trusted)
            location = response.headers.get("Location")
            if (
                not self._options.follow_redirects
                or response.status not in REDIRECT_STATUSES
                or location is None
            ):
                return response
            request = request.redirected(response.status, location)
        raise BadRedirect(
            request.method, str(request.url), f"stopped after {REDIRECTS_MAX} redirects"
        )

    async def _exchange(
        self, request: _Request, body_bytes_max: int, unix_socket: str, *, trusted: bool
    ) -> Response:
        method, url = request.method, request.url
        headers = await self._headers(request, trusted=trusted)
        try:
            tls: ssl.SSLContext | bool = self._tls.context() if url.scheme == "https" else True
        except (OSError, ValueError) as error:
            raise CredentialsUnreadable(method, str(url), why_unreadable(error)) from error
        proxy = self._proxies.proxy_for(url)
        try:
            async with self._session(unix_socket).request(
                method,
                url,
                headers=headers,
                data=request.body or None,
                allow_redirects=False,
                ssl=tls,
                server_hostname=self._server_name(url),
                proxy=proxy,
                proxy_headers=self._proxy_headers() if proxy else None,
            ) as answer:
                raw = await _read_bounded(answer, body_bytes_max)
                content = _decode(answer, raw, body_bytes_max)
                return Response(method, answer.status, answer.headers, content, str(url))
        except OverBound as error:
            raise BodyTooLarge(method, str(url), body_bytes_max) from error
        except BadGzip as error:
            raise BadEncoding(method, str(url), str(error)) from error
        except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise explained(method, str(url), error) from error

    async def _headers(self, request: _Request, *, trusted: bool) -> CIMultiDict[str]:
        headers = CIMultiDict(request.headers)
        headers.setdefault("User-Agent", self._user_agent)
        if not trusted:
            return headers
        try:
            headers.extend(self._credentials.current())
            if self._tokens is not None:
                headers["Authorization"] = await self._tokens.header()
        except (OSError, ValueError) as error:
            if isinstance(error, HttpError):
                raise
            raise CredentialsUnreadable(
                request.method, str(request.url), why_unreadable(error)
            ) from error
        return headers

    def _server_name(self, url: URL) -> str | None:
        return (self._options.tls_config.server_name or None) if url.scheme == "https" else None

    def _proxy_headers(self) -> CIMultiDict[str]:
        headers = self._options.proxy.proxy_connect_header
        return CIMultiDict(
            (name, value.reveal()) for name, values in headers.items() for value in values
        )

    def _session(self, unix_socket: str) -> aiohttp.ClientSession:
        session = self._sessions.get(unix_socket)
        if session is None:
            session = self._sessions[unix_socket] = _new_session(unix_socket)
        return session

    async def close(self) -> None:
        """Close the connections; the client may not be used afterwards."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()
        if self._token_client is not None:
            await self._token_client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes

    def redirected(self, status: int, location: str) -> _Request:
        """The request that follows this one. Raises BadRedirect."""
        try:
            url = check_url(self.url.join(URL(location, encoded=True)))
        except ValueError as error:
            reason = f'cannot follow redirect to "{hide_password(location)}": {error}'
            raise BadRedirect(self.method, str(self.url), reason) from error
        if status in KEEPS_METHOD:
            return _Request(self.method, url, self.headers, self.body)
        return _Request("HEAD" if self.method == "HEAD" else "GET", url, self.headers, b"")


def check_url(url: URL) -> URL:
    """`url`, if it can be asked. Raises ValueError."""
    if url.scheme not in ("http", "https"):
        raise ValueError(f'unsupported protocol scheme "{url.scheme}"')
    if not url.host:
        raise ValueError("no host in request URL")
    return url


def _parse(method: str, url: str) -> URL:
    try:
        return check_url(URL(url, encoded=True))
    except ValueError as error:
        raise HttpError(method, url, str(error)) from error


def _may_see_credentials(first: URL, url: URL) -> bool:
    """Whether `url`, reached from `first` by redirects, is the same host and no less private."""
    return url is first or (
        url.host == first.host and not (first.scheme == "https" and url.scheme == "http")
    )


def _new_session(unix_socket: str) -> aiohttp.ClientSession:
    connector: aiohttp.BaseConnector
    if unix_socket:
        connector = aiohttp.UnixConnector(unix_socket, limit=0)
    else:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_CONNECTION_S)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        auto_decompress=False,
        read_bufsize=READ_BUFFER_BYTES,
        skip_auto_headers=("Accept-Encoding",),
    )


async def _read_bounded(answer: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """The body as sent. Raises OverBound as soon as it is sure."""
    if (answer.content_length or 0) > bytes_max:
        raise OverBound
    parts: list[bytes] = []
    size = 0
    async for part in answer.content.iter_any():
        size += len(part)
        if size > bytes_max:
            raise OverBound
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _decode(answer: aiohttp.ClientResponse, raw: bytes, bytes_max: int) -> bytes:
    encoding = answer.headers.get("Content-Encoding", "identity").lower()
    if encoding == "gzip" and raw:
        return gunzip(raw, bytes_max)
    if encoding not in ("identity", "gzip", ""):
        raise BadGzip(f'cannot decompress Content-Encoding "{encoding}"')
    return raw
