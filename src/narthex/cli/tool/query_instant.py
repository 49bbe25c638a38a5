"""`narthex tool query instant SERVER EXPR`."""

from __future__ import annotations

from narthex.cli.command import Command
from narthex.cli.flags import Arguments, Flag, FlagTable, Kind
from narthex.cli.tool.query import EXPRESSION, OUTPUT_FLAGS, SERVER, output_form, print_or_fail
from narthex.cli.tool.remote import ask_api
from narthex.cli.tool.show import show_value


def query_instant(arguments: Arguments) -> int:
    """Print the value of an expression at one moment."""
    server, expression = arguments.positional

    def produce() -> str:
        parameters = [("query", expression)]
        if time := arguments.text("time"):
            parameters.append(("time", time))
        data = ask_api(server, "query", parameters)
        return show_value(data["resultType"], data["result"], output_form(arguments))

    return print_or_fail(produce)


TIME = Flag("time", Kind.TEXT, "", "RFC 3339 or Unix seconds; now by default.", value="TIME")
COMMAND = Command(
    "<server> <expr>", FlagTable([*OUTPUT_FLAGS, TIME]), query_instant, 2, 2, (SERVER, EXPRESSION)
)
