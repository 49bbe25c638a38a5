"""What a command module offers to the dispatcher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from narthex.cli.flags import Arguments, FlagTable


@dataclass(frozen=True)
class Command:
    """One command: `usage` names its positional arguments, `run` returns the exit code.

    `arguments` says of each positional argument what it is, for the help.
    """

    usage: str
    flags: FlagTable
    run: Callable[[Arguments], int]
    arguments_min: int = 0
    arguments_max: int | None = 0
    """None: any number."""
    arguments: tuple[tuple[str, str], ...] = ()
