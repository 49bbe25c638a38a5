"""What is said of a text that is no query: the words, and the place."""

from __future__ import annotations

import pytest

from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.parser import parse

OFFSET = "number, duration, step(), or range()"

MESSAGES = [
    ("", "unknown position", "no expression found in input"),
    (" \n", "1:1", "no expression found in input"),
    ("1 +", "1:4", "unexpected end of input"),
    ("(1", "1:3", "unclosed left parenthesis"),
    ("a[5m", "1:5", "unclosed left bracket"),
    ("a)", "1:3", "unexpected right parenthesis ')'"),
    ("a]", "1:2", "unexpected right bracket ']'"),
    ("a & b", "1:3", "unexpected character: '&'"),
    ("a !b", "1:3", "unexpected character after '!': 'b'"),
    ("a =~ b", "1:3", "unexpected character after '=': '~'"),
    ("a = b", "1:3", 'unexpected "="'),
    ("é", "1:1", "unexpected character: 'é'"),
    ('"é" é', "1:6", "unexpected character: 'é'"),
    ("a\n  b", "2:3", 'unexpected identifier "b"'),
    ("a b:c", "1:3", 'unexpected metric identifier "b:c"'),
    ("a 5", "1:3", 'unexpected number "5"'),
    ('a "a long text indeed"', "1:3", r'unexpected string "\"a long te"...'),
    ("sum(a b)", "1:7", 'unexpected identifier "b" in aggregation'),
    ("sum by x", "1:8", 'unexpected identifier "x" in grouping opts, expected "("'),
    ("sum by (x y) (a)", "1:11", 'unexpected identifier "y" in grouping opts, expected "," or ")"'),
    ("sum by (5) (a)", "1:9", 'unexpected number "5" in grouping opts, expected label'),
    ('sum by ("") (a)', "1:9", 'invalid label name for grouping: ""'),
    ("sum()", "1:1", "no arguments for aggregate expression provided"),
    ("topk(a)", "1:1", ("wrong number of arguments for aggregate expression provided, "
     "expected 2, got 1")),
    ("rate(a,)", "1:7", "trailing commas not allowed in function call args"),
    ("nothing(a) $", "1:1", 'unknown function with name "nothing"'),
    ("rate()", "1:1", 'expected 1 argument(s) in call to "rate", got 0'),
    ("round(a, 1, 2)", "1:1", 'expected at most 2 argument(s) in call to "round", got 3'),
    ('label_join(a, "b")', "1:1", 'expected at least 3 argument(s) in call to "label_join", got 2'),
    ("rate(a)", "1:6", 'expected type range vector in call to function "rate", got instant vector'),
    ('quantile("x", a)', "1:10", "expected type scalar in aggregation parameter, got string"),
    ("count_values(1, a)", "1:14", "expected type string in aggregation parameter, got scalar"),
    ("sum(1)", "1:5", "expected type instant vector in aggregation expression, got scalar"),
    ("info(a, b)", "1:9", "expected label selectors only, got vector selector instead"),
    ("a{", "1:3", "unexpected end of input inside braces"),
    ("a{{", "1:3", "unexpected left brace '{'"),
    ("a{1}", "1:3", "unexpected character inside braces: '1'"),
    ("a{b!c}", "1:4", "unexpected character after '!' inside braces: 'c'"),
    ("a{,}", "1:3", 'unexpected "," in label matching, expected identifier or "}"'),
    ("a{b}", "1:4", 'unexpected "}" in label matching, expected label matching operator'),
    ("a{b=}", "1:5", 'unexpected "}" in label matching, expected string'),
    ('a{b="c" d}', "1:9", 'unexpected identifier "d" in label matching, expected "," or "}"'),
    ('a{b=~"("}', "1:3", "error parsing regexp: missing closing ): `(`"),
    ('a{b=~"x)(y"}', "1:3", "error parsing regexp: unexpected ): `x)(y`"),
    ('a{b=~"[z"}', "1:3", "error parsing regexp: missing closing ]: `[z`"),
    ("{}", "1:1", "vector selector must contain at least one non-empty matcher"),
    ('{b=~".*"}', "1:1", "vector selector must contain at least one non-empty matcher"),
    ('a{__name__="b"}', "1:1", 'metric name must not be set twice: "a" or "b"'),
    ("a offset", "1:9", f"unexpected end of input in offset, expected {OFFSET}"),
    ("a offset 1m offset 1m", "1:1", "offset may not be set multiple times"),
    ("1 offset 1m", "1:1", ("offset modifier must be preceded by an instant vector selector "
     "or range vector selector or a subquery")),
    ("a @ b", "1:5", 'unexpected identifier "b" in @, expected timestamp'),
    ("a @ 1 @ 2", "1:1", "@ <timestamp> may not be set multiple times"),
    ("a @ inf", "1:1", "timestamp out of bounds for @ modifier: +Inf"),
    ("a @ 1e19", "1:1", "timestamp out of bounds for @ modifier: 10000000000000000000.000000"),
    ("a[]", "1:3", f'unexpected "]" in subquery or range selector, expected {OFFSET}'),
    ("a[5m:1m:1m]", "1:8", "unexpected colon ':'"),
    ("a[:1m]", "1:4", "unexpected colon before duration in duration expression"),
    ("a[0]", "1:3", "duration must be greater than 0"),
    ("a[5m:-1m]", "1:6", "duration must be greater than 0"),
    ("a[300y]", "1:3", "duration out of range"),
    ("a[5m3h]", "1:3", 'not a valid duration string: "5m3h"'),
    ("a[1.5m]", "1:3", 'unknown unit "." in duration "1.5m"'),
    ("a[5m / 0]", "1:6", "division by zero"),
    ("a offset (5m % 0)", "1:14", "modulo by zero"),
    ("(a)[5m]", "1:4", "ranges only allowed for vector selectors"),
    ("a offset 1m [5m]", "1:13", "no offset modifiers allowed before range"),
    ("a @ 1 [5m]", "1:7", "no @ modifiers allowed before range"),
    ("a[5m][5m:]", "1:1", "subquery is only allowed on instant vector, got matrix instead"),
    ("-a[5m]", "1:1", ("unary expression only allowed on expressions of type scalar or instant "
     'vector, got "range vector"')),
    ('"a" + 1', "1:1", "binary expression must contain only scalar and instant vector types"),
    ("1 == 1", "1:3", "comparisons between scalars must use BOOL modifier"),
    ("a + bool b", "1:3", "bool modifier can only be used on comparison operators"),
    ("a and 1", "1:1", 'set operator "and" not allowed in binary scalar expression'),
    ("1 + on (x) a", "1:1", "vector matching only allowed between instant vectors"),
    ("a and on (x) group_left b", "1:1", 'no grouping allowed for "and" operation'),
    ("a * on (x) group_left (x) b", "1:3",
     'label "x" must not occur in ON and GROUP clause at once'),
    ("a + group_left b", "1:5", "unexpected <group_left>"),
    ("a and fill (1) b", "1:1", "filling in missing series not allowed for set operators"),
    ("1 + fill (1) a", "1:1", "filling in missing series only allowed between instant vectors"),
    ("a[5m] anchored smoothed", "1:1", "anchored and smoothed modifiers cannot be used together"),
    ("a[5m:] smoothed", "1:1", "smoothed modifier is not supported for subqueries"),
    ("0x", "1:1", 'error parsing number: strconv.ParseFloat: parsing "0x": invalid syntax'),
    ("1e999", "1:1",
     'error parsing number: strconv.ParseFloat: parsing "1e999": value out of range'),
    ("1__0", "1:1", 'bad number or duration syntax: "1__"'),
    ("3sum", "1:1", 'bad number or duration syntax: "3su"'),
    ('"abc', "1:1", "unterminated quoted string"),
    ("`abc", "1:1", "unterminated raw string"),
    (r"'\q'", "1:1", "unknown escape sequence U+0071 'q'"),
    (r'"\x4"', "1:1", "illegal character U+0022 '\"' in escape sequence"),
    (r'"\ud800"', "1:1", "escape sequence is an invalid Unicode code point"),
    (r'"\400"', "1:1", "escape sequence is an invalid Unicode code point"),
    ('"a\\', "1:1", "escape sequence not terminated"),
    ("'\ufffd'", "1:1", "invalid UTF-8 rune"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "message"), MESSAGES)
