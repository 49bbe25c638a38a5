"""Functions of instant vectors and scalars within queries."""

from __future__ import annotations

import math

import pytest

from tests.promql.functions.asking import Asking


def test_dates_of_now_and_of_values(ask: Asking) -> None:
    ask.load(15, x="951782400")
    assert ask.vector(7265, "hour()") == {"{}": 2.0}
    assert ask.vector(7265, "minute()") == {"{}": 1.0}
    assert ask.vector(0, "day_of_month(x)") == {"{}": 29.0}
    assert ask.vector(0, "month(vector(nan))") == {"{}": 12.0}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("clamp(x, 2, 1)", {}),
        ("clamp(x, 0, 3)", {"{}": 3.0}),
        ("clamp_min(x, 7)", {"{}": 7.0}),
        ("clamp_max(x, NaN)", {"{}": math.nan}),
        ("round(x / 4)", {"{}": 1.0}),
        ("round(x, 10)", {"{}": 10.0}),
        ("ln(x - x)", {"{}": -math.inf}),
        ("sqrt(-x)", {"{}": math.nan}),
        ("rad(x * 36)", {"{}": math.pi}),
        ("sgn(-x)", {"{}": -1.0}),
        ("timestamp(x)", {"{}": 0.0}),
        ("timestamp(x + 0)", {"{}": 10.0}),
        ("absent(x)", {}),
        ("histogram_count(x)", {}),
    ],
)
def test_cell_by_cell(ask: Asking, query: str, expected: dict[str, float]) -> None:
    ask.load(15, x="5")
    answer = ask.vector(10, query)
    assert answer == pytest.approx(expected, nan_ok=True)


def test_scalars(ask: Asking) -> None:
    ask.load_labelled(15, {"__name__": "x", "a": "1"}, "5")
    assert ask.scalar(0, "scalar(x)") == 5.0
    assert math.isnan(ask.scalar(0, "scalar(nothing)"))
    ask.load_labelled(15, {"__name__": "x", "a": "2"}, "_ 6")
    assert ask.over(15, 15, "vector(scalar(x))") == {
        "{}": [5.0, pytest.approx(math.nan, nan_ok=True)]
    }
    assert ask.scalar(7.5, "time()") == 7.5
    assert ask.scalar(0, "max_of(1, pi())") == math.pi
    assert ask.over(60, 30, "vector(start() + end() + step() + range())") == {
        "{}": [150.0, 150.0, 150.0]
    }


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ('absent(x{a="1", b=~"2", c!="3"})', '{a="1"}'),
        ('absent(x{a="1", a="2"})', "{}"),
        ('absent((x{a="1"}))', '{a="1"}'),
        ('absent(sum(x{a="1"}))', "{}"),
        ('absent_over_time(x{a="1"}[5m])', '{a="1"}'),
        ('absent_over_time(x{a="1"}[5m:])', "{}"),
    ],
)
def test_labels_of_what_is_absent(ask: Asking, query: str, labels: str) -> None:
    assert ask.vector(0, query) == {labels: 1.0}


def test_absence_comes_and_goes(ask: Asking) -> None:
    ask.load(600, x="1 _ 1")
    assert ask.over(1200, 600, "absent(x)") == {"{}": [1.0]}
    assert ask.over(1200, 600, "absent_over_time(x[20m])") == {}
