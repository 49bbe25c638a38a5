"""Prometheus's own parser beside ours: layout, trees, and the words for what is no query.

Its version here is older than the language we speak: what differs between the two on purpose (the
words about durations, `@` in messages, fields that came later) is left out of the comparison.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from benchmarks.processes import PROGRAMS, Running, running
from narthex.api.v1.tree import tree_object
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.pretty import pretty

QUERIES = 300
CAME_LATER = frozenset({"anchored", "smoothed", "fillValues"})
PIECES = (
    *("(", ")", "{", "}", "]", "sum", "by", "on", "bool", '"x"', "5m", "5", "foo", "==", "-", "+"),
    *("^", ",", "=", "=~", ":", "and", "group_left", "rate", "#", "`", "'", "\\", "!", "é", "_"),
    *(".", "0x", "1e", "inf", "without", "topk", " ", "\n", "&", "unless", "\t", "a:b", "1_0"),
)


@pytest.fixture(scope="module")
def prometheus(peers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("syntax")
    config = folder / "config.yml"
    config.write_text("global: {}\n")
    with running(PROGRAMS["prometheus"], folder / "data", config) as program:
        yield program


def ask(program: Running, endpoint: str, query: str) -> Any:
    """What the program makes of a query, or why it is none."""
    _, body = program.ask(f"/api/v1/{endpoint}?query={quote(query)}")
    answer = orjson.loads(body)
    if answer["status"] == "success":
        return answer["data"]
    return answer["error"].removeprefix('invalid parameter "query": ')


def laid_out(query: str) -> str:
    try:
        return pretty(parse(query))
    except ParseError as error:
        return str(error)


class Chance:
    """Queries at random, the same ones each time."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def selector(self) -> str:
        name = self._random.choice(["up", "node_cpu_seconds_total", "some_long_metric_name:sum"])
        return name + self._random.choice(["", '{a="b"}', '{job="api",host=~"h.*",mode!="idle"}'])

    def vector(self, depth: int) -> str:
        if depth == 0:
            return self.selector() + self._random.choice(["", "", " offset -5m", " @ 5.25"])
        inner, other = self.vector(depth - 1), self.vector(self._random.randrange(depth))
        operator = self._random.choice(["+", "/", "^", "and", "or", "unless", "> bool", "atan2"])
        return self._random.choice(
            [
                f"{inner} {operator} {other}",
                f"({inner})",
                f"-{inner}",
                f"sum by (a, b) ({inner})",
                f"topk(5, {inner})",
                f"rate({self.selector()}[5m])",
                f"max_over_time(({inner})[5m:1m] offset 1h)",
                f'label_replace({inner}, "destination", "$1", "source", "(.*)")',
                f"{inner} * on (job) group_left (x) {other}",
                f"clamp({inner}, 0x10, 1.5e3)",
            ]
        )

    def mutated(self, query: str) -> str:
        for _ in range(self._random.choice([1, 1, 1, 2, 3])):
            at, length = self._random.randrange(len(query)), self._random.choice([0, 0, 1, 2, 5])
            query = query[:at] + self._random.choice(["", *PIECES]) + query[at + length :]
            query = query or "up"
        return query


def without_what_came_later(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {
            key: without_what_came_later(value)
            for key, value in tree.items()
            if key not in CAME_LATER
        }
    return [without_what_came_later(part) for part in tree] if isinstance(tree, list) else tree


def test_layout(prometheus: Running) -> None:
    chance = Chance(1)
    for depth in range(QUERIES):
        query = chance.vector(depth % 6)
        assert laid_out(query) == ask(prometheus, "format_query", query), query


def test_trees(prometheus: Running) -> None:
    chance = Chance(2)
    for depth in range(QUERIES):
        query = chance.vector(depth % 5)
        expected = without_what_came_later(ask(prometheus, "parse_query", query))
        try:
            found = without_what_came_later(orjson.loads(orjson.dumps(tree_object(parse(query)))))
        except ParseError as error:
            found = str(error)
        assert found == expected, query


def test_messages(prometheus: Running) -> None:
    chance = Chance(3)
    compared = 0
    while compared < 2 * QUERIES:
        query = chance.mutated(chance.vector(compared % 4))
        if "[" in query or "@" in query or "offset" in query:
            continue
        compared += 1
        assert laid_out(query) == ask(prometheus, "format_query", query), query
