"""When an answer is the expected one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from narthex.cli.tool.promql_test.commands import Evaluation
from narthex.cli.tool.promql_test.compare import (
    Vector,
    almost_equal,
    fault,
    same_histogram,
    vector_fault,
)
from narthex.cli.tool.promql_test.nhcb import collated
from narthex.cli.tool.promql_test.pinned import DependsOnTime, pinned
from narthex.cli.tool.promql_test.points import Point, parse_points
from narthex.cli.tool.promql_test.script import parse_script
from narthex.cli.tool.promql_test.series import parse_series
from narthex.model.histogram import Histogram
from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.symbols import Symbols
from narthex.model.value import STALE_NAN
from narthex.promql.result import MatrixResult, ScalarResult, StringResult
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.printer import to_text


def evaluation(*lines: str, command: str = "eval instant at 1m a") -> Evaluation:
    (parsed,) = parse_script("\n".join([command, *lines]))
    assert isinstance(parsed, Evaluation)
    return parsed


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1.0, 1.0 + 1e-6, True),
        (1.0, 1.0 + 4e-6, False),
        (math.nan, math.nan, True),
        (math.nan, 1.0, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
        (0.0, 1e-300, False),
        (0.0, 1e-320, True),
        (1e308, 1.0000001e308, True),
        (STALE_NAN, STALE_NAN, True),
        (STALE_NAN, math.nan, False),
    ],
)
def test_almost_equal(a: float, b: float, equal: bool) -> None:
    assert almost_equal(a, b) is equal
    assert almost_equal(b, a) is equal


def labels(text: str) -> Labels:
    return parse_series(text)[0]


A, B = labels('a{n="1"}'), labels('a{n="2"}')
TWO = ('a{n="2"} 2', 'a{n="1"} 1')


def test_vectors() -> None:
    expected = evaluation(*TWO)
    assert vector_fault(expected, Vector([(A, 1.0), (B, 2.0)])) == ""
    assert "not there" in vector_fault(expected, Vector([(A, 1.0)]))
    assert "expected 2 for" in vector_fault(expected, Vector([(B, 3.0)]))
    assert "unexpected" in vector_fault(expected, Vector([(A, 1.0), (B, 2.0), (Labels(), 0.0)]))
    assert "unexpected" in vector_fault(expected, Vector([(A, 1.0), (B, 2.0), (A, 1.0)]))


def test_order_counts_only_when_asked_for() -> None:
    expected = evaluation("expect ordered", *TWO)
    assert "position" in vector_fault(expected, Vector([(A, 1.0), (B, 2.0)]))
    assert vector_fault(expected, Vector([(B, 2.0), (A, 1.0)])) == ""


def test_scalars_and_strings() -> None:
    assert fault(evaluation("7"), ScalarResult(0, 7.0)) == ""
    assert "got 8" in fault(evaluation("7"), ScalarResult(0, 8.0))
    assert "expected a vector" in fault(evaluation("a 7"), ScalarResult(0, 7.0))
    assert fault(evaluation('expect string "x"'), StringResult(0, "x")) == ""
    assert "expected string" in fault(evaluation(), StringResult(0, "x"))


def matrix(rows: dict[Labels, list[tuple[int, float]]]) -> MatrixResult:
    table = LabelTable.from_labels(Symbols(), list(rows))
    samples = [sample for row in rows.values() for sample in row]
    starts = np.cumsum([0, *(len(row) for row in rows.values())]).astype(np.int64)
    times = np.array([time for time, _ in samples], np.int64)
    return MatrixResult(table, starts, times, np.array([value for _, value in samples]))


def test_matrices() -> None:
    expected = evaluation('a{n="1"} 1 _ 3', command="eval range from 0 to 2m step 1m a")
    assert fault(expected, matrix({A: [(0, 1.0), (120_000, 3.0)]})) == ""
    assert "got [" in fault(expected, matrix({A: [(0, 1.0)]}))
    assert "got [" in fault(expected, matrix({A: [(0, 1.0), (60_000, 3.0)]}))
    assert "expected 3 at" in fault(expected, matrix({A: [(0, 1.0), (120_000, 4.0)]}))
    assert "unexpected" in fault(expected, matrix({B: [(0, 1.0)]}))
    assert "not there" in fault(expected, matrix({}))
    both = evaluation(*TWO, command="eval range from 0 to 0 step 1m a")
    assert "not sorted" in fault(both, matrix({B: [(0, 2.0)], A: [(0, 1.0)]}))


def test_more_points_than_steps() -> None:
    expected = evaluation('a{n="1"} 1 1', command="eval range from 0 to 0 step 1m a")
    assert "more expected points" in fault(expected, matrix({A: [(0, 1.0)]}))


def test_histograms() -> None:
    def same(wanted: str, found: str) -> bool:
        (point,), (other,) = parse_points(wanted), parse_points(found)
        assert other.histogram is not None
        return same_histogram(point, other.histogram)

    assert same("{{count:3 buckets:[0 1 2]}}", "{{count:3.000001 offset:1 buckets:[1 2 0]}}")
    assert not same("{{count:3 buckets:[1 2]}}", "{{count:3 buckets:[1 3]}}")
    assert not same("{{schema:1}}", "{{schema:2}}")
    assert not same("{{z_bucket_w:1}}", "{{z_bucket_w:1.0000001}}")
    assert same("{{count:1}}", "{{count:1 counter_reset_hint:gauge}}")
    assert not same(
        "{{count:1 counter_reset_hint:unknown}}", "{{count:1 counter_reset_hint:gauge}}"
    )


def test_a_histogram_is_no_float() -> None:
    expected = evaluation("a {{count:1}}")
    assert vector_fault(expected, Vector([(labels("a"), Histogram(count=1.0))])) == ""
    assert vector_fault(expected, Vector([(labels("a"), 1.0)])) != ""


@pytest.mark.parametrize(
    ("query", "printed"),
    [
        ("a", "a @ 60.000"),
        ("rate(a[5m] offset 1m)", "rate(a[5m] @ 60.000 offset 1m)"),
        ("a @ 5 + b @ start()", "a @ 5.000 + b @ 60.000"),
        ("sum by (x) (-(a))", "sum by (x) (-(a @ 60.000))"),
        ("max_over_time(rate(a[1m])[5m:])", "max_over_time(rate(a[1m])[5m:] @ 60.000)"),
        ("topk(scalar(a), b)", "topk(scalar(a @ 60.000), b @ 60.000)"),
        ("max_over_time((a * time())[5m:1m])", "max_over_time((a * time())[5m:1m] @ 60.000)"),
    ],
)
def test_pinned(query: str, printed: str) -> None:
    assert to_text(pinned(parse(query), 60_000)) == printed


@pytest.mark.parametrize("query", ["time()", "a + minute()", "sum(timestamp(a))"])
def test_what_depends_on_time_cannot_be_pinned(query: str) -> None:
    with pytest.raises(DependsOnTime):
        pinned(parse(query), 60_000)


def test_classic_histograms_are_collated() -> None:
    lines = [
        'h_bucket{x="1", le="1"} 2 _',
        'h_bucket{x="1", le="5"} 3 4',
        'h_bucket{x="1", le="+Inf"} 7 4',
        'h_bucket{x="1", le="nonsense"} 9 9',
        'h_sum{x="1"} 12 1',
        'h_count{x="1"} 7 4',
        'other{x="1"} 1 1',
    ]
    found = collated(dict(parse_series(line) for line in lines))
    first, second = (point.histogram for point in found.pop(labels('h{x="1"}')))
    assert found == {}
    assert first is not None
    assert second is not None
    assert (first.count, first.sum, first.custom_values) == (7.0, 12.0, (1.0, 5.0))
    assert first.positive.populated() == {0: 2.0, 1: 1.0, 2: 4.0}
    assert second.custom_values == (5.0,)


def test_a_gap_is_no_point() -> None:
    assert Point().is_gap
    assert not Point(0.0).is_gap
