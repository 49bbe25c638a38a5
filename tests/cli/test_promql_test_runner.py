"""Files through the engine: counts, lines, exit codes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from narthex.cli.tool.promql_test.runner import FileReport, run_files, run_script
from narthex.runtime.executor import Executor


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    executor = Executor(jobs=1)
    yield executor
    executor.close()


LOAD = """
load 1m
  a{n="1"} 1 2 3
  a{n="2"} 10 20 30

"""


def reasons(content: str, executor: Executor) -> list[str]:
    report = run_script("x.test", LOAD + content, executor)
    return [failure.reason for failure in report.failures]


def test_what_passes_and_what_fails_is_counted(tmp_path: Path) -> None:
    good = "eval instant at 1m sum(a)\n  {} 22\n\n"
    bad = "eval instant at 1m sum(a)\n  {} 23\n\n"
    (tmp_path / "one.test").write_text(LOAD + good + bad)
    (tmp_path / "two.test").write_text(LOAD + good * 3)
    out = io.StringIO()
    code = run_files([tmp_path / "one.test", tmp_path / "two.test"], out)
    assert out.getvalue().splitlines() == [
        f"{tmp_path}/one.test: 1 passed, 1 failed",
        "  line 9: sum(a): expected 23 for {}, got 22.0",
        f"{tmp_path}/two.test: 3 passed, 0 failed",
        "4 passed, 1 failed",
    ]
    assert code == 1
    assert run_files([tmp_path / "two.test"], io.StringIO()) == 0


def test_only_the_first_failures_are_shown_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "bad.test"
    path.write_text(LOAD + "eval instant at 1m sum(a)\n  {} 23\n\n" * 5)
    few, all_of_them = io.StringIO(), io.StringIO()
    run_files([path], few, failures_shown=2)
    run_files([path], all_of_them, failures_shown=None)
    assert "and 3 more, see --verbose" in few.getvalue()
    assert all_of_them.getvalue().count("  line ") == 5


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.test"
    bad.write_text("load 1m\n  a{\n")
    out = io.StringIO()
    assert run_files([bad, tmp_path / "none.test"], out) == 1
    lines = out.getvalue().splitlines()
    assert lines[0] == f"{bad}: line 2: unexpected end of input inside braces"
    assert str(tmp_path / "none.test") in lines[1]
    assert lines[-1] == "0 passed, 0 failed"


def test_clear_forgets_and_load_adds(executor: Executor) -> None:
    content = """
load 1m
  b 5

eval instant at 0 count({__name__=~"a|b"})
  {} 3

clear
eval instant at 0 count({__name__=~"a|b"})

load 1m
  b 5

eval instant at 0 count({__name__=~"a|b"})
  {} 1
"""
    assert reasons(content, executor) == []


def test_expected_failures(executor: Executor) -> None:
    content = """
eval instant at 1m topk(NaN, a)
  expect fail msg: Parameter value is NaN

eval instant at 1m topk(NaN, a)
  expect fail regex: ^Param

eval instant at 1m topk(NaN, a)
  expect fail msg: something else

eval instant at 1m a
  expect fail
"""
    wrong, answered = reasons(content, executor)
    assert wrong == "expected the error 'something else', got Parameter value is NaN"
    assert answered == "expected an error, got an answer"


def test_annotations(executor: Executor) -> None:
    content = """
eval instant at 1m sum(quantile(7, a))
  expect warn regex: quantile value should be between 0 and 1, got 7 [(]1:14[)]$
  {} Inf

eval instant at 1m sum(quantile(7, a))
  expect no_warn
  {} Inf

eval instant at 1m sum(a)
  expect warn
  {} 22

eval instant at 1m sum(quantile(7, a))
  expect warn
  expect warn msg: no such thing
  {} Inf
"""
    unexpected, missing, other = reasons(content, executor)
    assert "unexpected warn annotations" in unexpected
    assert missing == "expected warn annotations but none were found"
    assert "no such thing" in other


def test_what_no_store_holds_is_kept_beside(executor: Executor) -> None:
    content = """
load 1m
  h 1 {{count:1}} 2
  s@st _ -1m -30s
  s 1 2 3

load 4m
  s@st _ -1s
  s _ 4

eval instant at 1m h
  h {{count:1}}

eval instant at 2m h
  h 2

eval range from 0 to 4m step 1m start_timestamp(s)
  {} 0 0 90 90 239
"""
    assert reasons(content, executor) == []


def test_what_is_not_built_fails_by_name(executor: Executor) -> None:
    content = """
eval instant at 1m a[1m] anchored
  expect fail

eval instant at 1m sum(a)
  {} 22
"""
    (reason,) = reasons(content, executor)
    assert reason == "the anchored modifier outside a function is not built yet"


def test_a_load_that_is_refused_spoils_what_follows(executor: Executor) -> None:
    content = """
load 1m
  a{n="1"} 7

eval instant at 1m sum(a)
  {} 22

clear
eval instant at 1m sum(a)
"""
    (reason,) = reasons(content, executor)
    assert reason.startswith('load at line 7: cannot load a{n="1"}: ')


def test_limit_of_samples(executor: Executor) -> None:
    content = "load 1s\n  a 0+1x10500\n\neval instant at 3h sum_over_time(a[3h])\n"
    report = run_script("x.test", content, executor)
    assert isinstance(report, FileReport)
    (failure,) = report.failures
    assert "too many samples" in failure.reason
