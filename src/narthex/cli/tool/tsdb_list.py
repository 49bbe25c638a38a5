"""`narthex tool tsdb list [DIR]`."""

from __future__ import annotations

import sys
from pathlib import Path

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, Flag, FlagTable, Kind
from narthex.cli.tool.tsdb.listing import find_blocks, table_of_blocks
from narthex.runtime.filesystem import OsFileSystem
from narthex.storage.errors import StorageError

HUMAN = Flag("human-readable", Kind.SWITCH, "false", "Show times and sizes for people; short: -r.")
DATA = ("[<db path>]", "Data folder; data/ by default.")
SHORT = Flag("r", Kind.SWITCH, "false", "Short for --human-readable.", hidden=True)


def tsdb_list(arguments: Arguments) -> int:
    """Print the blocks of a data folder."""
    folder = Path(arguments.positional[0] if arguments.positional else "data/")
    try:
        blocks = find_blocks(folder, OsFileSystem())
    except (OSError, StorageError) as error:
        print(f"narthex: error: {error}", file=sys.stderr)
        return 1
    human = arguments.switch("human-readable") or arguments.switch("r")
    print(table_of_blocks(blocks, human_readable=human), end="")
    return 0


COMMAND = Command("[<db path>]", FlagTable([HUMAN, SHORT]), tsdb_list, 0, 1, (DATA,))
