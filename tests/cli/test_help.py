"""The help of every command: it fits the terminal, and leaves nothing unsaid."""

from __future__ import annotations

import importlib

import pytest

from narthex.cli.command import Command
from narthex.cli.help_text import help_text, in_columns
from narthex.cli.main import COMMANDS, main

NAMES = [" ".join(path) for path in COMMANDS]


def command_of(name: str) -> Command:
    command: Command = importlib.import_module(COMMANDS[tuple(name.split())][0]).COMMAND
    return command


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_and_names_everything(name: str) -> None:
    command = command_of(name)
    text = help_text(name, COMMANDS[tuple(name.split())][1], command, columns=100)
    assert max(map(len, text.splitlines())) <= 100
    said = [flag for flag in command.flags.flags.values() if not flag.hidden and not flag.refused]
    for flag in said:
        assert flag.help.endswith("."), flag.name
        assert flag.name in text
    told = "".join(argument for argument, _ in command.arguments)
    assert told.replace(" ", "") == command.usage.replace(" ", "")


def test_a_wide_left_side_has_a_line_of_its_own() -> None:
    assert in_columns([("a", "short"), ("b" * 41, "one two")], 50).splitlines() == [
        f"  a{' ' * 39}  short",
        f"  {'b' * 41}",
        f"  {' ' * 40}  one two",
    ]


@pytest.mark.parametrize(
    "words", [["--help"], ["tool"], ["tool", "tsdb", "--help"], ["server", "-h"]]
)
def test_it_is_printed_when_asked_for(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(words)
    printed = capsys.readouterr()
    assert "usage: narthex" in printed.out + printed.err


@pytest.mark.parametrize("words", [["--version"], ["server", "--version"]])
def test_the_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out.startswith("narthex, version ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nonsense"], "unknown command nonsense"),
        (["server", "--nonsense"], "unknown long flag '--nonsense'"),
        (["server", "more"], "unexpected more"),
        (["tool", "query", "instant", "localhost:9090"], "expected <server> <expr>"),
        (["tool", "query", "range", "--header=x", "a", "b"], "--header wants name=value, got 'x'"),
        (
            ["tool", "tsdb", "create-blocks-from", "openmetrics", "--label=x", "a"],
            "--label wants name=value, got 'x'",
        ),
    ],
)
def test_a_wrong_command_line_is_one_line(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    assert capsys.readouterr().err == f"narthex: error: {message}, try --help\n"
