"""Dataclasses as schemas: each field says its key, its kind, its default, and when it is printed.

`read` fills a dataclass from a mapping and refuses every key that no field took; `document` turns
it back into plain objects in the order of the fields, leaving out what is empty, as Prometheus
prints its configuration.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from narthex.model.settings.errors import BadConfig, BadSetting
from narthex.model.settings.kinds import Kind
from narthex.model.settings.secret import Secret
from narthex.model.settings.yaml_text import Value

T = TypeVar("T")
SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a field knows of its key. `inlined`: the keys of its class stand in the parent."""

    kind: Kind[Any]
    key: str | None = None
    required: bool = False
    printed_empty: bool = False
    printed: bool = True
    acted_on: bool = True


class Inlined(Protocol[T]):
    """Something that reads its own keys out of its parent's mapping."""

    def keys(self) -> Iterable[str]:
        """The keys it takes."""

    def read(self, parent: Value, members: Mapping[str, Value]) -> T:
        """Its value from the members whose keys it takes."""

    def show(self, value: T) -> Mapping[str, object]:
        """Its members as plain objects."""


def setting(  # noqa: PLR0913 - all by keyword, most of them rarely
    kind: Kind[T],
    default: T | None = None,
    *,
    key: str | None = None,
    required: bool = False,
    printed_empty: bool = False,
    printed: bool = True,
    acted_on: bool = True,
) -> T:
    """A field of a schema; its key is the field's name unless given.

    `printed_empty` prints it even when zero or empty, `printed=False` never. `acted_on=False`
    accepts and checks the key, and warns that it has no effect yet.
    """
    about = Setting(kind, key, required, printed_empty, printed, acted_on)
    return cast(T, _field(about, default))


def inline(part: Inlined[T]) -> T:
    """A field whose own keys stand in the parent's mapping (Go's `yaml:",inline"`)."""
    return cast(
        T, dataclasses.field(default_factory=_empty_of(part), kw_only=True, metadata={SETTING: part})
    )
