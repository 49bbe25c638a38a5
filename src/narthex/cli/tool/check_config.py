"""`narthex tool check config FILE...`: would a server start on these files?

What is checked, said and answered is promtool's: a file that is refused, or that names a file that
is not there, is exit code 1; lint is told, and is exit code 3 only with `--lint-fatal`.
"""

from __future__ import annotations

import glob
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, Flag, FlagTable, Kind
from narthex.config.load import load_config
from narthex.config.schema import Config
from narthex.discovery.file import FileConfig, read_groups
from narthex.discovery.http import HttpConfig
from narthex.discovery.mechanisms import DiscoveryConfigs
from narthex.discovery.target_group import BadTargetGroups
from narthex.httpclient.options import HttpOptions, files_named
from narthex.model.duration import format_duration_ms
from narthex.model.settings import BadConfig

FAILED: Final = 1
LINT_FOUND: Final = 3

LOOKBACK_MS: Final = 300_000
"""A series scraped less often than this is stale between two scrapes."""

LINTS: Final = ("all", "duplicate-rules", "none", "too-long-scrape-interval")


class CheckFailed(Exception):
    """A file that a configuration needs is missing or broken."""


def check_config(arguments: Arguments) -> int:
    """Check every file; the worst exit code."""
    lint = _lint(arguments.text("lint"))
    missing = [path for path in arguments.positional if not Path(path).exists()]
    if missing:
        print(f"narthex: error: path '{missing[0]}' does not exist, try --help", file=sys.stderr)
        return FAILED
    codes = [_check_file(Path(path), arguments, lint) for path in arguments.positional]
    return FAILED if FAILED in codes else max(codes)


def _lint(text: str) -> str:
    if text in LINTS:
        return text
    print(f'WARNING: unknown lint option: "{text}"', file=sys.stderr)
    return "none"


def _check_file(path: Path, arguments: Arguments, lint: str) -> int:
    print(f"Checking {path}")
    try:
        config = load_config(path)
        if arguments.switch("agent"):
            refuse_in_agent_mode(config)
        rule_files = [] if arguments.switch("syntax-only") else check_named_files(config)
    except (BadConfig, CheckFailed, OSError) as error:
        print(f"  FAILED: {error}\n", file=sys.stderr)
        return FAILED
    if rule_files:
        print(f"  SUCCESS: {len(rule_files)} rule files found")
    for warning in config.warnings:
        print(f"  WARNING: {warning}")
    print(f" SUCCESS: {path} is valid prometheus config file syntax\n")
    found = list(long_intervals(config)) if lint in ("all", "too-long-scrape-interval") else []
    for problem in found:
        print(f"  FAILED: {problem}", file=sys.stderr)
    return LINT_FOUND if found and arguments.switch("lint-fatal") else 0


def refuse_in_agent_mode(config: Config) -> None:
    """Raise CheckFailed for what an agent has no use for."""
    given = {
        "alerting": config.alerting.alertmanagers or config.alerting.alert_relabel_configs,
        "rule_files": config.rule_files,
        "remote_read": config.remote_read,
    }
    for key, value in given.items():
        if value:
            raise CheckFailed(f"field {key} is not allowed in agent mode")


def check_named_files(config: Config) -> list[str]:
    """The rule files that are there. Raises CheckFailed for a file that is missing or broken."""
    rule_files = [file for pattern in config.rule_files for file in _rule_files(pattern)]
    for job in config.jobs:
        _check_options(job.http)
        _check_discovery(job.discovery, f'scrape job "{job.job_name}"')
    for alertmanagers in config.alerting.alertmanagers:
        _check_options(alertmanagers.http)
        _check_discovery(alertmanagers.discovery, "alertmanagers")
    for receiver in config.remote_write:
        _check_options(receiver.http)
    for source in config.remote_read:
        _check_options(source.http)
    return rule_files


def _rule_files(pattern: str) -> list[str]:
    found = glob.glob(pattern)  # noqa: PTH207 - the pattern is a whole path
    if not found and "*" not in pattern:
        raise CheckFailed(f'"{pattern}" does not point to an existing file')
    return sorted(found)


def _check_options(options: HttpOptions) -> None:
    for purpose, path in files_named(options):
        try:
            Path(path).stat()
        except OSError as error:
            raise CheckFailed(f'error checking {purpose} "{path}": {error.strerror}') from error


def _check_discovery(discovery: DiscoveryConfigs, user: str) -> None:
    for config in discovery.configs():
        if isinstance(config, HttpConfig):
            _check_options(config.http)
        if isinstance(config, FileConfig):
            for pattern in config.files:
                _check_target_files(pattern, user)


def _check_target_files(pattern: str, user: str) -> None:
    found = glob.glob(pattern)  # noqa: PTH207 - the pattern is a whole path
    if not found:
        print(f'  WARNING: file "{pattern}" for file_sd in {user} does not exist')
    for path in sorted(found):
        try:
            read_groups(path)
        except (OSError, BadTargetGroups) as error:
            raise CheckFailed(f'checking SD file "{path}": {error}') from error


def long_intervals(config: Config) -> Iterator[str]:
    """Jobs whose series would be stale between two scrapes."""
    for job in config.jobs:
        interval_ms = job.settings.scrape_interval_ms
        if interval_ms >= LOOKBACK_MS:
            yield (
                "too long scrape interval found, data point will be marked as stale - "
                f"job: {job.job_name}, interval: {format_duration_ms(interval_ms)}"
            )


COMMAND = Command(
    "<config-files>...",
    FlagTable(
        [
            Flag(
                "syntax-only",
                Kind.SWITCH,
                "false",
                "Check the files alone, not those that they name.",
            ),
            Flag("lint", Kind.TEXT, "duplicate-rules", f"What to lint: {', '.join(LINTS)}."),
            Flag("lint-fatal", Kind.SWITCH, "false", "Exit with code 3 if lint finds something."),
            Flag(
                "ignore-unknown-fields",
                Kind.SWITCH,
                "false",
                "Ignore unknown fields in rule groups.",
                refused="rule files are not read yet",
            ),
            Flag("agent", Kind.SWITCH, "false", "Refuse what an agent has no use for."),
        ]
    ),
    check_config,
    1,
    None,
    (("<config-files>...", "Configuration files."),),
)
