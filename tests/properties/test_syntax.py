"""Whatever tree is built, its text gives it back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.labels import METRIC_NAME, quote_name
from narthex.model.matcher import Matcher, MatchType
from narthex.promql.syntax.check import check
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.nodes import (
    Aggregation,
    AtEdge,
    BinaryExpr,
    Call,
    DurationExpr,
    DurationOperand,
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
    ValueType,
    VectorMatching,
    VectorSelector,
)
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.pretty import pretty
from narthex.promql.syntax.printer import to_text
from narthex.promql.syntax.quoting import go_quote, unquote
from narthex.promql.syntax.tokens import COMPARISONS, SET_OPERATORS
from narthex.promql.syntax.types import value_type

names = st.sampled_from(["a", "b_total", "ns:c", "sum", "offset", "fill", "by", "anchored"])
label_names = st.sampled_from(["job", "le", "dotted.name", "on", "é", "with space"])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), max_size=8)
durations_ms = st.integers(1, 10**10)


def _printed(matcher: Matcher) -> str:
    return f"{quote_name(matcher.name)}{matcher.type.value}{go_quote(matcher.value)}"


@st.composite
def matchers(draw: st.DrawFn) -> Matcher:
    kind = draw(st.sampled_from([MatchType.EQUAL, MatchType.NOT_EQUAL]))
    return Matcher(kind, draw(label_names), draw(texts))


numbers = st.floats(0, 1e9, allow_nan=False).map(NumberLiteral)
literal_durations = durations_ms.map(lambda ms: NumberLiteral(ms / 1000, duration=True))


def _operation(operands: st.SearchStrategy[DurationOperand]) -> st.SearchStrategy[DurationExpr]:
    # Parentheses around every operation: how it was written decides, not what binds tighter.
    arithmetic = st.builds(DurationExpr, st.sampled_from("+-*^"), operands, operands, st.just(True))
    choice = st.builds(DurationExpr, st.sampled_from(["min_of", "max_of"]), operands, operands)
    return st.one_of(arithmetic, choice)


duration_operands: st.SearchStrategy[DurationOperand] = st.recursive(
    st.one_of(
        numbers,
        literal_durations,
        st.sampled_from([DurationExpr("step"), DurationExpr("range")]),
    ),
    _operation,
    max_leaves=4,
)  # fmt: skip
duration_exprs = _operation(duration_operands)
lengths = st.one_of(
    durations_ms.map(lambda ms: (ms, None)), duration_exprs.map(lambda expr: (0, expr))
)


@st.composite
def shifts(draw: st.DrawFn) -> TimeShift:
    offset_ms = draw(st.one_of(st.just(0), durations_ms, durations_ms.map(lambda ms: -ms)))
    moment = st.integers(-(10**12), 10**12)
    at = draw(st.one_of(st.none(), st.sampled_from(AtEdge), moment))
    return TimeShift(offset_ms, None if offset_ms else draw(st.none() | duration_exprs), at)


@st.composite
def selectors(draw: st.DrawFn) -> VectorSelector:
    name = draw(names)
    conditions = sorted(draw(st.lists(matchers(), max_size=3)), key=_printed)
    extension = draw(st.none() | st.sampled_from(Extension))
    matched = (*conditions, Matcher.equal(METRIC_NAME, name))
    return VectorSelector(name, matched, draw(shifts()), extension)


@st.composite
def windows(draw: st.DrawFn) -> MatrixSelector:
    return MatrixSelector(draw(selectors()), *draw(lengths))


@st.composite
def matchings(draw: st.DrawFn) -> VectorMatching:
    labels = tuple(draw(st.lists(label_names, unique=True, max_size=2)))
    on = draw(st.booleans())
    cardinality = draw(st.sampled_from(MatchCardinality))
    grouped = cardinality in (MatchCardinality.MANY_TO_ONE, MatchCardinality.ONE_TO_MANY)
    include = tuple(draw(st.lists(label_names, unique=True, max_size=2))) if grouped else ()
    fills = st.none() | st.floats(allow_nan=False)
    on_or_grouped = MatchCardinality.ONE_TO_ONE if not grouped else cardinality
    return VectorMatching(on_or_grouped, on, labels, include, draw(fills), draw(fills))


def _wrapped(expr: Expr) -> Expr:
    """In parentheses where it is more than one word."""
    plain = (VectorSelector, NumberLiteral, Call, Aggregation, ParenExpr)
    return (
        expr if isinstance(expr, plain) and not isinstance(expr, NumberLiteral) else ParenExpr(expr)
    )


@st.composite
def binaries(draw: st.DrawFn, operands: st.SearchStrategy[Expr]) -> BinaryExpr:
    operator = draw(
        st.sampled_from(["+", "-", "*", "/", "%", "^", "atan2", "</", *COMPARISONS, *SET_OPERATORS])
    )
    matching = draw(matchings())
    return BinaryExpr(
        operator,
        _wrapped(draw(operands)),
        _wrapped(draw(operands)),
        operator in COMPARISONS and draw(st.booleans()),
        matching,
    )


@st.composite
def aggregations(draw: st.DrawFn, operands: st.SearchStrategy[Expr]) -> Aggregation:
    operator = draw(st.sampled_from(["sum", "topk", "count_values", "limit_ratio", "group"]))
    parameter: Expr | None = None
    if operator == "count_values":
        parameter = StringLiteral(draw(texts))
    elif operator not in ("sum", "group"):
        parameter = draw(numbers)
    grouping = tuple(draw(st.lists(label_names, unique=True, max_size=2)))
    return Aggregation(operator, draw(operands), parameter, grouping, draw(st.booleans()))


@st.composite
def subqueries(draw: st.DrawFn, operands: st.SearchStrategy[Expr]) -> Subquery:
    (range_ms, range_expr), (step_ms, step_expr) = draw(lengths), draw(st.just((0, None)) | lengths)
    return Subquery(
        _wrapped(draw(operands)), range_ms, step_ms, draw(shifts()), range_expr, step_expr
    )


def _joined(text: str) -> Call:
    a = VectorSelector("a", (Matcher.equal(METRIC_NAME, "a"),))
    return Call("label_join", (a, *[StringLiteral(text)] * 3))


def _deeper(operands: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    over_windows = st.one_of(windows(), subqueries(operands)).map(lambda w: Call("rate", (w,)))
    signed = operands.map(lambda e: UnaryExpr("-", _wrapped(e)))
    return st.one_of(
        binaries(operands),
        aggregations(operands),
        over_windows,
        signed,
        operands.map(ParenExpr),
        operands.map(lambda e: Call("abs", (e,))),
        texts.map(_joined),
    )


vectors = st.recursive(st.one_of(selectors(), numbers), _deeper, max_leaves=8)


@given(vectors)
def test_text_gives_the_tree_back(tree: Expr) -> None:
    try:
        checked = check(tree, "x" * 10_000)
    except ParseError:
        return  # The strategy does not know of types.
    assert parse(to_text(checked), ALL_FEATURES) == checked
    assert parse(pretty(checked), ALL_FEATURES) == checked
    assert value_type(checked) in ValueType


@given(vectors)
def test_a_checked_tree_is_checked_for_good(tree: Expr) -> None:
    try:
        checked = check(tree, "x" * 10_000)
    except ParseError:
        return
    assert check(_matched(checked), "x" * 10_000) == checked


def _matched(tree: Expr) -> Expr:
    """With a matching on every binary expression, as the parser hands trees to the checker."""
    if isinstance(tree, BinaryExpr):
        matching = tree.matching or VectorMatching()
        return replace(
            tree, left=_matched(tree.left), right=_matched(tree.right), matching=matching
        )
    if isinstance(tree, (ParenExpr, UnaryExpr, Subquery)):
        return replace(tree, expr=_matched(tree.expr))
    if isinstance(tree, Call):
        return replace(tree, args=tuple(map(_matched, tree.args)))
    if isinstance(tree, Aggregation):
        return replace(tree, expr=_matched(tree.expr))
    return tree


@given(st.text())
def test_quoted_text_comes_back(text: str) -> None:
    plain = text.encode("utf-8", "replace").decode()
    assert unquote(go_quote(plain)) == plain


@pytest.mark.parametrize("data", [b"\xc5", b"a\xff\xfe", b"\xed\xa0\x80", b"\x80\n"])
def test_bytes_that_are_no_text_come_back(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    quoted = go_quote(text)
    assert "\\x" in quoted
    assert unquote(quoted) == text
