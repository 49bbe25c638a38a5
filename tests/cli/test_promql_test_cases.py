"""The engine against our own files of the test language, a test a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from narthex.cli.tool.promql_test.commands import Evaluation
from narthex.cli.tool.promql_test.runner import run_script
from narthex.cli.tool.promql_test.script import parse_script
from narthex.promql.syntax.children import walk
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.functions import FUNCTIONS
from narthex.promql.syntax.nodes import Aggregation, BinaryExpr, Call
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.tokens import AGGREGATORS, PRECEDENCE
from narthex.runtime.executor import Executor

CASES = sorted((Path(__file__).parents[1] / "promql" / "cases").glob("*.test"))


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    executor = Executor(jobs=1)
    yield executor
    executor.close()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_file(path: Path, executor: Executor) -> None:
    report = run_script(path.name, path.read_text("utf-8"), executor)
    assert report.passed + len(report.failures) > 0
    assert [f"line {f.line}: {f.query}: {f.reason}" for f in report.failures] == []


def _words_of_cases() -> tuple[set[str], set[str]]:
    """The functions and aggregations, and the binary operators, that some case uses."""
    named, operators = set(), set()
    for path in CASES:
        for command in parse_script(path.read_text("utf-8")):
            if isinstance(command, Evaluation):
                for node in walk(parse(command.query, ALL_FEATURES)):
                    if isinstance(node, BinaryExpr):
                        operators.add(node.operator)
                    elif isinstance(node, Call):
                        named.add(node.function)
                    elif isinstance(node, Aggregation):
                        named.add(node.operator)
    return named, operators


def test_every_function_and_operator_has_a_case() -> None:
    named, operators = _words_of_cases()
    assert (FUNCTIONS.keys() | AGGREGATORS) - named == set()
    assert PRECEDENCE.keys() - operators == set()
