"""What `--help` prints: usage, what the command does, its arguments and its flags, in columns.

Texts are wrapped to the width given, so that a line never breaks in the middle of the left column.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from narthex.cli.command import Command

LEFT_COLUMN_MAX = 40
"""What is wider stands on a line of its own."""
RIGHT_COLUMN_MIN = 30
INDENT = 2

Row = tuple[str, str]


def help_text(name: str, summary: str, command: Command, columns: int) -> str:
    """The whole text of one command; `name` is its words, `columns` the width to keep to."""
    usage = f"usage: narthex {name} [<flags>] {command.usage}".rstrip()
    parts = [usage, summary]
    if command.arguments:
        parts.append("Arguments:\n" + in_columns(command.arguments, columns))
    flags = [("--help", "Show this text."), *command.flags.help_rows()]
    parts.append("Flags:\n" + in_columns(flags, columns))
    return "\n\n".join(parts)


def in_columns(rows: Sequence[Row], columns: int) -> str:
    """Rows of a left and a right column; the right one is wrapped."""
    left_width = min(LEFT_COLUMN_MAX, max(len(left) for left, _ in rows))
    right_width = max(RIGHT_COLUMN_MIN, columns - left_width - 2 * INDENT)
    return "\n".join(line for row in rows for line in _lines(row, left_width, right_width))


def _lines(row: Row, left_width: int, right_width: int) -> Iterator[str]:
    left, right = row
    gap = " " * INDENT
    if len(left) > left_width:
        yield gap + left
        left = ""
    for line in textwrap.wrap(right, right_width, break_on_hyphens=False) or [""]:
        yield f"{gap}{left:<{left_width}}{gap}{line}".rstrip()
        left = ""
