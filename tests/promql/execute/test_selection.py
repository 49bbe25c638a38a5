"""Selectors, ranges, offsets and subqueries, asked of the engine over small series."""

from __future__ import annotations

import pytest

from narthex.model.value import STALE_NAN
from narthex.promql.errors import WrongResultType
from narthex.promql.result import MatrixResult
from tests.promql.functions.asking import Asking


def test_the_lookback_is_open_at_its_start(ask: Asking) -> None:
    ask.load(60, x="1 2")
    assert ask.vector(359, "x") == {"x": 2.0}
    assert ask.vector(360, "x") == {}
    assert ask.vector(300, 'x{nope=""} offset 4m') == {"x": 2.0}


def test_a_stale_marker_hides_what_came_before_it(ask: Asking) -> None:
    ask.store.add({"__name__": "x"}, [(0, 1.0), (60, STALE_NAN), (120, 3.0)])
    assert ask.over(150, 30, "x") == {"x": [1.0, 1.0, 3.0, 3.0]}
    assert ask.vector(120, "count_over_time(x[3m])") == {"{}": 2.0}


def test_a_range_is_open_at_its_start(ask: Asking) -> None:
    ask.load(60, x="1 2 3 4")
    assert ask.vector(180, "sum_over_time(x[2m])") == {"{}": 7.0}
    assert ask.vector(180, "sum_over_time(x[121s])") == {"{}": 9.0}


def test_an_offset_may_look_ahead(ask: Asking) -> None:
    ask.load(60, x="1 2 3 4")
    assert ask.over(120, 60, "x offset -1m") == {"x": [2.0, 3.0, 4.0]}
    assert ask.over(120, 60, "x offset 1m") == {"x": [1.0, 2.0]}


def test_at_fixes_the_moment_and_the_offset_counts_from_it(ask: Asking) -> None:
    ask.load(60, x="1 2 3 4")
    assert ask.over(120, 60, "x @ 180") == {"x": [4.0, 4.0, 4.0]}
    assert ask.over(120, 60, "x @ end() offset 1m") == {"x": [2.0, 2.0, 2.0]}
    assert ask.over(120, 60, "x + on() x @ start()") == {"{}": [2.0, 3.0, 4.0]}


def test_the_end_is_the_one_asked_for_not_the_last_step(ask: Asking) -> None:
    ask.load(10, x="0 1 2 3 4 5 6 7 8 9")
    assert ask.over(50, 40, "x @ end()") == {"x": [5.0, 5.0]}


def test_a_subquery_steps_on_whole_multiples(ask: Asking) -> None:
    ask.load(10, x=" ".join(map(str, range(40))))
    assert ask.vector(305, "sum_over_time(x[2m:1m])") == {"{}": 24.0 + 30.0}
    assert ask.vector(300, "count_over_time(x[2m:1m])") == {"{}": 2.0}
    assert ask.vector(300, "max_over_time(x[2m:50s] offset 1m)") == {"{}": 20.0}


def test_a_subquery_without_moments_is_empty(ask: Asking) -> None:
    ask.load(10, x="1 2 3")
    assert ask.vector(20, "sum_over_time(x[10s:1h])") == {}
    assert ask.vector(20, "absent_over_time(x[10s:1h])") == {"{}": 1.0}


def test_timestamps_are_the_samples_own(ask: Asking) -> None:
    ask.load(60, x="1 2")
    assert ask.vector(100, "timestamp(x)") == {"{}": 60.0}
    assert ask.vector(100, "timestamp(x @ 30)") == {"{}": 0.0}
    assert ask.vector(100, "timestamp(-x)") == {"{}": 100.0}


def test_a_range_vector_is_an_answer_of_its_own(ask: Asking) -> None:
    ask.load(60, x="1 2 _ 4", a="5")
    result = ask.at(180, '{__name__=~"x|a"}[2m]').result
    assert isinstance(result, MatrixResult)
    assert [str(labels) for labels in result.labels.to_labels()] == ["x"]
    assert (result.times_ms.tolist(), result.values.tolist()) == ([180_000], [4.0])


@pytest.mark.parametrize(("text", "kind"), [("x[5m]", "range vector"), ('"text"', "string")])
def test_a_range_of_ranges_is_refused(ask: Asking, text: str, kind: str) -> None:
    with pytest.raises(WrongResultType, match=f'invalid expression type "{kind}"'):
        ask.ranging(60, 60, text)