def test_message(text: str, place: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text, ALL_FEATURES)
    assert str(caught.value) == f"{place}: parse error: {message}"
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mad_over_time(a[5m])", 'function "mad_over_time" is not enabled'),
        ("limitk(1, a)", ("limitk() is experimental and must be enabled with "
     "--enable-feature=promql-experimental-functions")),
        ("a + fill (1) b", "binop fill modifiers are experimental and not enabled"),
        ("a[5m] anchored", "anchored modifier is experimental and not enabled"),
        ("a smoothed", "smoothed modifier is experimental and not enabled"),
    ],
)  # fmt: skip
def test_what_is_experimental_is_refused_unless_enabled(text: str, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert str(caught.value) == f"1:1: parse error: {message}"
    parse(text, ALL_FEATURES)


@pytest.mark.parametrize("text", ["a[step()]", "first_over_time(a[5m])", "a[5m:range() / 4]"])
def test_what_is_stable_needs_no_feature(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "1" + ")" * 10_000,
        "-" * 10_000 + "a",
        "abs(" * 10_000 + "a" + ")" * 10_000,
        "sum(" * 10_000,
        "1 ^ " * 10_000 + "1",
        "a + " * 10_000 + "a",
        "a[" + "(" * 10_000 + "5m" + ")" * 10_000 + "]",
        "a[" + "-" * 10_000 + "5m]",
        "a" + "[1m:]" * 10_000,
    ],
)
def test_a_tree_is_never_too_deep_to_walk(text: str) -> None:
    with pytest.raises(ParseError, match="nested more than"):
        parse(text, ALL_FEATURES)
