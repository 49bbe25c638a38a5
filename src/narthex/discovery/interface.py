"""What a mechanism is: a configuration that makes a discoverer, which publishes groups.

A new mechanism is one file with both and one line in `mechanisms`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from narthex.discovery.metrics import DiscoveryMetrics
from narthex.discovery.target_group import TargetGroup
from narthex.runtime.clock import Clock
from narthex.telemetry.log import Logger

Result = TypeVar("Result")

Publish = Callable[[Sequence[TargetGroup]], None]
"""Hands on groups that are new or changed; a group without targets takes its source away."""


class RunAside(Protocol):
    """Runs a function away from the event loop; `runtime.executor.Executor.run`."""

    def __call__(self, function: Callable[..., Result], /, *args: object) -> Awaitable[Result]: ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a discoverer is given of the world."""

    clock: Clock
    run_aside: RunAside
    metrics: DiscoveryMetrics
    log: Logger
    config_name: str = ""
    """The job, or whatever else the configuration belongs to: for log lines and metrics."""


class Discoverer(Protocol):
    """Finds targets until it is cancelled."""

    async def run(self, publish: Publish) -> None:
        """Publish what is found, then what changes. A failure keeps what was published."""


class DiscoveryConfig(Protocol):
    """The configuration of one discoverer; equal ones share it."""

    def discoverer(self, surroundings: Surroundings) -> Discoverer:
        """A discoverer that has not begun yet."""
