"""Every mechanism under its key: what a scrape job or an Alertmanager may say of its targets.

A mechanism is added here by one line. Those that Narthex does not run yet have their keys checked,
so that a configuration moves over as it is, and are named in a warning.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from narthex.discovery.file import FileConfig
from narthex.discovery.http import HttpConfig
from narthex.discovery.interface import DiscoveryConfig
from narthex.discovery.planned import PLANNED
from narthex.discovery.static import StaticConfig
from narthex.model.settings import Kind, ListOf, Nested, Value
from narthex.model.settings.schema import Part, part_field

RUNNING: Final[Mapping[str, Kind[Any]]] = {
    "static_configs": Nested(StaticConfig),
    "file_sd_configs": Nested(FileConfig),
    "http_sd_configs": Nested(HttpConfig),
}


@dataclass(frozen=True, slots=True)
class DiscoveryConfigs:
    """All that one job or Alertmanager says of where its targets are."""

    by_key: Mapping[str, tuple[DiscoveryConfig, ...]] = field(default_factory=dict)

    def configs(self) -> list[DiscoveryConfig]:
        """Those that can be run."""
        return [config for key in RUNNING for config in self.by_key.get(key, ())]

    def addresses_listed(self) -> list[str]:
        """The addresses in `static_configs`."""
        configs = self.by_key.get("static_configs", ())
        return [
            address
            for config in configs
            if isinstance(config, StaticConfig)
            for address in config.targets
        ]


class DiscoveryPart(Part):
    """The `*_sd_configs` and `static_configs` among the keys of a mapping."""

    def keys(self, _: str) -> Collection[str]:
        return (*RUNNING, *PLANNED)

    def read(self, name: str, _: Value, members: Mapping[str, Value]) -> dict[str, Any]:
        by_key: dict[str, Any] = {}
        for key in self.keys(name):
            value = members.get(key)
            if value is None or value.is_null:
                continue
            if key in PLANNED:
                value.reading.warn(f"{key} is accepted, but finds no targets yet")
            by_key[key] = ListOf(kind_of(key)).read(value)
        return {name: DiscoveryConfigs(by_key)}

    def show(self, _: str, value: DiscoveryConfigs) -> Mapping[str, object]:
        return {key: ListOf(kind_of(key)).show(value.by_key[key]) for key in sorted(value.by_key)}


def kind_of(key: str) -> Kind[Any]:
    """How the elements under a key are read."""
    return RUNNING.get(key) or PLANNED[key]


def discovery_keys() -> DiscoveryConfigs:
    """A field of a schema that takes every discovery key of its mapping."""
    return part_field(DiscoveryPart(), DiscoveryConfigs)
