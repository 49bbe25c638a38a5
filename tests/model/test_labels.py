"""Label sets: order, equality, and how they are written."""

import pytest

from narthex.model.labels import Labels, is_valid_label_name


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ({}, "{}"),
        ({"__name__": "up"}, "up"),
        ({"__name__": "up", "job": "n"}, 'up{job="n"}'),
        ({"b": "2", "a": "1"}, '{a="1", b="2"}'),
        ({"a": 'x"\\\n'}, r'{a="x\"\\\n"}'),
        ({"a.b": "1"}, '{"a.b"="1"}'),
        ({"__name__": "my.metric", "job": "n"}, '{"my.metric", job="n"}'),
    ],
)
def test_written_as_promql_does(labels: dict[str, str], text: str) -> None:
    assert str(Labels.of(labels)) == text


def test_an_empty_value_is_no_label() -> None:
    assert Labels.of({"a": "", "b": "x"}) == Labels.of({"b": "x"})
    assert "a" not in Labels.of({"a": ""})


def test_ordered_pair_by_pair() -> None:
    names = [{"a": "1"}, {"a": "1", "b": "2"}, {"a": "2"}, {"b": "1"}]
    series = [Labels.of(name) for name in names]
    assert sorted([*series[2:], *series[:2]]) == series


def test_any_utf8_text_names_a_label_but_the_empty_one() -> None:
    assert is_valid_label_name("0bad") and is_valid_label_name("a.b")  # noqa: PT018
    assert not is_valid_label_name("")
    assert not is_valid_label_name("\ud800")
