"""When names go, and what happens to series that then have the same labels."""

from __future__ import annotations

import pytest

from narthex.promql.errors import ExecutionError
from tests.promql.functions.asking import Asking

SAME = "vector cannot contain metrics with the same labelset"


def load_two(ask: Asking) -> None:
    ask.load(60, a="1 2", b="10 20")


def test_at_once_two_series_become_one_and_that_is_an_error(ask_plainly: Asking) -> None:
    load_two(ask_plainly)
    with pytest.raises(ExecutionError, match=SAME):
        ask_plainly.at(60, '-{__name__=~"a|b"}')
    with pytest.raises(ExecutionError, match=SAME):
        ask_plainly.at(60, 'sum(rate({__name__=~"a|b"}[5m]))')
    assert ask_plainly.vector(60, "sum by (__name__) (rate(a[2m]))") == {"{}": 1 / 60}


def test_at_once_series_that_take_turns_are_one(ask_plainly: Asking) -> None:
    ask_plainly.load(600, a="1 _ 3", b="_ 20 _")
    assert ask_plainly.over(1200, 600, '-{__name__=~"a|b"}') == {"{}": [-1.0, -20.0, -3.0]}


def test_delayed_the_name_can_still_be_used(ask: Asking) -> None:
    load_two(ask)
    kept = 'label_replace(rate({__name__=~"a|b"}[2m]), "of", "$1", "__name__", "(.*)")'
    assert ask.vector(60, kept) == {'{of="a"}': 1 / 60, '{of="b"}': 10 / 60}
    assert ask.vector(60, 'sum(rate({__name__=~"a|b"}[2m]))') == {"{}": pytest.approx(11 / 60)}


def test_delayed_the_collision_is_seen_at_the_end(ask: Asking) -> None:
    load_two(ask)
    with pytest.raises(ExecutionError, match=SAME):
        ask.at(60, '-{__name__=~"a|b"}')


def test_type_and_unit_go_with_the_name(ask: Asking) -> None:
    ask.load_labelled(60, {"__name__": "a", "__type__": "gauge", "__unit__": "s", "i": "0"}, "1")
    assert ask.vector(0, "a + 0") == {'{i="0"}': 1.0}
    assert ask.vector(0, "a") == {'a{__type__="gauge", __unit__="s", i="0"}': 1.0}
