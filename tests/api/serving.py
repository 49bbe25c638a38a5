"""The application over a store in memory, asked without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
import orjson
from prometheus_client import CollectorRegistry

from narthex.api.app import App
from narthex.api.asgi import Message
from narthex.api.context import ApiContext, ApiOptions, Phase, ProcessState, Rooms
from narthex.api.features import feature_table
from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.promql.engine import Engine, EngineOptions
from narthex.runtime.clock import ManualClock
from narthex.runtime.executor import Executor
from narthex.scrape.manager import ScrapeManager
from narthex.scrape.series import Destination
from narthex.storage.interface import Batch
from narthex.storage.store import Store, memory_store

Pairs = Sequence[tuple[str, str]]

NOW_MS = 1_700_000_000_000
STEP_MS = 15_000
STEPS = 40
SERIES = [Labels.of({"__name__": "up", "job": "node", "instance": str(i)}) for i in range(3)] + [
    Labels.of({"__name__": "dotted.name", "label.with.dots": "x"})
]


@dataclass
class Operations:
    """What the process would do."""

    reloads: int = 0
    quits: int = 0
    refuse: str = ""

    async def reload(self) -> None:
        if self.refuse:
            raise ValueError(self.refuse)
        self.reloads += 1

    def quit(self) -> None:
        self.quits += 1

    def config_yaml(self) -> str:
        return "global: {}\n"

    def runtime_facts(self) -> Mapping[str, object]:
        return {"storageRetention": "15d"}

    def blocks(self, tenant: TenantId) -> list[Mapping[str, object]]:
        return []


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Served:
    """An application and what is behind it."""

    app: App
    context: ApiContext
    operations: Operations
    store: Store
    gone_after: int | None = None
    """Milliseconds after which the client closes its connection."""

    def get(
        self, path: str, parameters: Pairs = (), headers: Mapping[str, str] | None = None
    ) -> Reply:
        return self.ask("GET", path, urlencode(parameters), headers=headers)

    def post(
        self, path: str, parameters: Pairs = (), headers: Mapping[str, str] | None = None
    ) -> Reply:
        own = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return self.ask("POST", path, "", own, urlencode(parameters).encode())

    def ask(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Reply:
        return asyncio.run(self.exchange(method, path, query, headers, body))

    async def exchange(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str] | None,
        body: bytes,
    ) -> Reply:
        """One request through the application."""
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode()) for k, v in (headers or {}).items()],
        }
        given = False
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def receive() -> Message:
            nonlocal given
            if not given:
                given = True
                return {"type": "http.request", "body": body, "more_body": False}
            if self.gone_after is not None:
                await asyncio.sleep(self.gone_after / 1000)
                return {"type": "http.disconnect"}
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(bytes(message["body"]))

        await self.app(scope, receive, send)
        found = {k.decode(): v.decode() for k, v in start["headers"]}
        return Reply(start["status"], found, b"".join(parts))


@contextmanager
def served(**options: Any) -> Iterator[Served]:
    """An application that is ready, over a few series."""
    clock, executor = ManualClock(NOW_MS), Executor(jobs=4, kernels=2)
    registry, operations = CollectorRegistry(), Operations()
    store = memory_store()
    fill(store)
    build = {"version": "0", "revision": "", "branch": "", "goVersion": "python"}
    api_options = ApiOptions(build=build, features=feature_table(frozenset()), **options)
    context = ApiContext(
        api_options, ProcessState(Phase.READY), operations, executor, clock, registry
    )
    targets = ScrapeManager(
        Destination(DEFAULT_TENANT, store.appender(DEFAULT_TENANT)),
        clock=clock,
        run_aside=executor.run,
        registry=registry,
    )
    engine = Engine(store, executor, clock, EngineOptions())
    context.rooms = Rooms(engine, store, targets)
    yield Served(App(context), context, operations, store)
    store.close()
    executor.close()


def fill(store: Store) -> None:
    """`STEPS` samples a series, up to now."""
    appender = store.appender(DEFAULT_TENANT)
    refs = appender.resolve(PackedLabels.from_labels(SERIES)).refs
    for step in range(STEPS):
        time_ms = NOW_MS - (STEPS - 1 - step) * STEP_MS
        values = np.array([1.0, 0.0, 1.5, step], np.float64)
        appender.commit(Batch(DEFAULT_TENANT, refs, np.array([time_ms]), values))
