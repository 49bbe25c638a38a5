"""info(): labels of a target's info metrics on its other series."""

from __future__ import annotations

import pytest

from narthex.promql.errors import ExecutionError
from tests.promql.functions.asking import Asking

TARGET = {"instance": "a", "job": "1"}


def load(ask: Asking, name: str, text: str, **labels: str) -> None:
    ask.load_labelled(60, {"__name__": name, **TARGET, **labels}, text)


def test_copies_labels_of_the_same_target(ask: Asking) -> None:
    load(ask, "x", "1", mode="idle")
    load(ask, "target_info", "1", version="2", mode="lost")
    ask.load_labelled(60, {"__name__": "x", "instance": "b", "job": "1"}, "3")
    expected = {
        'x{instance="a", job="1", mode="idle", version="2"}': 1.0,
        'x{instance="b", job="1"}': 3.0,
    }
    assert ask.vector(0, "info(x)") == expected
    assert list(ask.vector(0, 'info(x, {version=~".+"})')) == list(expected)[:1]
    assert list(ask.vector(0, 'info(x, {mode=~".+"})')) == ['x{instance="a", job="1", mode="idle"}']


def test_follows_the_newest_info_series(ask: Asking) -> None:
    load(ask, "x", "1 2 3")
    load(ask, "target_info", "1 _ _", version="old")
    load(ask, "target_info", "_ 1 1", version="new")
    assert ask.over(120, 60, "info(x)") == {
        'x{instance="a", job="1", version="new"}': [2.0, 3.0],
        'x{instance="a", job="1", version="old"}': [1.0],
    }
    assert list(ask.vector(600, "info(last_over_time((x offset 1m)[5m:1m] @ 60))")) == [
        'x{instance="a", job="1", version="old"}'
    ]


@pytest.mark.parametrize(
    ("other", "selector", "message"),
    [
        ("target_info", "", "found duplicate series for info metric: existing target_info{"),
        ("build_info", ', {__name__=~".+_info"}', "conflicting label: version"),
    ],
)
def test_contradictions(ask: Asking, other: str, selector: str, message: str) -> None:
    load(ask, "x", "1")
    load(ask, "target_info", "1", version="1")
    load(ask, other, "1", version="2")
    with pytest.raises(ExecutionError) as refused:
        ask.at(0, f"info(x{selector})")
    assert str(refused.value).startswith(message)


def test_info_series_stay_as_they_are(ask: Asking) -> None:
    load(ask, "target_info", "1", version="1")
    load(ask, "build_info", "1", commit="c")
    assert list(ask.vector(0, "info(target_info)")) == [
        'target_info{instance="a", job="1", version="1"}'
    ]
    assert list(ask.vector(0, 'info(build_info, {__name__="target_info"})')) == [
        'build_info{commit="c", instance="a", job="1", version="1"}'
    ]
