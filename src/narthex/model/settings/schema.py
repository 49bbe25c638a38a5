"""Dataclasses as schemas: each field says its key, its kind, its default, and when it is printed.

`read` fills a dataclass from a mapping and refuses every key that no field took; `document` turns
it back into plain objects in the order of the fields, leaving out what is empty, as Prometheus
prints its configuration.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from narthex.model.settings.errors import BadConfig, BadSetting
from narthex.model.settings.kinds import Kind
from narthex.model.settings.yaml_text import Value

T = TypeVar("T")
SETTING = "setting"


class Part(Protocol):
    """What stands behind a field: reads it from its parent's members, prints it as members."""

    def keys(self, name: str, /) -> Collection[str]:
        """The keys that the field called `name` takes."""

    def read(self, name: str, parent: Value, members: Mapping[str, Value], /) -> dict[str, Any]:
        """The field's value by its name, nothing where its keys are absent. Raises BadConfig."""

    def show(self, name: str, value: Any, /) -> Mapping[str, object]:
        """The members to print."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key."""

    kind: Kind[Any]
    key: str | None
    required: bool
    default: Any
    printed_empty: bool
    printed_default: bool
    acted_on: bool

    def keys(self, name: str) -> Collection[str]:
        return (self.key or name,)

    def read(self, name: str, parent: Value, members: Mapping[str, Value]) -> dict[str, Any]:
        key = self.key or name
        value = members.get(key)
        if value is None or (value.is_null and not self.kind.reads_null):
            if self.required:
                raise parent.error(f"{key} is missing")
            return {}
        if not self.acted_on:
            parent.reading.warn(f"{key} is accepted but has no effect yet")
        return {name: self.kind.read(value)}

    def show(self, name: str, value: Any) -> Mapping[str, object]:
        if not self.printed_default and value == self.default:
            return {}
        shown = None if value is None else self.kind.show(value)
        is_empty = value in (None, 0, "", (), {}) or shown in ({}, "")
        if is_empty and (shown is None or not self.printed_empty):
            return {}
        return {self.key or name: shown}


@dataclass(frozen=True, slots=True)
class Inlined(Generic[T]):
    """All keys of another schema, standing in the parent's mapping (Go's `yaml:",inline"`)."""

    schema: type[T]
    defaults: Mapping[str, Any]

    def keys(self, _: str) -> Collection[str]:
        return keys_of(self.schema)

    def read(self, name: str, parent: Value, members: Mapping[str, Value]) -> dict[str, Any]:
        return {name: read_part(parent, members, self.schema, self.defaults)}

    def show(self, _: str, value: T) -> Mapping[str, object]:
        return document(value)


@dataclass(frozen=True, slots=True)
class Nested(Generic[T]):
    """A mapping with a schema of its own: a kind, for `setting` and `ListOf`."""

    schema: type[T]
    reads_null: bool = False

    def read(self, value: Value) -> T:
        return read(value, self.schema)

    def show(self, value: T) -> object:
        return document(value)


def setting(  # noqa: PLR0913 - all by keyword, most of them rarely
    kind: Kind[T],
    default: T | None = None,
    *,
    key: str | None = None,
    required: bool = False,
    printed_empty: bool = False,
    printed_default: bool = True,
    acted_on: bool = True,
) -> T:
    """A field of a schema; its key is the field's name unless given.

    `printed_empty` prints it even when it is zero, false or empty; without `printed_default` only
    another value is. `acted_on=False` accepts and checks the key, and warns that it has no effect
    yet.
    """
    part = Setting(kind, key, required, default, printed_empty, printed_default, acted_on)
    metadata = {SETTING: part}
    if required:
        return cast("T", dataclasses.field(kw_only=True, metadata=metadata))
    return cast(
        "T", dataclasses.field(default_factory=lambda: default, kw_only=True, metadata=metadata)
    )


def inline(schema: type[T], **defaults: object) -> T:
    """A field whose own keys stand in the parent's mapping, some with other defaults there."""
    return part_field(Inlined(schema, defaults), lambda: schema(**defaults))


def part_field(part: Part, default_factory: Callable[[], T]) -> T:
    """A field read by a part of its own making."""
    return dataclasses.field(
        default_factory=default_factory, kw_only=True, metadata={SETTING: part}
    )


def parts_of(schema: type[Any]) -> dict[str, Part]:
    """The fields of a schema that are read from YAML, in order."""
    fields = dataclasses.fields(schema)
    return {field.name: field.metadata[SETTING] for field in fields if SETTING in field.metadata}


def keys_of(schema: type[Any]) -> list[str]:
    """Every key of a schema, in the order in which they are printed."""
    return [key for name, part in parts_of(schema).items() for key in part.keys(name)]


def read(value: Value, schema: type[T]) -> T:
    """`value`, a mapping, as an object of `schema`. Raises BadConfig, for unknown keys too."""
    members = value.members()
    known = keys_of(schema)
    for key, member in members.items():
        if key not in known:
            raise _unknown_key(member, key, known)
    return read_part(value, members, schema)


def read_part(
    value: Value,
    members: Mapping[str, Value],
    schema: type[T],
    defaults: Mapping[str, Any] | None = None,
) -> T:
    """An object of `schema` from those of `members`, which belong to `value`, that it knows."""
    fields: dict[str, Any] = dict(defaults or {})
    for name, part in parts_of(schema).items():
        fields |= part.read(name, value, members)
    with placed_at(value, members):
        return schema(**fields)


@contextmanager
def placed_at(value: Value, members: Mapping[str, Value]) -> Iterator[None]:
    """Give a ValueError of the block its place: the key that a `BadSetting` names, or `value`."""
    try:
        yield
    except BadConfig:
        raise
    except BadSetting as error:
        raise members.get(error.key, value).error(str(error)) from error
    except ValueError as error:
        raise value.error(str(error)) from error


def _unknown_key(member: Value, key: str, known: list[str]) -> BadConfig:
    close = difflib.get_close_matches(key, known, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return member.error(f"unknown key{hint}")


def document(value: object) -> dict[str, object]:
    """The object as plain objects: defaults filled in, secrets hidden, empty members left out."""
    shown: dict[str, object] = {}
    for name, part in parts_of(type(value)).items():
        shown |= part.show(name, getattr(value, name))
    return shown
