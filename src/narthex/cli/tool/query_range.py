"""`narthex tool query range SERVER EXPR`."""

from __future__ import annotations

from narthex.api.errors import ApiError
from narthex.api.parameters import parse_time_ms
from narthex.cli.command import Command
from narthex.cli.flags import Arguments, BadFlag, Flag, FlagTable, Kind
from narthex.cli.tool.query import (
    END,
    EXPRESSION,
    OUTPUT_FLAGS,
    SERVER,
    START,
    output_form,
    print_or_fail,
)
from narthex.cli.tool.remote import RemoteError, ask_api
from narthex.cli.tool.show import show_value
from narthex.model.value import format_time_s
from narthex.runtime.clock import SystemClock

RANGE_DEFAULT_MS = 300_000
POINTS_DEFAULT = 250
"""The step when none is given, as promtool: at least a second, about this many points."""


def query_range(arguments: Arguments) -> int:
    """Print the values of an expression over a range of moments."""
    server, expression = arguments.positional
    headers = dict(_header(text) for text in arguments.texts("header"))

    def produce() -> str:
        start_ms, end_ms = _range_ms(arguments)
        step_ms = arguments.whole("step") or _default_step_ms(start_ms, end_ms)
        parameters = [
            ("query", expression),
            ("start", format_time_s(start_ms)),
            ("end", format_time_s(end_ms)),
            ("step", format_time_s(step_ms)),
        ]
        data = ask_api(server, "query_range", parameters, headers)
        return show_value(data["resultType"], data["result"], output_form(arguments))

    return print_or_fail(produce)


def _range_ms(arguments: Arguments) -> tuple[int, int]:
    try:
        end_text, start_text = arguments.text("end"), arguments.text("start")
        end_ms = parse_time_ms(end_text, "end") if end_text else SystemClock().now_ms()
        start_ms = parse_time_ms(start_text, "start") if start_text else end_ms - RANGE_DEFAULT_MS
    except ApiError as error:
        raise RemoteError(error.message) from error
    if end_ms < start_ms:
        raise RemoteError("start time is not before end time")
    return start_ms, end_ms


def _default_step_ms(start_ms: int, end_ms: int) -> int:
    return max((end_ms - start_ms) // (1000 * POINTS_DEFAULT), 1) * 1000


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition("=" if "=" in text else ":")
    if not colon:
        raise BadFlag(f"--header wants name=value, got {text!r}")
    return name.strip(), value.strip()


COMMAND = Command(
    "<server> <expr>",
    FlagTable([
        *OUTPUT_FLAGS,
        START,
        END,
        Flag("step", Kind.DURATION, "", "Step between moments; a 250th of the range by default."),
        Flag("header", Kind.LIST, (), "Header to send; may be given several times.",
             value="NAME=VALUE"),
    ]),
    query_range,
    2,
    2,
    (SERVER, EXPRESSION),
)  # fmt: skip
