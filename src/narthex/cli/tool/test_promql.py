"""`narthex tool test promql FILE...`: run files in the promqltest language."""

from __future__ import annotations

import sys
from pathlib import Path

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, Flag, FlagTable, Kind


def test_promql(arguments: Arguments) -> int:
    """A line a file, and `N passed, N failed` at the end."""
    from narthex.cli.tool.promql_test.runner import (  # noqa: PLC0415 - the engine, only when it is to run
        FAILURES_SHOWN,
        run_files,
    )

    shown = None if arguments.switch("verbose") else FAILURES_SHOWN
    return run_files(
        [Path(file) for file in arguments.positional], sys.stdout, failures_shown=shown
    )


COMMAND = Command(
    "<file>...",
    FlagTable(
        [Flag("verbose", Kind.SWITCH, "false", "Show every failure, not only the first ones.")]
    ),
    test_promql,
    1,
    None,
    (("<file>...", "Files of test scripts."),),
)
