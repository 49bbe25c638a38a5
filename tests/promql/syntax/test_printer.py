"""Trees to one line."""

from __future__ import annotations

import pytest

from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.printer import to_text

SAME = [
    "a",
    'a{b="c",d!~"e.*"}',
    '{"dotted.label"="x",__name__="my.metric"}',
    'sum by (a, "b c") (d)',
    "sum without () (d)",
    "topk(3, a)",
    'count_values("v", a)',
    "a + b * c",
    "(a + b) * c",
    "-a ^ 2",
    "a > bool b",
    "a * on (x) group_left (y, z) b",
    "a * ignoring () group_right () b",
    "a or on () b",
    "a + fill (0) b",
    "a + fill_left (1) fill_right (-0) b",
    "a </ 5",
    "rate(a[5m])",
    "rate(a[5m] anchored)",
    "a[5m] smoothed @ 1.500 offset 1m",
    "a @ -0.001 smoothed offset -1h30m",
    "a @ start() offset 1w",
    "max_over_time(rate(a[5m])[1h:1m] @ end() offset 5m)",
    "a[1h:]",
    "a[5m * 2 + step()]",
    "a[(5m + -1m) / 2]",
    "a offset -min_of(range(), max_of(1h, 30))",
    "a offset (5m)",
    "a[1h:range() % 7]",
    '"text with \\"quotes\\" and \\n"',
    '"\\xc5 \\u0080"',
    "1h30m",
    "-5m",
    "+Inf",
    "NaN",
    "0.0000001",
    "1000000000000000000000",
    "time()",
    'label_replace(a, "b", "$1", "c", "(.*)")',
]

REWRITTEN = [
    ("SUM(a)BY(b)", "sum by (b) (a)"),
    ("sum by()(a)", "sum(a)"),
    ('a{z="1",b="2"}', 'a{b="2",z="1"}'),
    ("a{}", "a"),
    ("a offset 300", "a offset 5m"),
    ("a[90]", "a[1m30s]"),
    ("'it'", '"it"'),
    ("0x10 + 010", "16 + 8"),
    ("a == ignoring() b", "a == b"),
    ("- a", "-a"),
    ("a + fill_left(2) fill_right(2) b", "a + fill (2) b"),
    ("# note\na", "a"),
    ("inf ^ a", "Inf ^ a"),
]


@pytest.mark.parametrize("text", SAME)
def test_canonical_text_stays(text: str) -> None:
    assert to_text(parse(text, ALL_FEATURES)) == text


@pytest.mark.parametrize(("text", "printed"), REWRITTEN)
def test_other_texts_become_canonical(text: str, printed: str) -> None:
    assert to_text(parse(text, ALL_FEATURES)) == printed
    assert to_text(parse(printed, ALL_FEATURES)) == printed
