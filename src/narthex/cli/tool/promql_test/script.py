"""A test file to its commands: `clear`, `load`, `eval`. All times are durations from the epoch."""

from __future__ import annotations

from narthex.cli.tool.promql_test.commands import Clear, Command
from narthex.cli.tool.promql_test.errors import BadItem, BadScript
from narthex.cli.tool.promql_test.eval_block import parse_evaluation
from narthex.cli.tool.promql_test.lines import Lines
from narthex.cli.tool.promql_test.load_block import parse_load


def parse_script(content: str) -> list[Command]:
    """The commands of a file, in order. Raises BadScript."""
    lines = Lines.of(content)
    commands: list[Command] = []
    while lines.skip_blank():
        commands.append(_command(lines))
    return commands


def _command(lines: Lines) -> Command:
    line = lines.take()
    word = line.split(maxsplit=1)[0].lower()
    try:
        if word == "clear":
            return Clear(lines.number)
        if word.startswith("load"):
            return parse_load(lines, line)
        if word.startswith("eval"):
            return parse_evaluation(lines, line)
    except BadItem as error:
        raise BadScript(lines.number, str(error)) from error
    raise BadScript(lines.number, f"invalid command {line!r}")
