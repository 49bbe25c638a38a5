"""`narthex tool query series SERVER --match SELECTOR`."""

from __future__ import annotations

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, FlagTable
from narthex.cli.tool.query import (
    END,
    MATCH,
    OUTPUT_FLAGS,
    SERVER,
    START,
    output_form,
    print_or_fail,
    time_range,
)
from narthex.cli.tool.remote import ask_api
from narthex.cli.tool.show import show_series


def query_series(arguments: Arguments) -> int:
    """Print the label sets that match."""
    (server,) = arguments.positional

    def produce() -> str:
        parameters = [("match[]", text) for text in arguments.texts("match")]
        found = ask_api(server, "series", [*parameters, *time_range(arguments)])
        return show_series(found, output_form(arguments))

    return print_or_fail(produce)


COMMAND = Command(
    "<server>", FlagTable([*OUTPUT_FLAGS, MATCH, START, END]), query_series, 1, 1, (SERVER,)
)
