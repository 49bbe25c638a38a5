"""Files of the test language: what they say, and which line is wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

from narthex.cli.tool.promql_test.commands import Clear, Evaluation, Load, Moments
from narthex.cli.tool.promql_test.errors import BadItem, BadScript
from narthex.cli.tool.promql_test.expectations import ANYTHING, Expect, Text, parse_expectation
from narthex.cli.tool.promql_test.points import GAP, Point, parse_points
from narthex.cli.tool.promql_test.script import parse_script
from narthex.cli.tool.promql_test.series import parse_series
from narthex.cli.tool.promql_test.start_times import parse_start_offsets
from narthex.model.histogram import Buckets, Histogram, ResetHint
from narthex.model.labels import Labels
from narthex.model.value import is_stale


def values(text: str) -> list[float | None]:
    return [point.value for point in parse_points(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 -2.5 +3", [1.0, -2.5, 3.0]),
        (" 1e3\t.5  0x2 ", [1000.0, 0.5, 0.0, 0.0, 0.0]),
        ("_ 1 _x3 2", [None, 1.0, None, None, None, 2.0]),
        ("7x2", [7.0, 7.0, 7.0]),
        ("0+10x3", [0.0, 10.0, 20.0, 30.0]),
        ("5-2x2", [5.0, 3.0, 1.0]),
        ("-1+-0x0", None),
        ("1e2+1e1x1", [100.0, 110.0]),
        ("Inf -Inf", [math.inf, -math.inf]),
        ("010 1_000", [8.0, 1000.0]),
        ("", []),
    ],
)
def test_points(text: str, expected: list[float | None] | None) -> None:
    if expected is None:
        with pytest.raises(BadItem):
            parse_points(text)
        return
    assert values(text) == expected


def test_a_stale_marker_is_no_ordinary_nan() -> None:
    stale, nan = values("stale NaN")
    assert is_stale(np.array([stale, nan])).tolist() == [True, False]


@pytest.mark.parametrize(
    "text", ["1y", "1+2", "_x", "ax3", "1,2", "{{}", "{{count:1}}+{{count:1}}"]
)
def test_points_that_are_none(text: str) -> None:
    with pytest.raises(BadItem):
        parse_points(text)


def test_histograms() -> None:
    text = (
        "{{schema:1 count:9 sum:-4.5 z_bucket:2 z_bucket_w:0.5 offset:-1 buckets:[1 0 2] "
        "n_offset:3 n_buckets:[4] counter_reset_hint:gauge}} {{ }}x1"
    )
    first, *empty = parse_points(text)
    expected = Histogram(
        1, 9.0, -4.5, 0.5, 2.0, Buckets.run(-1, (1.0, 0.0, 2.0)), Buckets.run(3, (4.0,)),
        reset_hint=ResetHint.GAUGE,
    )  # fmt: skip
    assert first == Point(None, expected, has_hint=True)
    assert empty == [Point(None, Histogram())] * 2


def test_histograms_that_grow_and_shrink() -> None:
    text = "{{count:1 sum:2 buckets:[1]}}+{{count:2 sum:1 buckets:[0 2]}}x2"
    histograms = [point.histogram for point in parse_points(text)]
    assert [h.count for h in histograms if h] == [1.0, 3.0, 5.0]
    assert histograms[2] is not None
    assert histograms[2].positive == Buckets.run(0, (1.0, 4.0))
    shrunk = parse_points("{{count:5 buckets:[5]}}-{{count:2 buckets:[2]}}x1")[1].histogram
    assert shrunk is not None
    assert shrunk.count == 3.0


@pytest.mark.parametrize(
    ("literal", "reason"),
    [
        ("{{count:1 count:2}}", 'duplicate key "count"'),
        ("{{size:1}}", "bad histogram descriptor"),
        ("{{buckets:1}}", "list in brackets"),
        ("{{count:[1]}}", "one value"),
        ("{{schema:1.5}}", "schema number"),
        ("{{counter_reset_hint:maybe}}", "counter_reset_hint"),
        ("{{count 1}}", "histogram description"),
        ("{{schema:2}}+{{schema:1}}x1", "cannot merge from schema 1 to 2"),
        ("{{schema:-53}}+{{}}x1", "exponential and custom|cannot"),
    ],
)
def test_histograms_that_are_none(literal: str, reason: str) -> None:
    with pytest.raises(BadItem, match=reason):
        parse_points(literal)


def test_series() -> None:
    labels, points = parse_series('sum{a="b", "c.d"=\'e\',} 1 2')
    assert labels == Labels.of({"__name__": "sum", "a": "b", "c.d": "e"})
    assert len(points) == 2
    assert parse_series('{"my.name"} 1')[0] == Labels.of({"__name__": "my.name"})
    assert parse_series("{} 1")[0] == Labels()
    assert parse_series("name {{count:1}}")[0] == Labels.of({"__name__": "name"})


@pytest.mark.parametrize("line", ["a{b} 1", "a{b=} 1", 'a{b="c" d="e"} 1', "a{b='c' 1", "a{1}"])
def test_series_that_are_none(line: str) -> None:
    with pytest.raises(BadItem):
        parse_series(line)


def test_start_times() -> None:
    assert parse_start_offsets("_ _x2 -1m 30sx1 -1m+10sx2 * 0") == [
        *(None, None, None, -60_000, 30_000, 30_000),
        *(-60_000, -50_000, -40_000, -40_000, 0),
    ]
    with pytest.raises(BadItem, match="1q"):
        parse_start_offsets("1q")


SCRIPT = """
# all of it
load 30s
  a{x="1"} 1 2
  a{x="1"} 3 4
  # a comment ends a block

