"""Any text is a query or a ParseError with a place in it: no other error, no hang."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from narthex.cli.tool.promql_test.errors import BadItem, BadScript
from narthex.cli.tool.promql_test.script import parse_script
from narthex.cli.tool.promql_test.series import parse_series
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.lexer import Lexer
from narthex.promql.syntax.nodes import Expr
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.pretty import pretty
from narthex.promql.syntax.printer import to_text

PIECES = [
    *("a", "sum", "by", "on", "bool", "offset", "group_left", "and", "rate", "fill", "anchored"),
    *("step", "min_of", "start", "inf", "5m", "5", "0x", "1e", ".", "_", "1h30m", "@", "::", ":"),
    *("(", ")", "{", "}", "[", "]", ",", "=", "=~", "!=", "==", "</", "-", "+", "^", "*", "%"),
    *('"x"', "'", '"', "`", "\\", "\\x", "#", "\n", " ", "é", "\ufffd", "\udcff", "\x00"),
]
pieces = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(st.one_of(st.text(), pieces))
@example("a[5m" + ":" * 50)
def test_any_text_is_a_query_or_a_parse_error(text: str) -> None:
    found = _tree_or_error(text)
    if isinstance(found, ParseError):
        assert 0 <= found.span.start <= len(text)
        assert ": parse error: " in str(found)
        return
    printed = to_text(found)
    assert to_text(parse(printed, ALL_FEATURES)) == printed
    assert to_text(parse(pretty(found), ALL_FEATURES)) == printed


def _tree_or_error(text: str) -> Expr | ParseError:
    try:
        return parse(text, ALL_FEATURES)
    except ParseError as error:
        return error


@given(st.one_of(st.text(), pieces))
def test_any_line_is_a_series_or_refused(text: str) -> None:
    with suppress(BadItem):
        parse_series(text)


@given(st.lists(st.one_of(pieces, st.sampled_from(["load 1m", "eval instant at 1m a", "clear"]))))
def test_any_script_is_read_or_a_line_is_named(lines: list[str]) -> None:
    with suppress(BadScript):
        parse_script("\n".join(lines))


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "a" * n,
        lambda n: "(" * n,
        lambda n: " " * n,
        lambda n: "fill " * n,
        lambda n: "fill" + " " * n + "+ fill",
        lambda n: '"' + "\\n" * n + '"',
        lambda n: "{" + 'a="b",' * n + "}",
        lambda n: "1" * n,
        lambda n: "1" + "_1" * n,
        lambda n: "5m" * n,
        lambda n: "a[" + "1+" * n + "1]",
        lambda n: "# a\n" * n,
    ],
)
def test_work_grows_with_the_text_only(make: Callable[[int], str]) -> None:
    """Counted, not timed: tokens and the characters that they hold are bounded by the text."""
    text = make(2_000)
    lexer = Lexer(text)
    seen = 0
    with suppress(ParseError):
        while token := lexer.next().text:
            seen += len(token)
    assert seen <= len(text)


def test_mutated_queries() -> None:
    chance = random.Random(7)
    query = (
        'sum by (a) (rate(b{c="d"}[5m] offset 1m)) / on (a) group_left (e) max_over_time(f[1h:5m])'
    )
    for _ in range(3_000):
        at, length = chance.randrange(len(query)), chance.choice([0, 1, 1, 4])
        text = query[:at] + chance.choice(["", *PIECES]) + query[at + length :]
        with suppress(ParseError):
            parse(text, ALL_FEATURES)
