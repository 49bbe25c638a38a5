"""Values of a YAML document that know their file, line and key.

Every value still has its own spelling (`job_name: 010` is the text `010`); what it means is for
the kind that reads it. A key that is given twice is refused here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from narthex.model.settings.errors import BadConfig
from narthex.model.settings.yaml_nodes import (
    MERGE_WORD,
    BadYaml,
    Mapping,
    Node,
    Scalar,
    Sequence,
    parse_nodes,
)


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

    node: Node
    key: str
    reading: Reading
    line: int

    @property
    def is_null(self) -> bool:
        """Whether it is written `key:`, `key: ~` or `key: null`."""
        return isinstance(self.node, Scalar) and self.node.is_null

    @property
    def is_plain(self) -> bool:
        """Whether it is a scalar without quotes, so one that may be a number or boolean."""
        return isinstance(self.node, Scalar) and self.node.is_plain

    def error(self, reason: str) -> BadConfig:
        """A refusal of this value."""
        return BadConfig(self.reading.file, self.line, self.key, reason)

    def text(self) -> str:
        """The spelling of a scalar. Raises BadConfig for a list or mapping."""
        if not isinstance(self.node, Scalar):
            raise self.error(f"expected a single value, found {self.shape}")
        return "" if self.node.is_null else self.node.text

    def items(self) -> list[Value]:
        """The elements of a list. Raises BadConfig for anything else."""
        if not isinstance(self.node, Sequence):
            raise self.error(f"expected a list, found {self.shape}")
        return [
            Value(node, f"{self.key}[{i}]", self.reading, node.line)
            for i, node in enumerate(self.node.items)
        ]

    def members(self) -> dict[str, Value]:
        """The members of a mapping, merge keys followed. Raises BadConfig."""
        if not isinstance(self.node, Mapping):
            raise self.error(f"expected a mapping, found {self.shape}")
        found: dict[str, Value] = {}
        merged: list[Value] = []
        for key_node, node in self.node.pairs:
            line = key_node.line
            if isinstance(key_node, Scalar) and key_node.is_plain and key_node.text == MERGE_WORD:
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
        return isinstance(self.node, Mapping)

    @property
    def is_list(self) -> bool:
        """Whether it has items."""
        return isinstance(self.node, Sequence)

    @property
    def shape(self) -> str:
        """What kind of node it is, as an operator would say it."""
        if isinstance(self.node, Mapping):
            return "a mapping"
        if isinstance(self.node, Sequence):
            return "a list"
        return "nothing" if self.is_null else f"the single value `{self.node.text}`"

    def child_key(self, name: str) -> str:
        """The way to a member of this mapping."""
        return f"{self.key}.{name}" if self.key else name


def _merged_mappings(value: Value) -> Iterator[Value]:
    if value.is_list:
        yield from value.items()
    else:
        yield value


def parse_yaml(text: str, reading: Reading) -> Value | None:
    """The root of `text`, None when it is empty. Raises BadConfig with the parser's own reason."""
    try:
        node = parse_nodes(text)
    except BadYaml as error:
        raise BadConfig(reading.file, error.line, "", f"bad YAML: {error}") from error
    if node is None:
        return None
    root = Value(node, "", reading, node.line)
    return None if root.is_null else root
