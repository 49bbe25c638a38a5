"""rate and its kin within queries: what is dropped, what is doubted."""

from __future__ import annotations

import pytest

from narthex.promql.errors import ExecutionError
from tests.promql.functions.asking import DELAYED, EXPERIMENTAL, Asking, asking

NOT_NAMED = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket"


def test_windows_with_one_sample_have_no_rate(ask: Asking) -> None:
    ask.load(15, a_total="0 15 30 45")
    assert ask.over(45, 15, "rate(a_total[16s])") == {"{}": [0.9375, 1.0, 1.0]}
    assert ask.vector(15, "rate(a_total[15s])") == {}


def test_doubts_names_once_each(ask: Asking) -> None:
    ask.load_labelled(15, {"__name__": "gauge", "a": "1"}, "0 1 2")
    ask.load_labelled(15, {"__name__": "gauge", "a": "2"}, "0 1 2")
    ask.load(15, b_sum="0 1 2", late="_ _ 1")
    infos = ask.at(30, 'rate({__name__!=""}[1m])').infos()
    assert infos == [f'PromQL info: {NOT_NAMED}: "gauge" (1:6)']
    assert ask.at(30, 'delta({__name__!=""}[1m])').infos() == []


def test_doubts_types_when_types_are_labels() -> None:
    with asking(DELAYED | {"type-and-unit-labels"}) as ask:
        ask.load_labelled(15, {"__name__": "x", "__type__": "counter", "a": "1"}, "0 1")
        ask.load_labelled(15, {"__name__": "y_total", "__type__": "gauge"}, "0 1")
        assert ask.at(15, 'increase({__name__=~"x|y_total"}[1m])').infos() == [
            (
                "PromQL info: metric might not be a counter, __type__ label is not set to "
                '"counter" or "histogram", got "gauge": "y_total" (1:10)'
            )
        ]


def test_names_go_at_once_without_the_feature() -> None:
    with asking(EXPERIMENTAL) as ask:
        ask.load(15, a_total="0 1", b_total="0 1")
        with pytest.raises(ExecutionError, match="same labelset"):
            ask.at(15, 'rate({__name__=~"a_total|b_total"}[1m])')


def test_a_constant_counter_changes_nothing(ask: Asking) -> None:
    ask.load(15, a_total="7 7 7 1 1")
    assert ask.vector(60, "changes(a_total[5m])") == {"{}": 1.0}
    assert ask.vector(60, "resets(a_total[5m])") == {"{}": 1.0}
    assert ask.vector(60, "irate(a_total[5m])") == {"{}": 0.0}
    assert ask.vector(60, "idelta(a_total[5m])") == {"{}": 0.0}
