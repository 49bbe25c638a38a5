"""What the endpoints are given: the rooms below, and the facts of the process they report."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import CollectorRegistry

from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.promql.engine import Engine
from narthex.runtime.clock import Clock
from narthex.runtime.executor import Executor
from narthex.scrape.manager import ScrapeManager
from narthex.storage.interface import Storage


class Phase(enum.Enum):
    """Where the process stands; only `READY` serves more than health and replay progress."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


@dataclass(slots=True)
class ReplayProgress:
    """Segments of the write-ahead log: the first, the last, and the one being read."""

    min: int = 0
    max: int = 0
    current: int = 0


@dataclass(slots=True)
class ProcessState:
    """What changes while the process runs and is shown as it is."""

    phase: Phase = Phase.STARTING
    replay: ReplayProgress = field(default_factory=ReplayProgress)
    started_ms: int = 0


class Operations(Protocol):
    """What an operator can ask of the process."""

    async def reload(self) -> None:
        """Load the configuration anew; raises with the reason when it is refused."""

    def quit(self) -> None:
        """Begin to stop."""

    def config_yaml(self) -> str:
        """The configuration in force, secrets hidden."""

    def runtime_facts(self) -> Mapping[str, object]:
        """What `/api/v1/status/runtimeinfo` answers beyond times."""

    def blocks(self, tenant: TenantId) -> list[Mapping[str, object]]:
        """The `meta` of every block."""


@dataclass(frozen=True)
class ApiOptions:
    """What flags decide."""

    route_prefix: str = ""
    """Without a slash at the end; empty at the root."""
    external_url: str = ""
    listen_port: int = 0
    """A target on this machine with this port is this very process."""
    cors_origin: str = ".*"
    enable_lifecycle: bool = False
    page_title: str = "Narthex"
    flags: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    build: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rooms:
    """What answers once the process is ready."""

    engine: Engine
    storage: Storage
    targets: ScrapeManager


@dataclass(slots=True)
class ApiContext:
    """Handed to every endpoint. `rooms` are there from the moment that the phase is `READY`."""

    options: ApiOptions
    state: ProcessState
    operations: Operations
    executor: Executor
    clock: Clock
    registry: CollectorRegistry
    tenant: TenantId = DEFAULT_TENANT
    rooms: Rooms | None = None

    @property
    def engine(self) -> Engine:
        """Answers queries."""
        return self._ready().engine

    @property
    def storage(self) -> Storage:
        """Holds samples."""
        return self._ready().storage

    @property
    def targets(self) -> ScrapeManager:
        """Knows the targets."""
        return self._ready().targets

    def _ready(self) -> Rooms:
        assert self.rooms is not None, "asked before the process was ready"
        return self.rooms
