"""`static_configs`: targets listed in the configuration itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from narthex.discovery.interface import Publish, Surroundings
from narthex.discovery.target_group import TargetGroup
from narthex.model.settings import LABEL_MAP, TEXT, ListOf, setting


@dataclass(frozen=True, slots=True)
class StaticConfig:
    """One group of targets that never changes."""

    targets: tuple[str, ...] = setting(ListOf(TEXT), ())
    labels: Mapping[str, str] = setting(LABEL_MAP, {})

    def discoverer(self, _: Surroundings) -> StaticDiscoverer:
        return StaticDiscoverer(self)


class StaticDiscoverer:
    """Publishes its group once."""

    def __init__(self, config: StaticConfig) -> None:
        self._config = config

    async def run(self, publish: Publish) -> None:
        publish([TargetGroup.of(self._config.targets, self._config.labels, "static")])
