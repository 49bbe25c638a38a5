"""Two vectors: who meets whom, step by step, and what an ambiguous match says."""

from __future__ import annotations

import pytest

from narthex.promql.errors import ExecutionError
from tests.promql.functions.asking import Asking


@pytest.fixture
def fleet(ask: Asking) -> Asking:
    for job, values in (("a", "1 2"), ("b", "3 4")):
        ask.load_labelled(60, {"__name__": "x", "job": job, "i": "0"}, values)
        ask.load_labelled(60, {"__name__": "x", "job": job, "i": "1"}, values)
        ask.load_labelled(60, {"__name__": "y", "job": job, "v": f"v{job}"}, "10 10")
    return ask


def test_many_to_one_takes_labels_along(fleet: Asking) -> None:
    assert fleet.vector(60, "x * on (job) group_left (v) y") == {
        f'{{i="{i}", job="{job}", v="v{job}"}}': value
        for job, value in (("a", 20.0), ("b", 40.0))
        for i in "01"
    }


def test_one_to_many_is_its_mirror(fleet: Asking) -> None:
    left = fleet.vector(60, "x - on (job) group_left (v) y")
    right = fleet.vector(60, "y - on (job) group_right (v) x")
    assert right == {name: -value for name, value in left.items()}


def test_many_to_one_must_be_asked_for(fleet: Asking) -> None:
    with pytest.raises(ExecutionError, match="many-to-one matching must be explicit"):
        fleet.at(60, "x * on (job) y")


def test_two_on_the_one_side_are_named_in_order(fleet: Asking) -> None:
    message = (
        'found duplicate series for the match group {job="a"} on the right hand-side of the'
        ' operation: [{__name__="x", i="0", job="a"}, {__name__="x", i="1", job="a"}]'
        ";many-to-many matching not allowed: matching labels must be unique on one side"
    )
    with pytest.raises(ExecutionError) as caught:
        fleet.at(60, "y * on (job) x")
    assert str(caught.value) == message


def test_series_that_are_never_there_together_do_not_collide(ask: Asking) -> None:
    ask.load_labelled(300, {"__name__": "y", "pod": "old"}, "1 _ _")
    ask.load_labelled(300, {"__name__": "y", "pod": "new"}, "_ _ 3")
    ask.load(300, x="10 20 30")
    assert ask.over(600, 300, "x + on () y") == {"{}": [11.0, 33.0]}
    assert ask.over(600, 300, "x + on () group_left (pod) y") == {
        '{pod="new"}': [33.0],
        '{pod="old"}': [11.0],
    }


def test_grouping_must_leave_results_unique(ask: Asking) -> None:
    ask.load(60, a="1", b="2", one="1")
    with pytest.raises(ExecutionError, match="grouping labels must ensure unique matches"):
        ask.at(0, '{__name__=~"a|b"} * on () group_left one')


def test_a_filter_keeps_name_and_value_of_its_left_side(fleet: Asking) -> None:
    assert fleet.vector(60, "y > ignoring (v, i) sum by (job) (x)") == {
        'y{job="a"}': 10.0,
        'y{job="b"}': 10.0,
    }
    assert fleet.vector(60, "2 < x") == {
        'x{i="0", job="b"}': 4.0,
        'x{i="1", job="b"}': 4.0,
    }


def test_bool_gives_numbers_without_names(fleet: Asking) -> None:
    assert set(fleet.vector(60, "x == bool 2").values()) == {0.0, 1.0}
    assert all(name.startswith("{") for name in fleet.vector(60, "x == bool 2"))


def test_set_operators(fleet: Asking) -> None:
    assert list(fleet.vector(60, 'x{job="a"} and on (job) y')) == [
        'x{i="0", job="a"}',
        'x{i="1", job="a"}',
    ]
    assert fleet.vector(60, "x unless on (job) y") == {}
    assert fleet.vector(60, 'x{i="0"} or on (job) y') == fleet.vector(60, 'x{i="0"}')
    assert len(fleet.vector(60, "x or y")) == 6


def test_fills_stand_in_for_what_is_missing(ask: Asking) -> None:
    ask.load_labelled(60, {"__name__": "x", "job": "a"}, "1")
    ask.load_labelled(60, {"__name__": "x", "job": "b"}, "2")
    ask.load_labelled(60, {"__name__": "y", "job": "b"}, "10")
    ask.load_labelled(60, {"__name__": "y", "job": "c"}, "20")
    assert ask.vector(0, "x + fill (5) y") == {
        '{job="a"}': 6.0,
        '{job="b"}': 12.0,
        '{job="c"}': 25.0,
    }
    assert ask.vector(0, "x + fill_right (5) y") == {'{job="a"}': 6.0, '{job="b"}': 12.0}


def test_nothing_collides_where_the_other_side_is_empty(fleet: Asking) -> None:
    assert fleet.vector(60, "nothing * on (job) x") == {}
