"""From the text of `prometheus.yml` to a complete `Config`, or to one error with its place.

The file itself and every file that `scrape_config_files` names are read and checked whole before
anything is made of them.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from narthex.config.schema import Config, GlobalConfig, ScrapeConfigFile
from narthex.model.settings import BadConfig, Reading, Value, parse_yaml, placed_at, read
from narthex.scrape.config import DEFAULT_SETTINGS, ScrapeConfig, ScrapeSettings

VARIABLE: Final = re.compile(r"\$(?:\{([^}]*)\}|([*#$@!?\-0-9])|([A-Za-z_][A-Za-z_0-9]*))")
"""What Go's `os.Expand` replaces in external labels."""

EMBEDDED_CONFIG: Final = """\
global:
  scrape_interval: 15s
scrape_configs:
  - job_name: narthex
    metrics_path: {path}
    static_configs:
      - targets: ["{address}"]
"""


def load_config(path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """The configuration in a file. Raises BadConfig, and OSError when a file cannot be read."""
    return load_config_text(read_text(path), path, environment)


def embedded_config(listen_address: str, metrics_path: str = "/metrics") -> Config:
    """What runs without a file: a job that scrapes this process at `listen_address`."""
    text = EMBEDDED_CONFIG.format(address=listen_address, path=metrics_path)
    return load_config_text(text, Path("(embedded configuration)"), {})


def load_config_text(text: str, path: Path, environment: Mapping[str, str] | None = None) -> Config:
    """The configuration in `text`, which stands in the file `path`; relative paths start there.

    `environment` gives the variables of external labels, the process's own by default. Raises
    BadConfig, and OSError when a file of `scrape_config_files` cannot be read.
    """
    reading = Reading(str(path), path.parent)
    root = parse_yaml(text, reading)
    config = read(root, Config) if root is not None else Config()
    global_ = _complete_global(root, config.global_, environment)
    jobs = _Jobs(global_.scrape)
    jobs.add(root, config.scrape_configs)
    count_of_main = len(jobs.complete)
    files = [str(path)]
    for pattern in config.scrape_config_files:
        for file in sorted(glob.glob(pattern)):  # noqa: PTH207 - the pattern is a whole path
            files.append(file)
            jobs.add_file(Path(file), reading)
    return replace(
        config,
        global_=global_,
        scrape_configs=tuple(jobs.complete[:count_of_main]),
        jobs=tuple(jobs.complete),
        warnings=tuple(reading.warnings),
        files=tuple(files),
    )


def read_text(path: Path) -> str:
    """The text of a file. Raises OSError, and BadConfig when it is not UTF-8."""
    data = path.read_bytes()
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadConfig(str(path), line, "", "the file is not UTF-8") from error


def expand_variables(text: str, environment: Mapping[str, str], reading: Reading) -> str:
    """`text` with `$NAME` and `${NAME}` replaced; `$$` is a dollar, what is unset is nothing."""

    def value_of(match: re.Match[str]) -> str:
        name = next(group for group in match.groups() if group is not None)
        if name in ("$", ""):
            return name
        if not environment.get(name):
            reading.warn(f"external_labels: environment variable {name} is empty")
        return environment.get(name, "")

    return VARIABLE.sub(value_of, text)


def _complete_global(
    root: Value | None, global_: GlobalConfig, environment: Mapping[str, str] | None
) -> GlobalConfig:
    value = root.members().get("global") if root is not None else None
    if value is None or value.is_null:
        return replace(global_, scrape=global_.scrape.inheriting(DEFAULT_SETTINGS))
    variables = os.environ if environment is None else environment
    labels = {
        name: expand_variables(text, variables, value.reading)
        for name, text in global_.external_labels.items()
    }
    with placed_at(value, value.members()):
        scrape = global_.scrape.inheriting(DEFAULT_SETTINGS)
    return replace(global_, scrape=scrape, external_labels=labels)


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    line: int


class _Jobs:
    """Jobs completed one by one; a name that was there before is refused with both places."""

    def __init__(self, above: ScrapeSettings) -> None:
        self.complete: list[ScrapeConfig] = []
        self._above = above
        self._places: dict[str, _Place] = {}

    def add(self, root: Value | None, jobs: tuple[ScrapeConfig, ...]) -> None:
        """Complete `jobs`, which were read from `root`. Raises BadConfig."""
        if root is None or not jobs:
            return
        values = root.members()["scrape_configs"].items()
        for value, job in zip(values, jobs, strict=True):
            members = value.members()
            self._refuse_same_name(members["job_name"], job.job_name)
            with placed_at(value, members):
                self.complete.append(job.inheriting(self._above))

    def add_file(self, path: Path, main: Reading) -> None:
        """Complete the jobs of another file. Raises BadConfig, OSError."""
        reading = Reading(str(path), path.parent, main.warnings)
        root = parse_yaml(read_text(path), reading)
        if root is not None:
            self.add(root, read(root, ScrapeConfigFile).scrape_configs)

    def _refuse_same_name(self, value: Value, name: str) -> None:
        place = _Place(value.reading.file, value.line)
        first = self._places.setdefault(name, place)
        if first is not place:
            raise value.error(
                f'found multiple scrape configs with job name "{name}", '
                f"first at {first.file}:{first.line}"
            )
