"""`narthex tool tsdb create-blocks-from openmetrics FILE [DIR]`."""

from __future__ import annotations

import sys
from pathlib import Path

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, BadFlag, Flag, FlagTable, Kind
from narthex.cli.tool.tsdb.create_blocks import create_blocks
from narthex.cli.tool.tsdb.listing import blocks_folder, table_of_blocks
from narthex.cli.tool.tsdb.openmetrics import NoTimestampError
from narthex.cli.tool.tsdb.progress import progress_bar
from narthex.exposition.errors import BadExposition
from narthex.runtime.clock import SystemClock
from narthex.runtime.filesystem import OsFileSystem
from narthex.runtime.rng import process_seed, seeded
from narthex.storage.block.meta import new_ulid


def tsdb_create_blocks(arguments: Arguments) -> int:
    """Make blocks of the file below the data folder, and list them."""
    source = Path(arguments.positional[0])
    data = Path(arguments.positional[1] if len(arguments.positional) > 1 else "data/")
    labels = dict(_label(text) for text in arguments.texts("label"))
    random, clock = seeded(process_seed()), SystemClock()
    try:
        with progress_bar() as progress:
            created = create_blocks(
                source,
                blocks_folder(data),
                OsFileSystem(),
                new_name=lambda: new_ulid(clock.now_ms(), random),
                labels=labels,
                progress=progress,
            )
    except OSError as error:
        place = error.filename or source
        print(f"narthex: error: {place}: {error.strerror or error}", file=sys.stderr)
        return 1
    except (BadExposition, NoTimestampError) as error:
        print(f"narthex: error: {source}: {error}", file=sys.stderr)
        return 1
    if not (arguments.switch("quiet") or arguments.switch("q")):
        human = arguments.switch("human-readable") or arguments.switch("r")
        print(table_of_blocks(created.blocks, human_readable=human), end="")
    if created.duplicates:
        print(f"{created.duplicates} samples had the time of another of their series and were left"
              " out", file=sys.stderr)  # fmt: skip
    return 0


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadFlag(f"--label wants name=value, got {text!r}")
    return name, value


COMMAND = Command(
    "<input file> [<output directory>]",
    FlagTable([
        Flag("label", Kind.LIST, (), "Label for every series; may be given several times.",
             value="NAME=VALUE"),
        Flag("human-readable", Kind.SWITCH, "false", "Show times and sizes for people; short: -r."),
        Flag("r", Kind.SWITCH, "false", "Short for --human-readable.", hidden=True),
        Flag("quiet", Kind.SWITCH, "false", "Do not list the blocks; short: -q."),
        Flag("q", Kind.SWITCH, "false", "Short for --quiet.", hidden=True),
    ]),
    tsdb_create_blocks,
    1,
    2,
    (
        ("<input file>", "OpenMetrics file; every sample has a timestamp."),
        ("[<output directory>]", "Data folder that gets the blocks; data/ by default."),
    ),
)  # fmt: skip
