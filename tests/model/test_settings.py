"""The reader of YAML settings: values with their places, and dataclasses as schemas."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.settings import (
    BOOLEAN,
    DURATION_MS,
    INTEGER,
    LABEL_MAP,
    NUMBER,
    SECRET,
    TEXT,
    URL,
    BadConfig,
    BadSetting,
    ListOf,
    Nested,
    Reading,
    Secret,
    document,
    inline,
    parse_yaml,
    read,
    setting,
)
from narthex.model.settings.kinds import hide_password


@dataclass(frozen=True, slots=True)
class Part:
    """Keys that stand in a parent's mapping."""

    flag: bool = setting(BOOLEAN, True, printed_empty=True)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A nested mapping."""

    name: str = setting(TEXT, required=True)
    least: int = setting(INTEGER, 0)
    most: int = setting(INTEGER, 10)

    def __post_init__(self) -> None:
        if self.least > self.most:
            raise BadSetting("least", "least is above most")


@dataclass(frozen=True, slots=True)
class Root:
    """One key of each kind."""

    text: str = setting(TEXT, "t")
    interval_ms: int = setting(DURATION_MS, 1000, key="interval")
    ratio: float = setting(NUMBER, 0.5)
    token: Secret = setting(SECRET, Secret())
    labels: Mapping[str, str] = setting(LABEL_MAP, {})
    leaves: tuple[Leaf, ...] = setting(ListOf(Nested(Leaf)), ())
    later: str = setting(TEXT, "", acted_on=False)
    url: str = setting(URL, "")
    part: Part = inline(Part, flag=False)


def read_root(text: str) -> Root:
    root = parse_yaml(text, Reading("c.yml"))
    assert root is not None
    return read(root, Root)


def test_every_kind() -> None:
    root = read_root(
        "text: 010\ninterval: 1m30s\nratio: 1e-3\ntoken: s3cret\nlabels: {a: 1, b: yes}\n"
        "leaves: [{name: x, least: 0x0a}]\nflag: on\nurl: http://u:p@h:1/\n"
    )
    assert root == Root(
        text="010",
        interval_ms=90_000,
        ratio=0.001,
        token=Secret("s3cret"),
        labels={"a": "1", "b": "yes"},
        leaves=(Leaf(name="x", least=10),),
        part=Part(flag=True),
        url="http://u:p@h:1/",
    )


def test_defaults_and_those_of_an_inlined_part() -> None:
    assert read_root("text: t") == Root()
    assert Root().part == Part(flag=False)


def test_nothing_behind_a_key() -> None:
    """A text becomes empty, as Prometheus has it; everything else counts as absent."""
    assert read_root("text:\ninterval:\nleaves:\n") == Root(text="")


def test_printing_hides_secrets_and_leaves_out_what_is_empty() -> None:
    root = Root(token=Secret("s3cret"), url="https://user:pass@host/p?q=a:b@c")
    assert document(root) == {
        "text": "t",
        "interval": "1s",
        "ratio": 0.5,
        "token": "<secret>",
        "url": "https://user:xxxxx@host/p?q=a:b@c",
        "flag": False,
    }
    assert "s3cret" not in repr(root)
    assert "s3cret" not in f"{root.token}"


def test_a_key_without_effect_is_named_once() -> None:
    reading = Reading("c.yml")
    root = parse_yaml("later: x", reading)
    assert root is not None
    read(root, Root)
    read(root, Root)
    assert reading.warnings == ["later is accepted but has no effect yet"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text: a\ntexr: b", "c.yml:2: texr: unknown key (did you mean text?)"),
        ("text: a\nlabels: {}\ntext: b", "c.yml:3: text: the key is given twice, first on line 1"),
        ("interval: 5", 'c.yml:1: interval: not a valid duration string: "5"'),
        ("ratio: '1'", "c.yml:1: ratio: expected a number, found `1`"),
        ("ratio: x", "c.yml:1: ratio: expected a number, found `x`"),
        ("flag: 1", "c.yml:1: flag: expected true or false, found `1`"),
        ("flag: 'true'", "c.yml:1: flag: expected true or false, found `true`"),
        ("text: [a]", "c.yml:1: text: expected a single value, found a list"),
        ("labels: a", "c.yml:1: labels: expected a mapping, found the single value `a`"),
        ("leaves: {}", "c.yml:1: leaves: expected a list, found a mapping"),
        ("leaves:\n- least: 1", "c.yml:2: leaves[0]: name is missing"),
        (
            "leaves:\n- name: a\n- name: b\n  most: 1\n  least: 2",
            "c.yml:5: leaves[1].least: least is above most",
        ),
        ("leaves:\n- name: a\n  least: x", "c.yml:3: leaves[0].least: expected a whole number,"),
        ("url: host:9090", 'c.yml:1: url: not a URL with scheme and host: "host:9090"'),
        ("url: http://h:x/", "c.yml:1: url: Port could not be cast to integer value"),
        ("- a", "c.yml:1: expected a mapping, found a list"),
        ("text: [", "c.yml:2: bad YAML: "),
        ("text: a\n\tb: c", "c.yml:2: bad YAML: "),
        ("a: 1\n---\nb: 2", "c.yml:2: bad YAML: there is a second document"),
        ("text: &a [*a]", "c.yml:1: bad YAML: an alias contains itself"),
        ("text: *nope", "c.yml:1: bad YAML: unknown anchor nope"),
    ],
)
def test_refusals_say_file_line_and_key(text: str, message: str) -> None:
    with pytest.raises(BadConfig) as caught:
        read_root(text)
    assert str(caught.value).startswith(message)


def test_merge_keys() -> None:
    root = read_root(
        "leaves:\n- &a {name: a, least: 1}\n- {<<: *a, name: b}\n- {<<: [*a], most: 2}"
    )
    assert root.leaves == (
        Leaf(name="a", least=1),
        Leaf(name="b", least=1),
        Leaf(name="a", least=1, most=2),
    )


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(BadConfig, match="once aliases are followed"):
        parse_yaml("\n".join(lines), Reading("c.yml"))


@pytest.mark.parametrize("text", ["a: " + "[" * 200_000, "- " * 5_000 + "x", "a: " + "{a: " * 200])
def test_depth_is_bounded(text: str) -> None:
    with pytest.raises(BadConfig, match=r"c\.yml:1: bad YAML: more than 100 levels deep"):
        parse_yaml(text, Reading("c.yml"))


@given(st.text("[]{}:-,&*a!|>'\"\n #<", max_size=40))
def test_any_text_is_a_document_or_refused(text: str) -> None:
    with contextlib.suppress(BadConfig):
        parse_yaml(text, Reading("c.yml"))


def test_an_empty_document_is_none() -> None:
    assert parse_yaml("", Reading("c.yml")) is None
    assert parse_yaml("# nothing\n", Reading("c.yml")) is None
    assert parse_yaml("~", Reading("c.yml")) is None


def test_passwords_in_urls() -> None:
    assert hide_password("http://u:p@h/") == "http://u:xxxxx@h/"
    assert hide_password("http://u@h/a:b@c") == "http://u@h/a:b@c"
    assert hide_password("http://h/?a=//u:p@x") == "http://h/?a=//u:p@x"
