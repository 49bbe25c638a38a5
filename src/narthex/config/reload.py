"""A running process gets a new configuration: all of it, or none and the reason.

A file that cannot be read or is refused leaves everything as it was. A configuration that is good
is handed to the rooms in their order; a room that cannot apply its part is reported, and the others
still get theirs, as Prometheus does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge

from narthex.config.load import load_config
from narthex.config.schema import Config
from narthex.model.settings import BadConfig
from narthex.runtime.clock import Clock
from narthex.telemetry.log import Logger

Apply = Callable[[Config], Awaitable[None]]
"""One room takes over its part of a configuration."""


class ReloadFailed(Exception):
    """A reload that did not happen, or not everywhere; its text says why, for the operator."""


class ReloadMetrics:
    """How the last reload went, under Prometheus's names."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.successful = Gauge(
            "prometheus_config_last_reload_successful",
            "Whether the last configuration reload attempt was successful.",
            registry=registry,
        )
        self.success_time_s = Gauge(
            "prometheus_config_last_reload_success_timestamp_seconds",
            "Timestamp of the last successful configuration reload.",
            registry=registry,
        )


class Reloader:
    """The configuration that is running, and the way to the next one."""

    def __init__(
        self,
        path: Path | None,
        appliers: Sequence[tuple[str, Apply]],
        *,
        clock: Clock,
        metrics: ReloadMetrics,
        load: Callable[[Path], Config] = load_config,
    ) -> None:
        """`path` is None when the process runs on its embedded configuration."""
        self._path = path
        self._appliers = appliers
        self._clock = clock
        self._metrics = metrics
        self._load = load
        self._log = Logger("config")
        self._digest = ""
        self.config: Config | None = None
        self.succeeded = True
        """Whether the last attempt did."""
        self.succeeded_ms = 0
        """When one last did."""

    async def start(self, config: Config) -> None:
        """Apply the first configuration. Raises ReloadFailed."""
        await self._apply(config)

    async def reload(self) -> None:
        """Read the file again and apply it. Raises ReloadFailed; the old one then goes on."""
        if self._path is None:
            raise ReloadFailed("there is no configuration file: start with --config.file")
        try:
            config = self._load(self._path)
        except (BadConfig, OSError) as error:
            self.succeeded = False
            self._metrics.successful.set(0)
            # The same broken file is not tried again by `watch`; it was reported.
            self._digest = digest_of(watched_files(self.config, self._path))
            raise ReloadFailed(f"couldn't load configuration: {error}") from error
        await self._apply(config)
        self._log.info("configuration loaded", file=str(self._path))

    async def watch(self, interval_s: float) -> None:
        """Reload whenever a file of the configuration changes, until cancelled."""
        while True:
            await self._clock.sleep_s(interval_s)
            if not self._has_changed():
                continue
            try:
                await self.reload()
            except ReloadFailed as error:
                self._log.error("reload failed, the old one goes on", err=str(error))

    def _has_changed(self) -> bool:
        if self._path is None:
            return False
        return digest_of(watched_files(self.config, self._path)) != self._digest

    async def _apply(self, config: Config) -> None:
        for warning in config.warnings:
            self._log.warning("configuration", note=warning)
        self.config = config
        if self._path is not None:
            self._digest = digest_of(watched_files(config, self._path))
        failures = []
        for room, apply in self._appliers:
            try:
                await apply(config)
            except Exception as error:  # noqa: BLE001 - a room's own fault must not stop the others
                self._log.error("cannot apply configuration", room=room, err=repr(error))
                failures.append(f"{room}: {error}")
        self.succeeded = not failures
        self._metrics.successful.set(int(self.succeeded))
        if failures:
            raise ReloadFailed(
                "one or more errors occurred while applying the new configuration: "
                + "; ".join(failures)
            )
        self.succeeded_ms = self._clock.now_ms()
        self._metrics.success_time_s.set(self.succeeded_ms / 1000)


def watched_files(config: Config | None, path: Path) -> list[Path]:
    """The files whose change is a new configuration: the file, its jobs' files, its rules."""
    patterns = [*config.scrape_config_files, *config.rule_files] if config else []
    found = [found for pattern in patterns for found in _files_like(Path(pattern))]
    return [path, *sorted(set(found))]


def _files_like(pattern: Path) -> Iterable[Path]:
    return pattern.parent.glob(pattern.name)


def digest_of(files: Iterable[Path]) -> str:
    """SHA-256 over names and contents; a file that cannot be read counts by its name."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file}\0".encode())
        try:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError:
            digest.update(b"unreadable")
    return digest.hexdigest()
