"""`narthex tool query labels SERVER NAME`."""

from __future__ import annotations

from urllib.parse import quote

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
from narthex.cli.tool.show import show_values


def query_labels(arguments: Arguments) -> int:
    """Print the values of a label."""
    server, name = arguments.positional

    def produce() -> str:
        parameters = [("match[]", text) for text in arguments.texts("match")]
        path = f"label/{quote(name, safe='')}/values"
        values = ask_api(server, path, [*parameters, *time_range(arguments)])
        return show_values(values, output_form(arguments))

    return print_or_fail(produce)


COMMAND = Command(
    "<server> <name>",
    FlagTable([*OUTPUT_FLAGS, MATCH, START, END]),
    query_labels,
    2,
    2,
    (SERVER, ("<name>", "Name of the label.")),
)
