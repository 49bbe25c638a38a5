"""What discovery finds: groups of targets that share labels.

The list that `http_sd` endpoints answer and `file_sd` JSON files hold is read here, YAML files too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from narthex.model.labels import is_valid_label_name
from narthex.model.settings import (
    LABEL_MAP,
    TEXT,
    BadConfig,
    ListOf,
    Nested,
    Reading,
    parse_yaml,
    setting,
)

ADDRESS_LABEL = "__address__"


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """Targets found by one source. An update of a source replaces its group.

    Each target is its own labels, `__address__` among them; they win over the group's.
    """

    targets: tuple[Mapping[str, str], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    @classmethod
    def of(cls, addresses: Sequence[str], labels: Mapping[str, str], source: str) -> TargetGroup:
        """A group of bare addresses."""
        return cls(tuple({ADDRESS_LABEL: address} for address in addresses), labels, source)


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group as files, endpoints and `static_configs` list it."""

    targets: tuple[str, ...] = setting(ListOf(TEXT), ())
    labels: Mapping[str, str] = setting(LABEL_MAP, {})

    def as_group(self, source: str, **extra: str) -> TargetGroup:
        """The group, `extra` added to its labels."""
        return TargetGroup.of(self.targets, {**self.labels, **extra}, source)


class BadTargetGroups(ValueError):
    """A list of target groups that cannot be read; says where."""


def groups_from_yaml(text: str, file: str) -> list[ListedGroup]:
    """The groups of a YAML document. Raises BadTargetGroups."""
    try:
        root = parse_yaml(text, Reading(file))
        return list(ListOf(Nested(ListedGroup)).read(root)) if root else []
    except BadConfig as error:
        raise BadTargetGroups(str(error)) from error


def groups_from_json(data: bytes) -> list[ListedGroup]:
    """The groups of a JSON document. Raises BadTargetGroups."""
    try:
        listed = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadTargetGroups(f"bad JSON: {error}") from error
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise BadTargetGroups("expected a list of groups of targets")
    return [_group_from_object(item, index) for index, item in enumerate(listed)]


def _group_from_object(item: object, index: int) -> ListedGroup:
    if not isinstance(item, dict):
        raise BadTargetGroups(f"group {index}: expected an object with targets and labels")
    unknown = set(item) - {"targets", "labels"}
    if unknown:
        raise BadTargetGroups(f"group {index}: unknown key {min(unknown)}")
    targets = item.get("targets") or []
    if not isinstance(targets, list) or not all(isinstance(target, str) for target in targets):
        raise BadTargetGroups(f"group {index}: targets must be a list of strings")
    labels = item.get("labels") or {}
    if not isinstance(labels, dict) or not all(isinstance(v, str) for v in labels.values()):
        raise BadTargetGroups(f"group {index}: labels must be an object of strings")
    for name in labels:
        if not is_valid_label_name(name):
            raise BadTargetGroups(f'group {index}: "{name}" is not a valid label name')
    return ListedGroup(targets=tuple(targets), labels=labels)
