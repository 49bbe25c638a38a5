"""What `narthex tool query ...` share: flags, headers, and how an error ends."""

from __future__ import annotations

import sys
from collections.abc import Callable

from narthex.cli.flags import Arguments, Flag, Kind
from narthex.cli.tool.remote import RemoteError
from narthex.cli.tool.show import FORMAT, OUTPUT

OUTPUT_FLAGS = [FORMAT, OUTPUT]
SERVER = ("<server>", "URL of the server, or HOST:PORT.")
EXPRESSION = ("<expr>", "Expression of PromQL.")
START = Flag("start", Kind.TEXT, "", "Start: RFC 3339 or Unix seconds.", value="TIME")
END = Flag("end", Kind.TEXT, "", "End: RFC 3339 or Unix seconds.", value="TIME")
MATCH = Flag(
    "match", Kind.LIST, (), "Series selector; may be given several times.", value="SELECTOR"
)


def output_form(arguments: Arguments) -> str:
    """`promql` or `json`."""
    return arguments.text("o" if "o" in arguments.given else "format")


def time_range(arguments: Arguments) -> list[tuple[str, str]]:
    """The parameters `start` and `end`, those that were given."""
    return [(name, arguments.text(name)) for name in ("start", "end") if arguments.text(name)]


def print_or_fail(produce: Callable[[], str]) -> int:
    """Print what `produce` returns; an error of the server goes to stderr and exits with 1."""
    try:
        text = produce()
    except RemoteError as error:
        print(f"query error: {error}", file=sys.stderr)
        return 1
    if text:
        print(text)
    return 0
