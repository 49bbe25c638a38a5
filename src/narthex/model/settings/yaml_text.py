"""YAML text to values that know their file, line and key.

The text is composed into nodes and not constructed, so every value still knows its line and its
own spelling (`job_name: 010` is the text `010`). Duplicate keys, aliases that contain themselves
and aliases that multiply without end are refused here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from narthex.model.settings.errors import BadConfig

NULL_TAG = "tag:yaml.org,2002:null"
MERGE_TAG = "tag:yaml.org,2002:merge"
TEXT_TAG = "tag:yaml.org,2002:str"
NODES_MAX = 5_000_000
"""Nodes of one document with aliases followed; a real file of 100,000 targets has a tenth."""

try:
    Loader: type[yaml.CSafeLoader | yaml.SafeLoader] = yaml.CSafeLoader
except AttributeError:  # PyYAML built without libyaml
    Loader = yaml.SafeLoader


@dataclass(slots=True)
class Reading:
    """One document being read: its name, where its relative paths start, what was noticed."""

    file: str
    folder: Path | None = None
    warnings: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        """Note something for the operator, once however often it occurs."""
        if text not in self.warnings:
            self.warnings.append(text)

    def resolve(self, path: str) -> str:
        """`path` as seen from the document's folder; an empty or absolute one unchanged."""
        if not path or self.folder is None or path.startswith("/"):
            return path
        return str(self.folder / path)


@dataclass(frozen=True, slots=True)
class Value:
    """A node of YAML at `key`, the way to it from the root: `scrape_configs[0].job_name`.

    `line` counts from 1; for a member of a mapping it is the line of its key.
    """

    node: yaml.Node
    key: str
    reading: Reading
    line: int

    @property
    def is_null(self) -> bool:
        """Whether it is written `key:`, `key: ~` or `key: null`."""
        return self.node.tag == NULL_TAG

    @property
    def is_plain(self) -> bool:
        """Whether it is a scalar without quotes, so one that may be a number or boolean."""
        return isinstance(self.node, yaml.ScalarNode) and not self.node.style

    def error(self, reason: str) -> BadConfig:
        """A refusal of this value."""
        return BadConfig(self.reading.file, self.line, self.key, reason)

    def text(self) -> str:
        """The spelling of a scalar. Raises BadConfig for a list or mapping."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.error(f"expected a single value, found {self.shape}")
        return "" if self.is_null else str(self.node.value)

    def items(self) -> list[Value]:
        """The elements of a list. Raises BadConfig for anything else."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(f"expected a list, found {self.shape}")
        return [
            Value(node, f"{self.key}[{i}]", self.reading, line_of(node))
            for i, node in enumerate(self.node.value)
        ]

    def members(self) -> dict[str, Value]:
        """The members of a mapping, merge keys followed. Raises BadConfig."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"expected a mapping, found {self.shape}")
        found: dict[str, Value] = {}
        merged: list[Value] = []
        for key_node, node in self.node.value:
            line = line_of(key_node)
            if key_node.tag == MERGE_TAG:
                merged += _merged_mappings(Value(node, self.key, self.reading, line))
                continue
            name = Value(key_node, self.key, self.reading, line).text()
            member = Value(node, self.child_key(name), self.reading, line)
            if name in found:
                raise member.error(f"the key is given twice, first on line {found[name].line}")
            found[name] = member
        for mapping in merged:
            for name, value in mapping.members().items():
                found.setdefault(name, value)
        return found

    @property
    def is_mapping(self) -> bool:
        """Whether it has members."""
        return isinstance(self.node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether it has items."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def shape(self) -> str:
        """What kind of node it is, as an operator would say it."""
        if isinstance(self.node, yaml.MappingNode):
            return "a mapping"
        if isinstance(self.node, yaml.SequenceNode):
            return "a list"
        return "nothing" if self.is_null else f"the single value `{self.node.value}`"

    def child_key(self, name: str) -> str:
        """The way to a member of this mapping."""
        return f"{self.key}.{name}" if self.key else name


def line_of(node: yaml.Node) -> int:
    """The line a node starts on, counted from 1."""
    return int(node.start_mark.line) + 1


def _merged_mappings(value: Value) -> Iterator[Value]:
    if isinstance(value.node, yaml.SequenceNode):
        yield from value.items()
    else:
        yield value


def parse_yaml(text: str, reading: Reading) -> Value | None:
    """The root of `text`, None when it is empty. Raises BadConfig with the parser's own reason."""
    try:
        node = yaml.compose(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        context = f"{error.context}, " if error.context else ""
        raise BadConfig(reading.file, line, "", f"bad YAML: {context}{error.problem}") from error
    except yaml.YAMLError as error:
        raise BadConfig(reading.file, 1, "", f"bad YAML: {error}") from error
    if node is None:
        return None
    root = Value(node, "", reading, line_of(node))
    if _count_nodes(root, {}, set()) > NODES_MAX:
        raise root.error(f"more than {NODES_MAX} values once aliases are followed")
    return None if root.is_null else root


def _count_nodes(value: Value, counted: dict[int, int], above: set[int]) -> int:
    """Nodes of `value` with every alias followed; each distinct node is visited once."""
    identity = id(value.node)
    if identity in above:
        raise value.error("an alias contains itself")
    if identity not in counted:
        above.add(identity)
        children = (Value(n, "", value.reading, line_of(n)) for n in _children(value.node))
        counted[identity] = 1 + sum(_count_nodes(child, counted, above) for child in children)
        above.discard(identity)
    return counted[identity]


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
