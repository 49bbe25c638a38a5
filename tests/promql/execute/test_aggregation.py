"""Aggregations over small series, and over streams of many batches."""

from __future__ import annotations

import math

import pytest

from narthex.promql.errors import ExecutionError
from narthex.promql.execute import stream
from tests.promql.functions.asking import Asking

OPERATORS = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")


@pytest.fixture
def fleet(ask: Asking) -> Asking:
    for i in range(12):
        values = " ".join("_" if (i + t) % 5 == 0 else str(i * 10 + t) for t in range(6))
        ask.load_labelled(300, {"__name__": "x", "job": "abc"[i % 3], "i": str(i)}, values)
    return ask


def test_groups_by_and_without(fleet: Asking) -> None:
    by = fleet.over(1500, 300, "sum by (job) (x)")
    assert list(by) == ['{job="a"}', '{job="b"}', '{job="c"}']
    assert fleet.over(1500, 300, "sum without (i) (x)") == by
    assert fleet.over(1500, 300, "sum(sum by (job) (x))") == fleet.over(1500, 300, "sum(x)")


@pytest.mark.parametrize("operator", OPERATORS)
def test_batches_join_to_what_one_batch_gives(
    fleet: Asking, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in (f"{operator} by (job) (x)", f"{operator}(x * 2)", f"{operator}(nothing)"):
        whole = fleet.over(1500, 300, text)
        monkeypatch.setattr(stream, "BATCH_VALUES", 25)
        batched = fleet.over(1500, 300, text)
        monkeypatch.undo()
        assert batched.keys() == whole.keys()
        for name, values in whole.items():
            assert batched[name] == pytest.approx(values, rel=1e-12)


def test_an_average_survives_an_overflowing_sum(ask: Asking) -> None:
    for i in range(3):
        ask.load_labelled(60, {"__name__": "x", "i": str(i)}, "1.7e308")
    assert ask.vector(0, "avg(x)")["{}"] == pytest.approx(1.7e308)
    ask.load_labelled(60, {"__name__": "x", "i": "3"}, "inf")
    assert ask.vector(0, "avg(x)") == {"{}": math.inf}


def test_the_best_are_ordered_at_one_moment(fleet: Asking) -> None:
    assert list(fleet.vector(300, "topk(2, x)").values()) == [111.0, 101.0]
    assert list(fleet.vector(300, "bottomk(2, x)").values()) == [1.0, 11.0]
    assert list(fleet.vector(300, "topk by (job) (1, x)").values()) == [61.0, 101.0, 111.0]


def test_the_number_of_the_best_may_change_with_time(ask: Asking) -> None:
    ask.load(60, k="0 1 2")
    for i in range(3):
        ask.load_labelled(60, {"__name__": "x", "i": str(i)}, f"{i} {i} {i}")
    assert ask.over(120, 60, "count(topk(scalar(k), x))") == {"{}": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topk(NaN, x)", "Parameter value is NaN"),
        ("topk(1e30, x)", r"Scalar value 1e\+30 overflows int64"),
        ("limit_ratio(NaN, x)", "Ratio value is NaN"),
    ],
)
def test_bad_parameters(fleet: Asking, text: str, message: str) -> None:
    with pytest.raises(ExecutionError, match=message):
        fleet.at(300, text)


def test_a_quantile_beyond_its_range_warns_once(fleet: Asking) -> None:
    found = fleet.ranging(1500, 300, "quantile(1.5, x)")
    assert found.warnings() == [
        "PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:10)"
    ]


def test_values_are_counted_under_a_label(ask: Asking) -> None:
    for i, values in enumerate(("1 2", "1 1", "3 NaN")):
        ask.load_labelled(60, {"__name__": "x", "i": str(i)}, values)
    assert ask.over(60, 60, 'count_values("value", x)') == {
        '{value="1"}': [2.0, 1.0],
        '{value="2"}': [1.0],
        '{value="3"}': [1.0],
        '{value="NaN"}': [1.0],
    }
    assert ask.vector(0, 'count_values by (i) ("i", x)') == {'{i="1"}': 2.0, '{i="3"}': 1.0}


def test_a_ratio_and_its_complement_share_all_series(fleet: Asking) -> None:
    some = fleet.vector(300, "limit_ratio(0.4, x)")
    rest = fleet.vector(300, "limit_ratio(-0.6, x)")
    assert some.keys().isdisjoint(rest)
    assert some | rest == fleet.vector(300, "x")
