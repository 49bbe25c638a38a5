"""The kinds of values that keys take: how each is read from YAML and printed back.

A kind is a value itself and nests: `ListOf(TEXT)`, `MapOf(ListOf(SECRET))`. `read` raises
`BadConfig` with the place; `show` gives plain objects (text, numbers, lists, dictionaries).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from narthex.model.duration import format_duration_ms, parse_duration_ms
from narthex.model.settings.secret import Secret
from narthex.model.settings.yaml_text import Value
from narthex.model.size import format_size_bytes, parse_size_bytes

T = TypeVar("T")

TRUE_WORDS = frozenset({"true", "yes", "on", "y"})
FALSE_WORDS = frozenset({"false", "no", "off", "n"})
NUMBER_PATTERN = re.compile(
    r"[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
UNSIGNED_MAX = 2**64 - 1


class Kind(Protocol[T]):
    """How values of one kind are read and shown."""

    @property
    def reads_null(self) -> bool:
        """Whether `key:` with nothing behind it is a value; otherwise it counts as absent."""

    def read(self, value: Value) -> T:
        """The typed value. Raises BadConfig."""

    def show(self, value: T) -> object:
        """The value as plain objects, as the configuration is printed."""


@dataclass(frozen=True, slots=True)
class ParsedText(Generic[T]):
    """Any single value, parsed from its spelling; a ValueError of the parser gets the place."""

    parse: Callable[[str], T]
    show: Callable[[T], object]
    reads_null: bool = False

    def read(self, value: Value) -> T:
        text = value.text()
        try:
            return self.parse(text)
        except ValueError as error:
            raise value.error(str(error)) from error


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of the words listed, or no word where that leaves the choice open."""

    words: tuple[str, ...]
    may_be_empty: bool = False
    reads_null: bool = False

    def read(self, value: Value) -> str:
        text = value.text()
        if text not in self.words and not (self.may_be_empty and not text):
            raise value.error(f'expected one of {", ".join(self.words)}, found "{text}"')
        return text

    def show(self, value: str) -> object:
        return value


@dataclass(frozen=True, slots=True)
class ListOf(Generic[T]):
    """A list; read as a tuple."""

    kind: Kind[T]
    reads_null: bool = False

    def read(self, value: Value) -> tuple[T, ...]:
        return tuple(self.kind.read(item) for item in value.items())

    def show(self, value: Sequence[T]) -> object:
        return [self.kind.show(item) for item in value]


class InOneLine(list[object]):
    """A list that is printed as `[a, b]`."""


@dataclass(frozen=True, slots=True)
class NamesInOneLine:
    """A list of names; read as a tuple, printed as `[a, b]`."""

    reads_null: bool = False

    def read(self, value: Value) -> tuple[str, ...]:
        return tuple(item.text() for item in value.items())

    def show(self, value: Sequence[str]) -> object:
        return InOneLine(value)


@dataclass(frozen=True, slots=True)
class MapOf(Generic[T]):
    """A mapping from free names; printed in the order of the names."""

    kind: Kind[T]
    reads_null: bool = False

    def read(self, value: Value) -> Mapping[str, T]:
        return {name: self.kind.read(member) for name, member in value.members().items()}

    def show(self, value: Mapping[str, T]) -> object:
        return {name: self.kind.show(value[name]) for name in sorted(value)}


@dataclass(frozen=True, slots=True)
class LabelMap:
    """A mapping from label names to values."""

    reads_null: bool = False

    def read(self, value: Value) -> Mapping[str, str]:
        labels = {}
        for name, member in value.members().items():
            if not name:
                raise member.error(f'"{name}" is not a valid label name')
            labels[name] = member.text()
        return labels

    def show(self, value: Mapping[str, str]) -> object:
        return {name: value[name] for name in sorted(value)}


@dataclass(frozen=True, slots=True)
class Boolean:
    """True or false, without quotes."""

    reads_null: bool = False

    def read(self, value: Value) -> bool:
        word = value.text().lower()
        if value.is_plain and word in TRUE_WORDS | FALSE_WORDS:
            return word in TRUE_WORDS
        raise value.error(f"expected true or false, found `{value.text()}`")

    def show(self, value: bool) -> object:  # noqa: FBT001 - it is the value itself
        return value


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number between bounds, without quotes."""

    least: int
    most: int
    reads_null: bool = False

    def read(self, value: Value) -> int:
        text = value.text()
        number = parse_integer(text) if value.is_plain else None
        if number is None:
            raise value.error(f"expected a whole number, found `{text}`")
        if not self.least <= number <= self.most:
            raise value.error(f"expected a number from {self.least} to {self.most}, found {number}")
        return number

    def show(self, value: int) -> object:
        return value


@dataclass(frozen=True, slots=True)
class Number:
    """A number, without quotes."""

    reads_null: bool = False

    def read(self, value: Value) -> float:
        text = value.text()
        if not (value.is_plain and NUMBER_PATTERN.fullmatch(text)):
            raise value.error(f"expected a number, found `{text}`")
        return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan").lower())

    def show(self, value: float) -> object:
        return int(value) if value.is_integer() else value


@dataclass(frozen=True, slots=True)
class FilePath:
    """The name of a file; a relative one starts in the folder of the document."""

    reads_null: bool = True

    def read(self, value: Value) -> str:
        return value.reading.resolve(value.text())

    def show(self, value: str) -> object:
        return value


def parse_integer(text: str) -> int | None:
    """A whole number as YAML 1.1 writes it (`010` is eight), None for other text."""
    is_old_octal = len(text) > 1 and text.startswith("0") and text.isdigit()
    try:
        return int(text, 8 if is_old_octal else 0)
    except ValueError:
        return None


def parse_url(text: str) -> str:
    """`text`, if it is an absolute URL. Raises ValueError."""
    parts = urlsplit(text)
    if not parts.scheme or not parts.hostname:
        raise ValueError(f'not a URL with scheme and host: "{hide_password(text)}"')
    _ = parts.port  # raises ValueError when it is no number
    return text


def hide_password(url: str) -> str:
    """The URL with `xxxxx` for its password, as Prometheus prints URLs."""
    return re.sub(r"^([^/?#]*//[^/?#@:]*:)[^/?#]*@", r"\1xxxxx@", url, count=1)


def plain_objects(value: Value) -> object:
    """A value of no known kind as dictionaries, lists, numbers and text. Raises BadConfig."""
    if value.is_null:
        return None
    if value.is_mapping:
        return {name: plain_objects(member) for name, member in value.members().items()}
    if value.is_list:
        return [plain_objects(item) for item in value.items()]
    text = value.text()
    if not value.is_plain:
        return text
    if text.lower() in TRUE_WORDS | FALSE_WORDS:
        return text.lower() in TRUE_WORDS
    number = parse_integer(text)
    return text if number is None else number


TEXT: ParsedText[str] = ParsedText(str, str, reads_null=True)
SECRET: ParsedText[Secret] = ParsedText(Secret, str, reads_null=True)
DURATION_MS: ParsedText[int] = ParsedText(parse_duration_ms, format_duration_ms)
SIZE_BYTES: ParsedText[int] = ParsedText(parse_size_bytes, format_size_bytes)
URL: ParsedText[str] = ParsedText(parse_url, hide_password)
NAMES = NamesInOneLine()
BOOLEAN = Boolean()
INTEGER = Integer(-(2**63), 2**63 - 1)
UNSIGNED = Integer(0, UNSIGNED_MAX)
NUMBER = Number()
PATH = FilePath()
LABEL_MAP = LabelMap()
