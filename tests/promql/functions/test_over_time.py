"""Functions of windows within queries."""

from __future__ import annotations

import pytest

from narthex.promql.errors import ExecutionError
from tests.promql.functions.asking import Asking


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("avg", 2.5), ("sum", 10.0), ("min", 1.0), ("max", 4.0), ("count", 4.0), ("last", 2.0),
        ("first", 3.0), ("present", 1.0), ("stdvar", 1.25), ("mad", 1.0), ("ts_of_min", 30.0),
        ("ts_of_max", 45.0), ("ts_of_first", 15.0), ("ts_of_last", 60.0),
    ],
)  # fmt: skip
def test_left_open_windows(ask: Asking, function: str, expected: float) -> None:
    ask.load(15, x="9 3 1 4 2")
    answers = ask.vector(60, f"{function}_over_time(x[1m])")
    assert list(answers.values()) == pytest.approx([expected])
    kept = "x" if function in ("first", "last") else "{}"
    assert list(answers) == [kept]


def test_quantile_warns_of_what_is_no_quantile(ask: Asking) -> None:
    ask.load(15, x="1 2 3")
    result = ask.at(30, "quantile_over_time(1.5, x[1m])")
    warning = "PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:20)"
    assert result.warnings() == [warning]
    assert ask.at(30, "quantile_over_time(1.5, nothing[1m])").warnings() == []


def test_a_quantile_of_its_own_for_each_step(ask: Asking) -> None:
    ask.load(15, x="1 2 3", q="0 0.5 1")
    assert ask.over(30, 15, "quantile_over_time(scalar(q), x[1m])") == {"{}": [1.0, 1.5, 3.0]}


def test_prediction_starts_at_the_step_not_at_the_offset(ask: Asking) -> None:
    ask.load(15, x="0 15 30 45 60")
    assert ask.vector(60, "predict_linear(x[1m] offset 15s, 60)") == {"{}": pytest.approx(120.0)}
    assert ask.vector(60, "deriv(x[1m] offset 15s)") == {"{}": pytest.approx(1.0)}


@pytest.mark.parametrize(
    ("factors", "message"),
    [
        ("0, 0.5", "invalid smoothing factor. Expected: 0 < sf < 1, got: 0.000000"),
        ("0.5, 1", "invalid trend factor. Expected: 0 < tf < 1, got: 1.000000"),
    ],
)
def test_smoothing_refuses_factors(ask: Asking, factors: str, message: str) -> None:
    ask.load(15, x="0 1 2")
    with pytest.raises(ExecutionError) as refused:
        ask.at(30, f"double_exponential_smoothing(x[1m], {factors})")
    assert str(refused.value) == message
    assert ask.vector(30, f"double_exponential_smoothing(nothing[1m], {factors})") == {}


def test_series_without_a_sample_in_the_window_have_no_slope(ask: Asking) -> None:
    ask.load(15, x="0 1 2")
    assert ask.vector(3600, "deriv(x[1m])") == {}
    assert ask.over(120, 60, "deriv(x[50s])") == {"{}": [pytest.approx(1 / 15)]}
