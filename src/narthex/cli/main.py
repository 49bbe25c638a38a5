"""`narthex`: finds the command, reads its flags, runs it.

Only the module of the chosen command is imported, so that no command loads a room it does not use.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version

from narthex.cli.command import Command
from narthex.cli.flags import BadFlag

COMMANDS: dict[tuple[str, ...], tuple[str, str]] = {
    ("server",): ("narthex.cli.server", "Scrape, keep, answer: the monitoring server."),
    ("kernels", "build"): ("narthex.cli.build_kernels", "Compile what the other commands run on."),
    ("tool", "check", "config"): (
        "narthex.cli.tool.check_config",
        "Check configuration files.",
    ),
    ("tool", "check", "metrics"): (
        "narthex.cli.tool.check_metrics",
        "Check metrics read from standard input.",
    ),
    ("tool", "check", "healthy"): (
        "narthex.cli.tool.check_healthy",
        "Check that a server is healthy.",
    ),
    ("tool", "check", "ready"): ("narthex.cli.tool.check_ready", "Check that a server is ready."),
    ("tool", "query", "instant"): ("narthex.cli.tool.query_instant", "Run an instant query."),
    ("tool", "query", "range"): ("narthex.cli.tool.query_range", "Run a range query."),
    ("tool", "query", "series"): ("narthex.cli.tool.query_series", "List series."),
    ("tool", "query", "labels"): ("narthex.cli.tool.query_labels", "List the values of a label."),
    ("tool", "test", "promql"): (
        "narthex.cli.tool.test_promql",
        "Run files of the promqltest language.",
    ),
    ("tool", "tsdb", "list"): ("narthex.cli.tool.tsdb_list", "List the blocks of a data folder."),
    ("tool", "tsdb", "create-blocks-from", "openmetrics"): (
        "narthex.cli.tool.tsdb_create_blocks",
        "Make blocks from an OpenMetrics file.",
    ),
}
USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--version"]:
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
    except BadFlag as error:
        print(f"narthex: error: {error}, try --help", file=sys.stderr)
        return USAGE_ERROR
    return command.run(parsed)


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
    width = max(len(" ".join(path)) for path in shown)
    for path, (_, summary) in shown.items():
        print(f"  {' '.join(path):<{width}}  {summary}", file=out)
    print("\n`narthex <command> --help` shows a command's flags.", file=out)
    return 0 if asked else USAGE_ERROR


def _help(path: tuple[str, ...], command: Command) -> None:
    print(f"usage: narthex {' '.join(path)} [<flags>] {command.usage}".rstrip())
    print(f"\n{COMMANDS[path][1]}\n\nFlags:")
    rows = [("--help", "Show this text."), *command.flags.help_rows()]
    width = min(40, max(len(left) for left, _ in rows))
    for left, right in rows:
        gap = left if len(left) <= width else f"{left}\n  {'':<{width}}"
        print(f"  {gap:<{width}}  {right}")


if __name__ == "__main__":
    sys.exit(main())
