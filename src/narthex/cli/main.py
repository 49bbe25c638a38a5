"""`narthex`: finds the command, reads its flags, runs it.

Only the module of the chosen command is imported, so that no command loads a room it does not use.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import version

from narthex.cli.command import Command
from narthex.cli.flags import BadFlag
from narthex.cli.help_text import help_text, in_columns

COMMANDS: dict[tuple[str, ...], tuple[str, str]] = {
    ("server",): ("narthex.cli.server", "Scrape, keep, answer: the monitoring server."),
    ("kernels", "build"): (
        "narthex.cli.build_kernels",
        "Compile the kernels ahead of the first start; what is compiled already is kept.",
    ),
    ("tool", "check", "config"): (
        "narthex.cli.tool.check_config",
        "Check configuration files, and the files that they name.",
    ),
    ("tool", "check", "metrics"): (
        "narthex.cli.tool.check_metrics",
        "Read a page of metrics from standard input, and lint it.",
    ),
    ("tool", "check", "healthy"): (
        "narthex.cli.tool.check_healthy",
        "Ask a server whether it is alive.",
    ),
    ("tool", "check", "ready"): (
        "narthex.cli.tool.check_ready",
        "Ask a server whether it scrapes and answers.",
    ),
    ("tool", "query", "instant"): (
        "narthex.cli.tool.query_instant",
        "Ask a server for the value of an expression at one moment.",
    ),
    ("tool", "query", "range"): (
        "narthex.cli.tool.query_range",
        "Ask a server for the values of an expression over a range.",
    ),
    ("tool", "query", "series"): (
        "narthex.cli.tool.query_series",
        "Ask a server which series match a selector.",
    ),
    ("tool", "query", "labels"): (
        "narthex.cli.tool.query_labels",
        "Ask a server for the values of a label.",
    ),
    ("tool", "test", "promql"): (
        "narthex.cli.tool.test_promql",
        "Run files in the language of Prometheus's engine tests.",
    ),
    ("tool", "tsdb", "list"): ("narthex.cli.tool.tsdb_list", "List the blocks of a data folder."),
    ("tool", "tsdb", "create-blocks-from", "openmetrics"): (
        "narthex.cli.tool.tsdb_create_blocks",
        "Make blocks from an OpenMetrics file of any size.",
    ),
}
USAGE_ERROR = 1
"""As Prometheus and promtool exit on a command line that is wrong."""
WIDTH_MAX = 110
"""Columns of the help; longer lines are hard to read."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["server", "--version"]):
        print(f"narthex, version {version('narthex')}")
        return 0
    path = _command_path(words)
    if path is None:
        return _overview(words)
    command: Command = importlib.import_module(COMMANDS[path][0]).COMMAND
    rest = words[len(path) :]
    if "--help" in rest or "-h" in rest:
        _help(path, command)
        return 0
    try:
        parsed = command.flags.parse(rest)
        _check_count(command, parsed.positional)
        return command.run(parsed)
    except BadFlag as error:  # a command may read the text of a flag more closely
        print(f"narthex: error: {error}, try --help", file=sys.stderr)
        return USAGE_ERROR


def _command_path(words: list[str]) -> tuple[str, ...] | None:
    for length in range(min(4, len(words)), 0, -1):
        path = tuple(words[:length])
        if path in COMMANDS:
            return path
    return None


def _check_count(command: Command, positional: tuple[str, ...]) -> None:
    if len(positional) < command.arguments_min:
        raise BadFlag(f"expected {command.usage}")
    if command.arguments_max is not None and len(positional) > command.arguments_max:
        raise BadFlag(f"unexpected {positional[command.arguments_max]}")


def _overview(words: list[str]) -> int:
    asked = not words or words[-1] in ("--help", "-h", "help")
    prefix = tuple(word for word in words if word not in ("--help", "-h", "help"))
    shown = {path: what for path, what in COMMANDS.items() if path[: len(prefix)] == prefix}
    out = sys.stdout if asked and shown else sys.stderr
    if not shown:
        print(f"narthex: error: unknown command {' '.join(words)}, try --help", file=out)
        return USAGE_ERROR
    print("usage: narthex <command> [<flags>] [<arguments>]\n\nCommands:", file=out)
    rows = [(" ".join(path), summary) for path, (_, summary) in shown.items()]
    print(in_columns(rows, _columns()), file=out)
    print("\n`narthex <command> --help` shows a command's flags.", file=out)
    return 0 if asked else USAGE_ERROR


def _help(path: tuple[str, ...], command: Command) -> None:
    print(help_text(" ".join(path), COMMANDS[path][1], command, _columns()))


def _columns() -> int:
    return min(WIDTH_MAX, shutil.get_terminal_size((WIDTH_MAX, 24)).columns)


if __name__ == "__main__":
    sys.exit(main())
