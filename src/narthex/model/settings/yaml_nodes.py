"""YAML text to nodes that know their line: libyaml's events, put together here.

Putting the events together ourselves is what bounds a document: its depth (libyaml's own composer
recurses until the stack is gone) and its size with aliases followed. It is also twice as fast,
since no scalar's type is guessed: whoever reads a value knows what it must be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

NULL_WORDS: Final = frozenset({"", "~", "null", "Null", "NULL"})
MERGE_WORD: Final = "<<"
DEPTH_MAX: Final = 100
"""Levels of lists and mappings; the deepest configuration of Prometheus has nine."""

NODES_MAX: Final = 5_000_000
"""Nodes of one document with aliases followed; a file of 100,000 targets has a tenth of them."""

try:
    Loader: type[Any] = yaml.CSafeLoader
except AttributeError:  # PyYAML built without libyaml
    Loader = yaml.SafeLoader


class BadYaml(ValueError):
    """Text that is no YAML, or too much of it; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(slots=True)
class Scalar:
    """A single value in its own spelling; `is_plain` when it stands without quotes."""

    line: int
    text: str
    is_plain: bool
    size: int = 1

    @property
    def is_null(self) -> bool:
        return self.is_plain and self.text in NULL_WORDS


@dataclass(slots=True)
class Sequence:
    """A list."""

    line: int
    items: list[Node]
    size: int = 1


@dataclass(slots=True)
class Mapping:
    """A mapping: keys and values as they stand, twice the same key too."""

    line: int
    pairs: list[tuple[Node, Node]]
    size: int = 1


Node = Scalar | Sequence | Mapping


def parse_nodes(text: str) -> Node | None:
    """The one document of `text`, None when there is none. Raises BadYaml."""
    try:
        return _Builder(yaml.parse(text, Loader)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        context = f"{error.context}, " if error.context else ""
        raise BadYaml(mark.line + 1 if mark else 1, f"{context}{error.problem}") from error
    except yaml.YAMLError as error:
        raise BadYaml(1, str(error)) from error


class _Builder:
    """Nodes out of a stream of events."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._open: set[str] = set()
        self._depth = 0

    def document(self) -> Node | None:
        root: Node | None = None
        seen = False
        for event in self._events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if seen:
                raise BadYaml(_line_of(event), "there is a second document")
            seen = True
            root = self._node(next(self._events))
        return root

    def _node(self, event: Any) -> Node:
        line = _line_of(event)
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(str(event.anchor), line)
        if isinstance(event, yaml.ScalarEvent):
            # An explicit tag (`!!str 1`) makes a text of what stands without quotes.
            scalar = Scalar(line, event.value, not event.style and event.implicit[0])
            if event.anchor:
                self._anchors[event.anchor] = scalar
            return scalar
        return self._collection(event, line)

    def _aliased(self, anchor: str, line: int) -> Node:
        if anchor in self._open:
            raise BadYaml(line, "an alias contains itself")
        if anchor not in self._anchors:
            raise BadYaml(line, f"unknown anchor {anchor}")
        return self._anchors[anchor]

    def _collection(self, event: Any, line: int) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise BadYaml(line, f"more than {DEPTH_MAX} levels deep")
        if event.anchor:
            self._open.add(event.anchor)
        node: Sequence | Mapping
        if isinstance(event, yaml.SequenceStartEvent):
            items = list(self._until_end())
            node = Sequence(line, items, 1 + sum(item.size for item in items))
        else:
            nodes = list(self._until_end())
            pairs = list(zip(nodes[::2], nodes[1::2], strict=True))
            node = Mapping(line, pairs, 1 + sum(each.size for each in nodes))
        if node.size > NODES_MAX:
            raise BadYaml(line, f"more than {NODES_MAX} values once aliases are followed")
        if event.anchor:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = node
        self._depth -= 1
        return node

    def _until_end(self) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                return
            yield self._node(event)


def _line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1
