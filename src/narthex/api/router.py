"""Paths to endpoints: a table of exact paths, and the one path with a name inside."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from narthex.api.context import ApiContext
from narthex.api.request import Request
from narthex.api.respond import Answer

Endpoint = Callable[[ApiContext, Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, its methods, and whether it answers before the process is ready."""

    path: str
    endpoint: Endpoint
    methods: tuple[str, ...] = ("GET",)
    before_ready: bool = False


class Router:
    """Looks a path up; `label/<name>/values` is matched by its ends."""

    def __init__(self, routes: list[Route], named: Route) -> None:
        self.routes = {route.path: route for route in routes}
        self._named = named
        self._before, _, self._after = named.path.partition("<name>")

    def find(self, path: str) -> Route | None:
        """The route of a path below the prefix."""
        exact = self.routes.get(path)
        if exact is not None:
            return exact
        if path.startswith(self._before) and path.endswith(self._after):
            name = path[len(self._before) : len(path) - len(self._after)]
            if name and "/" not in name:
                return self._named
        return None
