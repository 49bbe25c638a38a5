"""The HTTP application: prefix, readiness, methods, CORS, errors and counting around the endpoints.

An ASGI application without a framework between: a request costs one look-up in a table of paths.
"""

from __future__ import annotations

import traceback

from narthex.api import lifecycle
from narthex.api.asgi import Receive, Scope, Send
from narthex.api.context import ApiContext, Phase
from narthex.api.cors import cors_headers
from narthex.api.errors import ApiError, ErrorType
from narthex.api.instrument import HttpMetrics
from narthex.api.request import Request, read_request
from narthex.api.respond import Answer, failure, plain, send_answer
from narthex.api.router import Route, Router
from narthex.api.v1.routes import LABEL_VALUES, V1
from narthex.model.matcher import compile_anchored
from narthex.telemetry.log import Logger

API = "/api/v1"
OUTSIDE = [
    Route("/", lifecycle.index),
    Route("/metrics", lifecycle.metrics, before_ready=True),
    Route("/version", lifecycle.version, before_ready=True),
    Route("/-/healthy", lifecycle.healthy, ("GET", "HEAD"), before_ready=True),
    Route("/-/ready", lifecycle.ready, ("GET", "HEAD"), before_ready=True),
    Route("/-/reload", lifecycle.reload, ("POST", "PUT")),
    Route("/-/quit", lifecycle.quit, ("POST", "PUT")),
]


class App:
    """One server's application."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context
        self._router = Router([*OUTSIDE, *V1], LABEL_VALUES)
        self._metrics = HttpMetrics(context.registry)
        self._origins = compile_anchored(context.options.cors_origin)
        self._log = Logger("web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started_s = self._context.clock.monotonic_s()
        path = self._below_prefix(scope["path"])
        route = self._router.find(path) if path is not None else None
        answer, accept = await self._answer(scope, path, route, receive)
        if scope["method"] == "HEAD":
            answer.body = b""
        sent = await send_answer(answer, send, accept)
        took_s = self._context.clock.monotonic_s() - started_s
        handler = route.path if route is not None else "unknown"
        self._metrics.observe(handler, answer.status, took_s, sent)

    def _below_prefix(self, path: str) -> str | None:
        prefix = self._context.options.route_prefix
        if not prefix:
            return path
        if path == prefix:
            return "/"
        return path[len(prefix) :] if path.startswith(prefix + "/") else None

    async def _answer(
        self, scope: Scope, path: str | None, route: Route | None, receive: Receive
    ) -> tuple[Answer, str]:
        headers = dict(scope["headers"])
        accept = headers.get(b"accept-encoding", b"").decode("latin-1")
        if path is None:
            answer = self._outside_prefix(scope)
        elif path.startswith(API):
            answer = await self._api(scope, path, route, receive)
            origin = headers.get(b"origin", b"").decode("latin-1")
            answer.headers += cors_headers(origin, self._origins)
        elif route is None:
            answer = self._no_such_path(scope, path)
        else:
            answer = await self._run(scope, path, route, receive)
        return answer, accept

    def _outside_prefix(self, scope: Scope) -> Answer:
        if scope["path"] == "/":
            answer = plain("", 302)
            answer.headers.append(("location", self._context.options.route_prefix + "/"))
            return answer
        return plain("404 page not found\n", 404)

    async def _api(self, scope: Scope, path: str, route: Route | None, receive: Receive) -> Answer:
        if scope["method"] == "OPTIONS":
            return plain("", 204)
        if route is None:
            return self._no_such_path(scope, path)
        return await self._run(scope, path, route, receive)

    def _no_such_path(self, scope: Scope, path: str) -> Answer:
        """404, or the way to the path that was meant: slashes doubled, or one at the end.

        Clients join `http://host:9090/` and `/api/v1/query` like that, and follow as they do with
        Prometheus; 308 keeps the form of a POST.
        """
        meant = "/" + "/".join(part for part in path.split("/") if part)
        if meant == path or self._router.find(meant) is None:
            return plain("404 page not found\n", 404)
        answer = plain("", 301 if scope["method"] == "GET" else 308)
        query = scope["query_string"].decode("latin-1")
        location = self._context.options.route_prefix + meant + (query and f"?{query}")
        answer.headers.append(("location", location))
        return answer

    async def _run(self, scope: Scope, path: str, route: Route, receive: Receive) -> Answer:
        if scope["method"] not in route.methods:
            answer = plain("Method Not Allowed\n", 405)
            answer.headers.append(("allow", ", ".join((*route.methods, "OPTIONS"))))
            return answer
        if self._context.state.phase is not Phase.READY and not route.before_ready:
            return lifecycle.not_ready(self._context)
        try:
            request: Request = await read_request(scope, path, receive)
            return await route.endpoint(self._context, request)
        except ApiError as error:
            return failure(error)
        except Exception as error:  # noqa: BLE001 - the last resort: logged whole, answered as 500
            self._log.error(
                "request failed", path=path, err=repr(error), stack=traceback.format_exc()
            )
            return failure(ApiError(ErrorType.INTERNAL, f"{type(error).__name__}: {error}"))
