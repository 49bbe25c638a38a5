"""Sockets and the HTTP server on them.

Addresses are bound before anything else starts, so that a port in use is said at once. uvicorn
carries the connections; signals stay with the process.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator, Sequence

import uvicorn

from narthex.api.asgi import Application

BACKLOG = 2048
GRACE_S = 3
"""How long running requests may finish at the end; the whole stop has five seconds."""


class CannotListen(OSError):
    """An address that cannot be bound; says which and why."""


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of `host:port`, `:port`, `[::1]:port`; an empty host means every interface.

    Raises CannotListen.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise CannotListen(f'listen address "{text}" is not HOST:PORT')
    if host.startswith("[") != host.endswith("]") or (":" in host and not host.startswith("[")):
        raise CannotListen(f'listen address "{text}": write an IPv6 host as [::1]:9090')
    return host.strip("[]"), int(port)


def bind(addresses: Sequence[str]) -> list[socket.socket]:
    """A listening socket for each address. Raises CannotListen; none is left open then."""
    sockets: list[socket.socket] = []
    try:
        for text in addresses:
            sockets.append(_bind(text))  # noqa: PERF401 - those bound so far are closed on failure
    except CannotListen:
        for bound in sockets:
            bound.close()
        raise
    return sockets


def _bind(text: str) -> socket.socket:
    host, port = parse_address(text)
    everywhere = not host
    family = socket.AF_INET6 if ":" in host or (everywhere and socket.has_ipv6) else socket.AF_INET
    try:
        return _listening(family, host, port, dual_stack=everywhere)
    except OSError as error:
        if everywhere and family == socket.AF_INET6 and error.errno != errno.EADDRINUSE:
            with contextlib.suppress(OSError):  # a machine without IPv6
                return _listening(socket.AF_INET, host, port, dual_stack=False)
        reason = error.strerror or str(error)
        if error.errno == errno.EADDRINUSE:
            reason = "the port is in use: stop what listens there, or choose another with"
            reason += " --web.listen-address"
        raise CannotListen(f"cannot listen on {text}: {reason}") from error


def _listening(family: int, host: str, port: int, *, dual_stack: bool) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(not dual_stack))
        bound.bind((host, port))
        bound.listen(BACKLOG)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


def bound_urls(sockets: Sequence[socket.socket], path: str) -> list[str]:
    """The URLs under which the sockets can be reached from this machine."""
    urls = []
    for bound in sockets:
        host, port = bound.getsockname()[:2]
        name = "localhost" if host in ("0.0.0.0", "::") else host  # noqa: S104 - read, not bound
        urls.append(
            f"http://[{name}]:{port}{path}" if ":" in name else f"http://{name}:{port}{path}"
        )
    return urls


def url_from_outside(sockets: Sequence[socket.socket], path: str) -> str:
    """The URL under which other machines may reach the first socket: by this one's name."""
    return f"http://{socket.gethostname()}:{sockets[0].getsockname()[1]}{path}"


class HttpServer(uvicorn.Server):
    """uvicorn that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the process, which decides the order in which its parts stop."""
        yield


def http_server(app: Application, connections_max: int, idle_s: float) -> HttpServer:
    """A server for `app`; `await serve(sockets=...)` runs it until `should_exit`."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=connections_max,
        timeout_keep_alive=max(1, int(idle_s)),
        timeout_graceful_shutdown=GRACE_S,
    )
    return HttpServer(config)
