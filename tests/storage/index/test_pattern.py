"""Patterns taken apart: what is found without RE2 is what RE2 finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narthex.model.matcher import BadRegex, compile_anchored
from narthex.model.symbols import pack
from narthex.storage.index.pattern import GLOBS_MAX, analyse

pieces = st.sampled_from(
    ["a", "b", "é", "\\.", "\\\\", "-", ".*", ".+", ".", "[ab]", "a*", "b?", "a+", "(?i)", "^", "$",
     "\\d", "{2}"]
)  # fmt: skip
patterns = st.recursive(
    st.lists(pieces, max_size=4).map("".join),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("|".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map("".join),
    ),
    max_leaves=6,
)
texts = st.lists(st.text("abé.\\-\n", max_size=6), max_size=12, unique=True)


@settings(max_examples=1000, deadline=None)
@given(patterns, texts)
def test_a_pattern_taken_apart_matches_the_same(pattern: str, held: list[str]) -> None:
    try:
        regex = compile_anchored(pattern)
    except BadRegex:
        return
    analysed = analyse(pattern)
    expected = [regex.match(text) is not None for text in held]
    if not analysed.globs:
        assert all(
            t.startswith(analysed.prefix) for t, hit in zip(held, expected, strict=True) if hit
        )
        return
    blob, offsets = pack(held)
    out = np.zeros(len(held), np.uint8)
    for glob in analysed.globs:
        glob.mark(blob, offsets[:-1], offsets[1:], out)
    assert out.astype(bool).tolist() == expected
    if analysed.literals is not None:
        assert [text in analysed.literals for text in held] == expected


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        ("", [""]),
        ("up", ["up"]),
        ("a|b|", ["a", "b", ""]),
        ("node-(1|2)\\.eu", ["node-1.eu", "node-2.eu"]),
        ("(?:x|y)(z)", ["xz", "yz"]),
        ("a.*", None),
        ("a.", None),
        ("[ab]", None),
    ],
)
def test_lists_of_texts_are_known_as_such(pattern: str, literals: list[str] | None) -> None:
    assert analyse(pattern).literals == literals


@pytest.mark.parametrize(
    ("pattern", "prefix"),
    [
        ("node-[0-9]+", "node-"), ("abc?", "ab"), ("abc+d", "abc"), ("ab{2}", "a"), ("a|b[c]", ""),
        ("(?i)node[0-9]", ""), ("\\.x\\d", ".x"), ("[ab]c", ""),
    ],
)  # fmt: skip
def test_what_is_left_to_re2_keeps_its_beginning(pattern: str, prefix: str) -> None:
    assert not analyse(pattern).globs
    assert analyse(pattern).prefix == prefix


def test_two_characters_at_least_are_not_two_bytes() -> None:
    assert not analyse(".+.+").globs
    assert not analyse("a(.+)(.+)b").globs
    assert analyse(".*.+x.+").globs


def test_too_many_alternatives_are_left_to_re2() -> None:
    digits = "(0|1|2|3|4|5|6|7|8|9)"
    assert len(analyse(digits * 2).globs) == 100
    assert not analyse(digits * 3).globs
    assert GLOBS_MAX < 1000
