"""`file_sd_configs`: files of target groups, read again when they change.

Files are looked at every few seconds (inode, time and size) and not through the system's change
events, which networked file systems and mounted config maps do not deliver.
"""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from narthex.discovery.interface import Publish, Surroundings
from narthex.discovery.target_group import (
    BadTargetGroups,
    ListedGroup,
    TargetGroup,
    groups_from_json,
    groups_from_yaml,
)
from narthex.model.settings import DURATION_MS, PATH, BadSetting, ListOf, setting

FILE_PATTERN: Final = re.compile(r"[^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML)")
POLL_INTERVAL_S: Final = 2.0
"""A change is seen within this time; one look costs a few microseconds per file."""

PATH_LABEL: Final = "__meta_filepath"

Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class FileConfig:
    """Which files, and how often they are read even if they look unchanged."""

    files: tuple[str, ...] = setting(ListOf(PATH), required=True)
    refresh_interval_ms: int = setting(DURATION_MS, 300_000, key="refresh_interval")

    def __post_init__(self) -> None:
        if not self.files:
            raise BadSetting(
                "files", "file service discovery config must contain at least one path name"
            )
        if self.refresh_interval_ms <= 0:
            raise BadSetting("refresh_interval", "refresh_interval must be greater than 0")
        for path in self.files:
            if not FILE_PATTERN.fullmatch(path):
                raise BadSetting(
                    "files",
                    f'path name "{path}" is not valid for file discovery: it must end in .json, '
                    ".yml or .yaml, with at most one * in its last part",
                )

    def discoverer(self, surroundings: Surroundings) -> FileDiscoverer:
        return FileDiscoverer(self, surroundings)


class FileDiscoverer:
    """Keeps, per file, how it looked and how many groups it held."""

    def __init__(self, config: FileConfig, surroundings: Surroundings) -> None:
        self._config = config
        self._surroundings = surroundings
        self._stamps: dict[str, Stamp] = {}
        self._groups: dict[str, int] = {}

    async def run(self, publish: Publish) -> None:
        clock = self._surroundings.clock
        while True:
            self._stamps.clear()
            read_again_s = clock.monotonic_s() + self._config.refresh_interval_ms / 1000
            while True:
                await self._look(publish)
                left_s = read_again_s - clock.monotonic_s()
                if left_s <= 0:
                    break
                await clock.sleep_s(min(POLL_INTERVAL_S, left_s))

    async def _look(self, publish: Publish) -> None:
        """Publish every file that changed since the last look, and those that are gone."""
        found = self._present_files()
        for path in sorted(self._groups.keys() - found.keys()):
            publish(self._emptied(path, 0))
            del self._groups[path]
            self._surroundings.metrics.file_mtime.remove(path)
        for path, stamp in found.items():
            if self._stamps.get(path) != stamp:
                self._stamps[path] = stamp
                await self._read(path, stamp, publish)

    def _present_files(self) -> dict[str, Stamp]:
        found: dict[str, Stamp] = {}
        for pattern in self._config.files:
            for path in sorted(glob.glob(pattern)):  # noqa: PTH207 - the pattern is a whole path
                try:
                    about = Path(path).stat()
                except FileNotFoundError:  # removed since it was listed
                    continue
                found[path] = (about.st_ino, about.st_mtime_ns, about.st_size)
        return found

    async def _read(self, path: str, stamp: Stamp, publish: Publish) -> None:
        metrics = self._surroundings.metrics
        try:
            listed = await self._surroundings.run_aside(read_groups, path)
        except (OSError, BadTargetGroups) as error:
            metrics.file_read_errors.inc()
            self._surroundings.log.error(  # noqa: TRY400 - an operator's fault, no traceback
                "cannot read file of targets, keeping what it held before",
                discovery="file",
                config=self._surroundings.config_name,
                file=path,
                err=str(error),
            )
            return
        groups = [
            group.as_group(source_of(path, index), **{PATH_LABEL: path})
            for index, group in enumerate(listed)
        ]
        publish([*groups, *self._emptied(path, len(groups))])
        self._groups[path] = len(groups)
        metrics.file_mtime.labels(path).set(stamp[1] / 1e9)

    def _emptied(self, path: str, start: int) -> list[TargetGroup]:
        """Groups that the file held from `start` on, without their targets."""
        held = self._groups.get(path, 0)
        return [TargetGroup(source=source_of(path, index)) for index in range(start, held)]


def source_of(path: str, index: int) -> str:
    """The source of a file's group."""
    return f"{path}:{index}"


def read_groups(path: str) -> list[ListedGroup]:
    """The groups in a file. Raises OSError, BadTargetGroups."""
    data = Path(path).read_bytes()
    if path.lower().endswith(".json"):
        return groups_from_json(data)
    try:
        return groups_from_yaml(data.decode(), path)
    except UnicodeDecodeError as error:
        raise BadTargetGroups(f"{path}: not UTF-8: {error}") from error
