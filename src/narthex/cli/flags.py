"""Flags as data: what a command takes, in one table that yields its parser, its help and its page.

The reading follows kingpin, which Prometheus's users know: `--flag=value`, `--flag value`,
`--flag` and `--no-flag` for switches, repeated flags where a list is meant, `@file` is not special.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from narthex.model.duration import BadDuration, format_duration_ms, parse_duration_ms
from narthex.model.size import BadSize, parse_size_bytes

Value = str | int | float | bool | list[str] | None


class Kind(enum.Enum):
    """How the text of a flag is read."""

    SWITCH = "switch"
    TEXT = "text"
    LIST = "list"
    WHOLE = "whole"
    NUMBER = "number"
    DURATION = "duration"
    """Held in ms."""
    SIZE = "size"
    """Held in bytes."""


class BadFlag(ValueError):
    """An argument that cannot be used; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag. `refused` says why a known flag of Prometheus cannot be given yet.

    `value` stands for its value in the help where there is no default to show.
    """

    name: str
    kind: Kind
    default: str | tuple[str, ...]
    help: str
    choices: tuple[str, ...] = ()
    refused: str = ""
    hidden: bool = False
    value: str = ""

    @property
    def told(self) -> str:
        """What it does and which values it takes, for the help and the page of flags."""
        if not self.choices:
            return self.help
        return f"{self.help} One of {', '.join(self.choices)}."

    def read(self, text: str) -> Value:
        """The value of `text`. Raises BadFlag."""
        if self.choices and text not in self.choices:
            raise BadFlag(
                f"enum value must be one of {','.join(self.choices)}, got '{text}' (--{self.name})"
            )
        try:
            return _READERS[self.kind](text)
        except (BadDuration, BadSize, ValueError) as error:
            raise BadFlag(f"invalid value for --{self.name}: {error}") from error

    def default_value(self) -> Value:
        """The value when the flag is not given."""
        if isinstance(self.default, tuple):
            return list(self.default)
        return (
            None if self.default == "" and self.kind is not Kind.TEXT else self.read(self.default)
        )


def _switch(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f'"{text}" is neither true nor false')
    return text == "true"


_READERS: dict[Kind, Callable[[str], Value]] = {
    Kind.SWITCH: _switch,
    Kind.TEXT: str,
    Kind.LIST: lambda text: [text],
    Kind.WHOLE: int,
    Kind.NUMBER: float,
    Kind.DURATION: parse_duration_ms,
    Kind.SIZE: parse_size_bytes,
}


@dataclass(frozen=True)
class Arguments:
    """What was read: values by flag name, positional arguments, and the names that were given."""

    values: Mapping[str, Value]
    positional: tuple[str, ...] = ()
    given: frozenset[str] = field(default=frozenset())

    def text(self, name: str) -> str:
        """A text."""
        value = self.values[name]
        assert isinstance(value, str)
        return value

    def texts(self, name: str) -> list[str]:
        """A list."""
        value = self.values[name]
        assert isinstance(value, list)
        return value

    def switch(self, name: str) -> bool:
        """On or off."""
        return self.values[name] is True

    def whole(self, name: str) -> int:
        """A whole number, a duration in ms, a size in bytes; 0 when there is none."""
        value = self.values[name]
        assert value is None or isinstance(value, int)
        return value or 0

    def number(self, name: str) -> float:
        """A number."""
        value = self.values[name]
        assert isinstance(value, int | float)
        return float(value)


class FlagTable:
    """The flags of one command."""

    def __init__(self, flags: Sequence[Flag]) -> None:
        self.flags = {flag.name: flag for flag in flags}

    def parse(self, arguments: Sequence[str]) -> Arguments:
        """Read a command line. Raises BadFlag."""
        values: dict[str, Value] = {f.name: f.default_value() for f in self.flags.values()}
        positional: list[str] = []
        given: set[str] = set()
        rest = list(arguments)
        while rest:
            argument = rest.pop(0)
            if argument == "--":
                positional += rest
                break
            if not re.match(r"-[-\w]", argument) or re.fullmatch(r"-[\d.]+", argument):
                positional.append(argument)
                continue
            flag, text = self._flag_and_text(argument, rest)
            value = flag.read(text)
            if isinstance(value, list) and flag.name in given:
                value = [*values[flag.name], *value]  # type: ignore[misc]
            elif flag.name in given and not isinstance(value, list):
                raise BadFlag(f"flag '{flag.name}' cannot be repeated")
            values[flag.name] = value
            given.add(flag.name)
        return Arguments(values, tuple(positional), frozenset(given))

    def _flag_and_text(self, argument: str, rest: list[str]) -> tuple[Flag, str]:
        short = not argument.startswith("--")
        name, equals, text = argument.lstrip("-").partition("=")
        if short and (len(name) != 1 or name not in self.flags):
            raise BadFlag(f"unknown short flag '{argument}'")
        flag = self.flags.get(name)
        negated = name.startswith("no-") and self.flags.get(name[3:])
        if flag is None and negated and negated.kind is Kind.SWITCH:
            if equals:
                raise BadFlag(f"unexpected value for '--{name}'")
            flag, text = negated, "false"
        elif flag is None:
            raise BadFlag(f"unknown long flag '--{name}'")
        elif flag.kind is Kind.SWITCH and not equals:
            text = "true"
        elif not equals:
            if not rest:
                raise BadFlag(f"expected argument for flag '--{name}'")
            text = rest.pop(0)
        if flag.refused:
            raise BadFlag(f"flag --{flag.name} is not acted on yet: {flag.refused}")
        return flag, text

    def shown(self, arguments: Arguments) -> dict[str, str]:
        """Every acted-on flag with its value as text, for `/api/v1/status/flags`."""
        flags = (flag for flag in self.flags.values() if not flag.refused)
        return {flag.name: _shown(flag, arguments.values[flag.name]) for flag in flags}

    def help_rows(self) -> list[tuple[str, str]]:
        """(left, right) columns of the help: the flag with its value, what it does."""
        return [
            (_help_left(flag), flag.told)
            for flag in self.flags.values()
            if not flag.hidden and not flag.refused
        ]


def _shown(flag: Flag, value: Value) -> str:
    if isinstance(value, list):
        return ",".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "0s" if flag.kind is Kind.DURATION else "0B" if flag.kind is Kind.SIZE else ""
    if flag.kind is Kind.DURATION:
        return format_duration_ms(int(value))
    if flag.kind is Kind.SIZE:
        return f"{value}B"
    return str(value)


def _help_left(flag: Flag) -> str:
    if flag.kind is Kind.SWITCH:
        return f"--[no-]{flag.name}"
    default = ",".join(flag.default) if isinstance(flag.default, tuple) else flag.default
    more = "..." if flag.kind is Kind.LIST else ""
    return f"--{flag.name}={default or flag.value or flag.kind.value.upper()}{more}"
