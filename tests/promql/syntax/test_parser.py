"""Texts to trees: every form of the language, and how operators bind."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from narthex.model.labels import METRIC_NAME
from narthex.model.matcher import Matcher, MatchType
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.nodes import (
    Aggregation,
    AtEdge,
    BinaryExpr,
    Call,
    DurationExpr,
    Expr,
    Extension,
    MatchCardinality,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    Subquery,
    TimeShift,
    UnaryExpr,
    VectorMatching,
    VectorSelector,
)
from narthex.promql.syntax.parser import parse, parse_metric_selector


def tree(text: str) -> Expr:
    return parse(text, ALL_FEATURES)


def metric(name: str, **traits: object) -> VectorSelector:
    return VectorSelector(name, (Matcher.equal(METRIC_NAME, name),), **traits)  # type: ignore[arg-type]


def number(value: float) -> NumberLiteral:
    return NumberLiteral(value)


def joined(operator: str, left: Expr, right: Expr) -> BinaryExpr:
    return BinaryExpr(operator, left, right, matching=VectorMatching())


A, B, C = metric("a"), metric("b"), metric("c")
VECTORS = VectorMatching()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7.0),
        (".25", 0.25),
        ("5.", 5.0),
        ("2e3", 2000.0),
        ("2E-3", 0.002),
        ("0x1F", 31.0),
        ("0X_1f", 31.0),
        ("017", 15.0),
        ("089", 89.0),
        ("1_234_567.5", 1234567.5),
        ("Inf", math.inf),
        ("-iNF", -math.inf),
        ("+3", 3.0),
        ("--3", 3.0),
        ("18446744073709551616", 2.0**64),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert tree(text) == number(value)


def test_not_a_number_in_any_case() -> None:
    literal = tree("nAn")
    assert isinstance(literal, NumberLiteral)
    assert math.isnan(literal.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h30m", 5400.0), ("250ms", 0.25), ("-2d", -172800.0), ("1y", 31536000.0)],
)
def test_a_duration_is_a_number_of_seconds(text: str, seconds: float) -> None:
    assert tree(text) == NumberLiteral(seconds, duration=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"double"', "double"),
        ("'single \"in\" it'", 'single "in" it'),
        (r'"a\tb\\c\"d\n"', 'a\tb\\c"d\n'),
        (r'"\x41\102\u00e9\U0001F525"', "ABé🔥"),
        ("`raw \\n\nlines`", "raw \\n\nlines"),
        (r'"lone \xc5 byte"', "lone \udcc5 byte"),
        (r'"\xc3\xa9"', "é"),
    ],
)
def test_strings(text: str, value: str) -> None:
    assert tree(text) == StringLiteral(value)


def test_selectors_by_name_and_conditions() -> None:
    name = Matcher.equal(METRIC_NAME, "a:b")
    conditions = (
        Matcher.equal("x", "1"),
        Matcher(MatchType.NOT_EQUAL, "y", "2"),
        Matcher(MatchType.REGEX, "z", "3.*"),
        Matcher(MatchType.NOT_REGEX, "dotted.name", "4"),
    )
    text = 'a:b{x="1", y!="2",z=~"3.*", "dotted.name"!~"4",}'
    assert tree(text) == VectorSelector("a:b", (*conditions, name))


def test_a_quoted_text_alone_names_the_metric() -> None:
    matchers = (Matcher.equal(METRIC_NAME, "my.metric"), Matcher.equal("x", "y"))
    assert tree('{"my.metric", x="y"}') == VectorSelector("", matchers)


@pytest.mark.parametrize(
    "name",
    [
        *("sum", "avg", "topk", "limitk", "by", "without", "offset", "and", "or", "unless"),
        *("start", "end", "step", "range", "min_of", "max_of", "anchored", "smoothed"),
        *("fill", "fill_left", "fill_right"),
    ],
)
def test_keywords_may_name_metrics(name: str) -> None:
    assert tree(name) == metric(name)
    assert tree(f"{name} + {name}") == BinaryExpr("+", metric(name), metric(name), matching=VECTORS)


@pytest.mark.parametrize(
    "label", ["by", "on", "sum", "bool", "group_left", "atan2", "fill", "offset", "start", "a:b"]
)
def test_any_word_may_name_a_label_in_a_list(label: str) -> None:
    assert tree(f"sum by ({label}, ) (a)") == Aggregation("sum", A, grouping=(label,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * c", joined("+", A, joined("*", B, C))),
        ("a - b - c", joined("-", joined("-", A, B), C)),
        ("a ^ b ^ c", joined("^", A, joined("^", B, C))),
        ("-2 ^ 2", UnaryExpr("-", BinaryExpr("^", number(2), number(2)))),
        ("2 ^ -1 * 3", BinaryExpr("*", BinaryExpr("^", number(2), number(-1)), number(3))),
        (
            "2 ^ -1 ^ 2",
            BinaryExpr("^", number(2), UnaryExpr("-", BinaryExpr("^", number(1), number(2)))),
        ),
        ("-a offset 1m", UnaryExpr("-", metric("a", shift=TimeShift(60_000)))),
        ("-a * b", BinaryExpr("*", UnaryExpr("-", A), B, matching=VECTORS)),
    ],
)  # fmt: skip
def test_how_operators_bind(text: str, expected: Expr) -> None:
    assert tree(text) == expected


def test_every_level_of_precedence() -> None:
    levels = [("or",), ("and", "unless"), ("==", "</", ">/"), ("+", "-"), ("*", "atan2"), ("^",)]
    for low, high in pairwise(levels):
        for loose in low:
            for tight in high:
                assert str(tree(f"a {loose} b {tight} c").operator) == loose  # type: ignore[union-attr]
                assert str(tree(f"a {tight} b {loose} c").operator) == loose  # type: ignore[union-attr]


def test_keywords_in_any_case() -> None:
    assert tree("SUM BY (x) (a) UNLESS B") == tree("sum by (x) (a) unless B")
    assert tree("a OFFSET 1m AND ON (x) b") == tree("a offset 1m and on (x) b")


def test_matching() -> None:
    many = VectorMatching(MatchCardinality.MANY_TO_ONE, True, ("x",), ("y",))
    assert tree("a * on (x) group_left (y) b") == BinaryExpr("*", A, B, matching=many)
    one = VectorMatching(MatchCardinality.ONE_TO_MANY, False, ("x",))
    assert tree("a > bool ignoring (x) group_right b") == BinaryExpr(">", A, B, True, one)
    sets = VectorMatching(MatchCardinality.MANY_TO_MANY, True)
    assert tree("a or on () b") == BinaryExpr("or", A, B, matching=sets)
    assert tree("a + 1") == BinaryExpr("+", A, number(1))


def test_a_parenthesis_behind_a_group_modifier_is_its_list() -> None:
    with pytest.raises(ValueError, match="unexpected end of input"):
        tree("a * on (x) group_right (b)")


@pytest.mark.parametrize(
    ("text", "left", "right"),
    [
        ("fill (0)", 0.0, 0.0),
        ("fill_left (-1)", -1.0, None),
        ("fill_right (+2.5)", None, 2.5),
        ("fill_right (1) fill_left (2)", 2.0, 1.0),
    ],
)
def test_fill(text: str, left: float | None, right: float | None) -> None:
    matching = VectorMatching(fill_left=left, fill_right=right)
    assert tree(f"a + {text} b") == BinaryExpr("+", A, B, matching=matching)


def test_aggregations() -> None:
    expected = Aggregation("topk", A, number(3), ("x", "y z"))
    assert tree('topk by (x, "y z") (3, a)') == expected
    assert tree('topk(3, a) by (x, "y z")') == expected
    assert tree("sum without () (a)") == Aggregation("sum", A, without=True)
    assert tree("sum(a)") == tree("sum by () (a)") == Aggregation("sum", A)


def test_calls() -> None:
    window = MatrixSelector(A, 300_000)
    assert tree("rate(a[5m])") == Call("rate", (window,))
    assert tree("time()") == Call("time", ())
    assert tree("step() + end()") == BinaryExpr("+", Call("step", ()), Call("end", ()))
    assert tree("max_of(1, 2)") == Call("max_of", (number(1), number(2)))


def test_shifts_in_either_order() -> None:
    shift = TimeShift(-90_000, at=1_500)
    assert tree("a offset -90 @ 1.5") == metric("a", shift=shift)
    assert tree("a @ 1.5 offset -1m30s") == metric("a", shift=shift)
    assert tree("a @ end()") == metric("a", shift=TimeShift(at=AtEdge.END))
    assert tree("a[5m] @ start()") == MatrixSelector(
        metric("a", shift=TimeShift(at=AtEdge.START)), 300_000
    )


def test_an_offset_takes_one_operand_only() -> None:
    shifted = metric("a", shift=TimeShift(-2_000))
    assert tree("a offset -2 ^ 2") == BinaryExpr("^", shifted, number(2))
    minute = metric("a", shift=TimeShift(60_000))
    assert tree("a offset 1m + 1m") == BinaryExpr("+", minute, NumberLiteral(60, duration=True))


def test_duration_expressions() -> None:
    five = NumberLiteral(300, duration=True)
    step = DurationExpr("step")
    assert tree("a[step()]") == MatrixSelector(A, 0, step)
    doubled = DurationExpr("*", five, number(2))
    assert tree("a[5m * 2]") == MatrixSelector(A, 0, doubled)
    shift = TimeShift(0, DurationExpr("+", step, five, parenthesised=True))
    assert tree("a offset (step() + 5m)") == metric("a", shift=shift)
    choice = DurationExpr("min_of", DurationExpr("range"), five)
    assert tree("a offset -min_of(range(), 5m)") == metric(
        "a", shift=TimeShift(0, DurationExpr("-", None, choice))
    )
    power = DurationExpr("^", number(2), DurationExpr("^", number(3), number(1)))
    assert tree("a[2 ^ 3 ^ 1]") == MatrixSelector(A, 0, power)


def test_subqueries() -> None:
    assert tree("a[1h:]") == Subquery(A, 3_600_000)
    assert tree("a[1h:5m] offset 1m") == Subquery(A, 3_600_000, 300_000, TimeShift(60_000))
    inner = Call("rate", (MatrixSelector(A, 60_000),))
    assert tree("rate(a[1m])[5m:step()]") == Subquery(
        inner, 300_000, step_expr=DurationExpr("step")
    )


def test_extended_selectors() -> None:
    anchored = metric("a", extension=Extension.ANCHORED)
    assert tree("rate(a[5m] anchored)") == Call("rate", (MatrixSelector(anchored, 300_000),))
    assert tree("a smoothed") == metric("a", extension=Extension.SMOOTHED)


def test_comments_and_blank_lines() -> None:
    text = "# what it is\n sum ( # of all\n\ta { # conditions\n x = '1' } )\r\n# done"
    assert tree(text) == tree('sum(a{x="1"})')


def test_parentheses_are_kept() -> None:
    assert tree("((a))") == ParenExpr(ParenExpr(A))


def test_spans_point_at_the_text() -> None:
    text = 'sum(rate(a{x="y"}[5m] offset 1m))'
    aggregation = tree(text)
    assert isinstance(aggregation, Aggregation)
    call = aggregation.expr
    assert isinstance(call, Call)
    (window,) = call.args
    assert isinstance(window, MatrixSelector)
    spans = [aggregation.span, call.span, window.span, window.selector.span]
    shown = [text[span.start : span.end] for span in spans]
    assert shown == [text, 'rate(a{x="y"}[5m] offset 1m)', 'a{x="y"}[5m] offset 1m', 'a{x="y"}']


def test_a_selector_alone() -> None:
    matchers = (Matcher.equal("x", "y"), Matcher.equal(METRIC_NAME, "a"))
    assert parse_metric_selector('a{x="y"}') == matchers
    assert parse_metric_selector("{}") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown position: parse error: unexpected end of input"),
        ("a + b", "1:3: parse error: unexpected <op:+>"),
        ("a offset 5m", "1:3: parse error: unexpected <offset>"),
        ("sum(a)", '1:4: parse error: unexpected "("'),
        ("(a)", '1:1: parse error: unexpected "("'),
    ],
)
def test_what_is_more_than_a_selector(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_metric_selector(text)
    assert str(caught.value) == message
