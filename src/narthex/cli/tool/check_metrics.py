"""`narthex tool check metrics`: a page of metrics on standard input, read and linted.

A page that cannot be read is exit code 1, one with problems 3, as promtool has it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, Flag, FlagTable, Kind
from narthex.cli.tool.metric_lint import Family, families_of, lint
from narthex.exposition.errors import ExpositionError
from narthex.exposition.negotiation import Format
from narthex.exposition.parse import parse

FAILED: Final = 1
LINT_FOUND: Final = 3
NAME_COLUMNS: Final = 4
"""Blanks between the columns of the cardinality table."""


def check_metrics(arguments: Arguments) -> int:
    """Read the page, print its problems; the exit code."""
    try:
        page = parse(sys.stdin.buffer.read(), Format.TEXT, seed=0)
        families = families_of(page.labels(), page.families())
    except ExpositionError as error:
        print(f"error while linting: {error}", file=sys.stderr)
        return FAILED
    problems = lint(families) if arguments.text("lint") == "all" else []
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return LINT_FOUND
    if arguments.switch("extended"):
        print(cardinality_table(families))
    return 0


def cardinality_table(families: Sequence[Family]) -> str:
    """How many series each family has, most first."""
    counts = sorted(((len(f.series), f.name) for f in families), key=lambda c: (-c[0], c[1]))
    total = sum(count for count, _ in counts)
    rows = [("Metric", "Cardinality", "Percentage")]
    rows += [(name, str(count), f"{count / total:.2%}") for count, name in counts]
    rows.append(("Total", str(total), "100%"))
    widths = [max(len(row[i]) for row in rows) + NAME_COLUMNS for i in range(3)]
    return "\n".join(
        "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


COMMAND = Command(
    "",
    FlagTable(
        [
            Flag("extended", Kind.SWITCH, "false", "Print how many series each metric has."),
            Flag(
                "lint",
                Kind.TEXT,
                "all",
                "What to lint.",
                choices=("all", "none"),
            ),
        ]
    ),
    check_metrics,
)
