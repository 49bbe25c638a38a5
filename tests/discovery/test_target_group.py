"""Lists of target groups as files and endpoints hold them."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.discovery.target_group import (
    BadTargetGroups,
    ListedGroup,
    TargetGroup,
    groups_from_json,
    groups_from_yaml,
)


def test_a_group_with_labels() -> None:
    (listed,) = groups_from_json(b'[{"targets": ["a:1", "b:2"], "labels": {"x": "y"}}]')
    assert listed.as_group("s", extra="e") == TargetGroup(
        ({"__address__": "a:1"}, {"__address__": "b:2"}), {"x": "y", "extra": "e"}, "s"
    )
    assert groups_from_yaml("- targets: [a:1, b:2]\n  labels: {x: y}", "f") == [listed]


@pytest.mark.parametrize("data", [b"null", b"[]"])
def test_nothing(data: bytes) -> None:
    assert groups_from_json(data) == []
    assert groups_from_yaml("", "f") == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "bad JSON"),
        (b"{}", "expected a list"),
        (b"[1]", "group 0: expected an object"),
        (b'[{"targets": []}, {"target": []}]', "group 1: unknown key target"),
        (b'[{"targets": "a"}]', "group 0: targets must be a list of strings"),
        (b'[{"targets": [1]}]', "group 0: targets must be a list of strings"),
        (b'[{"labels": {"a": 1}}]', "group 0: labels must be an object of strings"),
        (b'[{"labels": {"": "b"}}]', 'group 0: "" is not a valid label name'),
    ],
)
def test_refused_json(data: bytes, reason: str) -> None:
    with pytest.raises(BadTargetGroups, match=reason):
        groups_from_json(data)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: b", "t.yml:1: expected a list"),
        ("- target: [a]", r"t.yml:1: \[0\].target: unknown key"),
        ("- targets: [a]\n  targets: [b]", r"t.yml:2: \[0\].targets: the key is given twice"),
        ("- [", "t.yml:2: bad YAML"),
    ],
)
def test_refused_yaml(text: str, reason: str) -> None:
    with pytest.raises(BadTargetGroups, match=reason):
        groups_from_yaml(text, "t.yml")


groups = st.lists(
    st.builds(
        ListedGroup,
        targets=st.lists(st.text(), max_size=3).map(tuple),
        labels=st.dictionaries(st.text(min_size=1), st.text(), max_size=3),
    ),
    max_size=3,
)


@given(groups)
def test_json_reads_back(listed: list[ListedGroup]) -> None:
    data = orjson.dumps([{"targets": g.targets, "labels": dict(g.labels)} for g in listed])
    assert groups_from_json(data) == listed


@given(st.binary(max_size=60))
def test_any_bytes_are_groups_or_refused(data: bytes) -> None:
    for parse in (groups_from_json, lambda d: groups_from_yaml(d.decode("latin-1"), "f")):
        try:
            parse(data)
        except BadTargetGroups:
            continue
