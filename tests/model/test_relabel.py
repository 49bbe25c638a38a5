"""Relabelling: every action, what is refused, and Go's way of expanding templates."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.labels import Labels
from narthex.model.matcher import BadRegex
from narthex.model.relabel import RelabelConfig, RelabelStep, relabel, relabel_steps
from narthex.model.settings import BadSetting

LABELS = {"a": "foo", "b": "bar", "c": "baz", "__meta_x": "1", "__meta_y": "2"}


def after(labels: dict[str, str], **rule: object) -> dict[str, str] | None:
    """The labels after one rule."""
    source = rule.pop("source", ())
    config = RelabelConfig(source_labels=source, **rule)  # type: ignore[arg-type]
    result = relabel(Labels.of(labels), [config])
    return None if result is None else result.as_dict()


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (
            {"source": ("a",), "regex": "f(.*)", "target_label": "d", "replacement": "ch${1}-$1"},
            {"d": "choo-oo"},
        ),
        (
            {
                "source": ("a", "b"),
                "regex": "f(.*);(.*)r",
                "target_label": "a",
                "replacement": "b${1}${2}m",
            },
            {"a": "boobam"},
        ),
        ({"source": ("a",), "regex": ".*(b).*", "target_label": "d"}, {}),
        ({"source": ("a",), "regex": "fo", "target_label": "d", "replacement": "x"}, {}),
        ({"source": ("a",), "regex": "f(.*)", "target_label": "b", "replacement": ""}, {"b": None}),
        ({"target_label": "d", "replacement": "fixed"}, {"d": "fixed"}),
        ({"source": ("nope",), "target_label": "a"}, {"a": None}),
        (
            {"source": ("a",), "regex": "(f).*", "target_label": "${1}_x", "replacement": "v"},
            {"f_x": "v"},
        ),
        ({"source": ("a",), "regex": "(z?).*", "target_label": "$1", "replacement": "v"}, {}),
        ({"source": ("a", "b"), "separator": "", "target_label": "d"}, {"d": "foobar"}),
        (
            {"source": ("a",), "target_label": "d", "replacement": "$$1-$nope-$1x-${1}x-$"},
            {"d": "$1---foox-$"},
        ),
        (
            {
                "source": ("a",),
                "regex": "(?P<n>f)(z)?.*",
                "target_label": "d",
                "replacement": "$n${n}[$2]$3",
            },
            {"d": "ff[]"},
        ),
        ({"source": ("a",), "target_label": "ü", "replacement": "é"}, {"ü": "é"}),
        ({"action": "lowercase", "source": ("a",), "target_label": "d"}, {"d": "foo"}),
        ({"action": "uppercase", "source": ("a", "b"), "target_label": "a"}, {"a": "FOO;BAR"}),
        ({"action": "labeldrop", "regex": "__meta_.*"}, {"__meta_x": None, "__meta_y": None}),
        ({"action": "labelkeep", "regex": "[ab]"}, {"c": None, "__meta_x": None, "__meta_y": None}),
        ({"action": "labelmap", "regex": "__meta_(.+)"}, {"x": "1", "y": "2"}),
        (
            {"action": "labelmap", "regex": "__meta_(.+)", "replacement": "${1}_m"},
            {"x_m": "1", "y_m": "2"},
        ),
        ({"action": "keep", "source": ("a",), "regex": "f.*"}, {}),
        ({"action": "drop", "source": ("a",), "regex": "o.*"}, {}),
        ({"action": "keepequal", "source": ("a",), "target_label": "a"}, {}),
        ({"action": "dropequal", "source": ("a",), "target_label": "b"}, {}),
        ({"action": "keepequal", "source": ("nope",), "target_label": "nor_this"}, {}),
    ],
)
def test_rules_that_keep(rule: dict[str, object], change: dict[str, str | None]) -> None:
    expected = {**LABELS, **change}
    assert after(LABELS, **rule) == {name: value for name, value in expected.items() if value}


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "keep", "source": ("a",), "regex": "o.*"},
        {"action": "drop", "source": ("a",), "regex": "f.*"},
        {"action": "drop", "source": ("nope",), "regex": ""},
        {"action": "keepequal", "source": ("a",), "target_label": "b"},
        {"action": "dropequal", "source": ("a",), "target_label": "a"},
    ],
)
def test_rules_that_drop(rule: dict[str, object]) -> None:
    assert after(LABELS, **rule) is None


def test_no_rules_give_the_same_object() -> None:
    labels = Labels.of(LABELS)
    assert relabel(labels, []) is labels


def test_a_dot_matches_a_newline() -> None:
    assert after({"a": "x\ny"}, action="keep", source=("a",), regex="x.y") is not None


def test_hashmod_of_an_absent_label() -> None:
    got = after({}, action="hashmod", source=("a",), target_label="h", modulus=1000)
    empty = int.from_bytes(hashlib.md5(b"").digest()[8:], "big") % 1000
    assert got == {"h": str(empty)}


@given(st.lists(st.text(), max_size=3), st.integers(1, 2**64 - 1))
def test_hashmod_is_the_low_half_of_md5(values: list[str], modulus: int) -> None:
    labels = {f"l{i}": value for i, value in enumerate(values)}
    got = after(labels, action="hashmod", source=tuple(labels), target_label="h", modulus=modulus)
    digest = hashlib.md5(";".join(values).encode()).hexdigest()
    assert got is not None
    assert got["h"] == str(int(digest[16:], 16) % modulus)


names = st.sampled_from(["a", "b", "c", "d"])
values = st.text("fob;$1", max_size=5)


@given(
    st.dictionaries(names, values),
    st.lists(names, max_size=3),
    st.sampled_from(["(.*)", "f(o*)(b?)", "(f|o)+", ".", ""]),
    st.text("x$1{}2", max_size=6),
)
def test_replace_as_a_slow_reference_does(
    labels: dict[str, str], source: list[str], regex: str, replacement: str
) -> None:
    def expand(match: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            name = reference[1] or reference[2]
            if name is None:
                return "$"
            number = int(name) if name.isdigit() else -1
            return (match.group(number) or "") if 0 <= number <= match.re.groups else ""

        return re.sub(r"\$(?:\$|(\w+)|\{(\w+)\})", group, replacement)

    expected = {name: value for name, value in labels.items() if value}
    joined = ";".join(labels.get(name, "") for name in source)
    if match := re.fullmatch(regex, joined, re.DOTALL):
        expected["t"] = expand(match)
    got = after(
        labels, source=tuple(source), regex=regex, target_label="t", replacement=replacement
    )
    assert got == {name: value for name, value in expected.items() if value}


@pytest.mark.parametrize(
    ("rule", "key", "reason"),
    [
        ({}, "target_label", "requires 'target_label'"),
        ({"action": "hashmod", "target_label": "a"}, "modulus", "requires non-zero modulus"),
        ({"action": "lowercase"}, "target_label", "requires 'target_label'"),
        (
            {"action": "lowercase", "target_label": "a", "replacement": "x"},
            "replacement",
            "can not be set",
        ),
        (
            {"action": "keepequal", "target_label": "a", "regex": "x"},
            "regex",
            "requires only 'source_labels'",
        ),
        (
            {"action": "dropequal", "target_label": "a", "separator": ","},
            "separator",
            "requires only",
        ),
        ({"action": "labeldrop", "source": ("a",)}, "source_labels", "requires only 'regex'"),
        ({"action": "labelkeep", "replacement": "x"}, "replacement", "requires only 'regex'"),
        ({"action": "labelmap", "replacement": ""}, "replacement", "is invalid 'replacement'"),
    ],
)
def test_refused_combinations(rule: dict[str, object], key: str, reason: str) -> None:
    with pytest.raises(BadSetting, match=reason) as caught:
        after({}, **rule)
    assert caught.value.key == key


def test_a_bad_regex_is_refused() -> None:
    with pytest.raises(BadRegex, match=re.escape("missing closing )")):
        after({}, target_label="a", regex="(")


def test_steps_show_the_labels_after_each_rule() -> None:
    rules = [
        RelabelConfig(target_label="x", replacement="1"),
        RelabelConfig(action="drop", source_labels=("x",), regex="1"),
        RelabelConfig(target_label="y", replacement="2"),
    ]
    assert relabel_steps(Labels.of({"a": "b"}), rules) == [
        RelabelStep(rules[0], Labels.of({"a": "b", "x": "1"}), keep=True),
        RelabelStep(rules[1], Labels(), keep=False),
        RelabelStep(rules[2], Labels(), keep=False),
    ]