CLEAR
load_with_nhcb 1m
  b_bucket{le="1"} 1

eval instant at 1m30s a + 1
  expect no_warn
  expect info regex: might
  expect ordered
  {x="1"} 5

eval range from 0 to 2m step 1m a
  a{x="1"} 1 _ 3

eval_fail instant at 0 a
  expected_fail_message something is wrong

eval instant at 5m 1
  0x10

eval instant at 5m "x"
  expect string "x\\ty"

eval instant at 5m a[1m]
  expect range vector from 1m to 2m step 30s
  a 1 2 3
"""


def test_script() -> None:
    load, clear, nhcb, vector, matrix, failing, scalar, text, window = parse_script(SCRIPT)
    assert isinstance(load, Load)
    assert (load.line, load.step_ms, load.with_nhcb) == (3, 30_000, False)
    (series,) = load.series.values()
    assert series.points == [Point(3.0), Point(4.0)]
    assert clear == Clear(8)
    assert isinstance(nhcb, Load)
    assert nhcb.with_nhcb
    assert isinstance(vector, Evaluation)
    assert (vector.query, vector.moments) == ("a + 1", Moments(90_000, 90_000, 0))
    assert vector.expectations.ordered
    assert vector.expected == {Labels.of({"x": "1"}): [Point(5.0)]}
    assert isinstance(matrix, Evaluation)
    assert matrix.is_range
    assert list(matrix.expected.values()) == [[Point(1.0), GAP, Point(3.0)]]
    assert isinstance(failing, Evaluation)
    assert failing.expectations.failure == Text("something is wrong")
    assert isinstance(scalar, Evaluation)
    assert scalar.scalar == 16.0
    assert isinstance(text, Evaluation)
    assert text.text == "x\ty"
    assert isinstance(window, Evaluation)
    assert window.moments == Moments(120_000, 120_000, 0)
    assert window.expected_times == Moments(60_000, 120_000, 30_000)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("\n\nlaod 1m\n", 3, "invalid command"),
        ("load\n", 1, "invalid load command"),
        ("load 1q\n", 1, "invalid step"),
        ("load 1m\n  a 1\n  a{\n", 3, "unexpected end of input"),
        ("load 1m\n  a@st 0\n", 2, "no following sample line"),
        ("load 1m\n  a@st 0 0\n  a 1\n", 3, "2 values but sample line has 1"),
        ("load 1m\n  a@st 0\n  b 1\n", 3, "does not match"),
        ("eval instant at 1m a +\n", 1, "unexpected end of input"),
        ("eval instant a\n", 1, "invalid evaluation command"),
        ("eval range from 2m to 1m step 1m a\n", 1, "before start"),
        ("eval instant at 0 a\n  a 1 2\n", 2, "expecting multiple values"),
        ("eval instant at 0 a\n  expect nothing\n", 2, "invalid expect statement"),
        ("eval instant at 0 a\n  expect warn\n  expect no_warn\n", 3, "cannot be used together"),
        ("eval instant at 0 a\n  expect fail\n  expect fail\n", 3, "multiple expect fail"),
        ("eval instant at 0 a\n  expect fail regex: (\n", 2, "invalid regex"),
        ("eval instant at 0 a\n  expect string x\n", 2, "correctly quoted"),
        ("eval instant at 0 a\n  expect range vector 1\n", 2, "invalid range vector"),
    ],
)
def test_a_bad_line_is_named(content: str, line: int, reason: str) -> None:
    with pytest.raises(BadScript, match=reason) as caught:
        parse_script(content)
    assert caught.value.line == line


def test_expectations() -> None:
    assert parse_expectation("expect fail") == (Expect.FAIL, ANYTHING)
    kind, text = parse_expectation('expect warn msg:"quotes" count')
    assert kind is Expect.WARN
    assert text.matches('"quotes" count')
    assert not text.matches('"quotes" count, more')
    _, pattern = parse_expectation("expect info regex: ^a.*z$")
    assert pattern.matches("a to z")
    assert not pattern.matches("to a to z")
    assert ANYTHING.matches("")
