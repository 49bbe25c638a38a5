"""Functions that make labels, or order series by them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.symbols import Symbols
from narthex.promql.errors import ExecutionError
from narthex.promql.execute.functions.sorting import label_order
from tests.promql.functions.asking import Asking


@pytest.mark.parametrize(
    ("replacement", "pattern", "expected"),
    [
        ("$1-$2", "(.*):(.*)", 'x{dst="host-80", src="host:80"}'),
        ("${1}0", "(.*):.*", 'x{dst="host0", src="host:80"}'),
        ("$10", "(.*):.*", 'x{src="host:80"}'),
        ("${port}", ".*:(?P<port>.*)", 'x{dst="80", src="host:80"}'),
        ("$$1", ".*", 'x{dst="$1", src="host:80"}'),
        ("v", "host", 'x{dst="old", src="host:80"}'),
    ],
)
def test_label_replace(ask: Asking, replacement: str, pattern: str, expected: str) -> None:
    labels = {"__name__": "x", "src": "host:80"}
    if pattern == "host":
        labels["dst"] = "old"
    ask.load_labelled(15, labels, "1")
    query = f'label_replace(x, "dst", "{replacement}", "src", "{pattern}")'
    assert ask.vector(0, query) == {expected: 1.0}


def test_label_replace_can_name_what_lost_its_name(ask: Asking) -> None:
    ask.load(15, x_total="0 15")
    query = 'label_replace(rate(x_total[1m]), "__name__", "rate_$1", "__name__", "(.+)")'
    assert list(ask.vector(15, query)) == ["rate_x_total"]


def test_label_join(ask: Asking) -> None:
    ask.load_labelled(15, {"__name__": "x", "a": "1", "b": "2"}, "1")
    joined = 'label_join(x, "d", "-", "a", "none", "b", "a")'
    assert list(ask.vector(0, joined)) == ['x{a="1", b="2", d="1--2-1"}']
    assert list(ask.vector(0, 'label_join(x, "a", "-")')) == ['x{b="2"}']


def test_series_that_become_the_same(ask: Asking) -> None:
    ask.load_labelled(15, {"__name__": "x", "a": "1"}, "1 _")
    ask.load_labelled(600, {"__name__": "x", "a": "2"}, "_ 5")
    query = 'label_replace(x, "a", "", "a", ".*")'
    assert ask.over(600, 600, query) == {"x": [1.0, 5.0]}
    ask.load_labelled(15, {"__name__": "x", "a": "3"}, "1")
    with pytest.raises(ExecutionError, match="same labelset"):
        ask.at(0, query)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ('label_replace(x, "d", "", "s", "(")', "invalid regular expression in label_replace(): ("),
        ('label_replace(x, "", "", "s", ".*")', "invalid destination label name in "),
        ('label_join(x, "", "-", "s")', "invalid destination label name in label_join(): "),
        ('label_join(x, "d", "-", "")', "invalid source label name in label_join(): "),
    ],
)
def test_what_is_refused(ask: Asking, query: str, message: str) -> None:
    with pytest.raises(ExecutionError) as refused:
        ask.at(0, query)
    assert str(refused.value).startswith(message)


def test_natural_order(ask: Asking) -> None:
    for cpu in ("cpu10", "cpu2", "cpu1", ""):
        ask.load_labelled(15, {"__name__": "x", "cpu": cpu}, "1")
    ascending = ["x", 'x{cpu="cpu1"}', 'x{cpu="cpu2"}', 'x{cpu="cpu10"}']
    assert list(ask.vector(0, 'sort_by_label(x, "cpu")')) == ascending
    assert list(ask.vector(0, 'sort_by_label_desc(x, "cpu")')) == ascending[::-1]


def test_sort_puts_nan_last(ask: Asking) -> None:
    for label, value in (("a", "2"), ("b", "nan"), ("c", "1")):
        ask.load_labelled(15, {"__name__": "x", "l": label}, value)
    assert list(ask.vector(0, "sort(x)")) == ['x{l="c"}', 'x{l="a"}', 'x{l="b"}']
    assert list(ask.vector(0, "sort_desc(x)")) == ['x{l="a"}', 'x{l="c"}', 'x{l="b"}']


def test_sort_of_a_range_query_warns(ask: Asking) -> None:
    ask.load(15, x="1 2")
    assert ask.ranging(15, 15, "sum(sort(x))").warnings() == [
        (
            "PromQL warning: sort is ineffective for range queries since results are always "
            "ordered by labels (1:5)"
        )
    ]
    assert ask.at(15, "sort(x)").warnings() == []


TEXTS = st.sampled_from(["", "1", "2", "10", "a", "B"])
SERIES = st.lists(st.fixed_dictionaries(dict.fromkeys("abc", TEXTS)), max_size=12)


@given(SERIES)
def test_whole_label_sets_order_as_labels_do(series: list[dict[str, str]]) -> None:
    labels = [Labels.of(pairs) for pairs in series]
    order = label_order(LabelTable.from_labels(Symbols(), labels), [])
    assert [labels[row] for row in order.tolist()] == sorted(labels, key=lambda one: one.pairs)
