"""Each pass on the queries that it is for; plans are compared as trees, positions left aside."""

from __future__ import annotations

import math

import pytest

from narthex.promql.errors import ExecutionError
from narthex.promql.plan.durations import settle_durations
from narthex.promql.plan.edges import settle_edges
from narthex.promql.plan.folding import fold_constants
from narthex.promql.plan.invariant import mark_invariant
from narthex.promql.plan.nodes import PlanNode, PresenceOnly, Shared, StepInvariant
from narthex.promql.plan.plan import prepare
from narthex.promql.plan.projection import mark_presence
from narthex.promql.plan.rewrite import below, bottom_up
from narthex.promql.plan.sharing import mark_common
from narthex.promql.steps import QueryRange
from narthex.promql.syntax.depth import DEPTH_MAX
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.nodes import Aggregation, NumberLiteral, VectorSelector
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.stream import NESTING_MAX

QUERY = QueryRange(1_000_000, 4_600_000, 30_000)


def tree(text: str) -> PlanNode:
    return parse(text, ALL_FEATURES)


@pytest.mark.parametrize(
    ("written", "settled"),
    [
        ("x[step() * 2]", "x[1m]"),
        ("x[range() / 2]", "x[30m]"),
        ("x offset -(1m + 30s)", "x offset -90s"),
        ("x[min_of(step(), 5m)]", "x[30s]"),
        ("x[max_of(step(), 5m)]", "x[5m]"),
        ("sum_over_time(x[9m:step() * 4] offset (2m % 90s))", "sum_over_time(x[9m:2m] offset 30s)"),
        ("x[2 ^ 3]", "x[8s]"),
        ("sum(rate(x[5m]))", "sum(rate(x[5m]))"),
    ],
)
def test_durations_are_settled(written: str, settled: str) -> None:
    assert settle_durations(tree(written), QUERY, written) == tree(settled)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x[step() - 1m]", "1:3: duration must be greater than 0"),
        ("x[1m / (step() - 30s)]", "1:3: division by zero"),
        ("x[1m % (step() - 30s)]", "1:3: modulo by zero"),
        ("x offset (10y ^ 10y)", "duration is out of range"),
    ],
)
def test_a_duration_without_a_value_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ExecutionError, match=fault):
        settle_durations(tree(text), QUERY, text)


def test_edges_are_those_of_the_query_also_inside_subqueries() -> None:
    written = tree("x @ start() + max_over_time((y @ end())[5m:1m] @ start())")
    settled = tree("x @ 1000 + max_over_time((y @ 4600)[5m:1m] @ 1000)")
    assert settle_edges(written, QUERY) == settled


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("5 * 60", 300.0), ("-(2)", -2.0), ("+3", 3.0), ("1 + 2 - 4", -1.0), ("10 / 4", 2.5),
    ],
)  # fmt: skip
def test_literals_are_folded(written: str, folded: float) -> None:
    assert fold_constants(tree(written)) == NumberLiteral(folded)


@pytest.mark.parametrize("text", ["1 / 0", "2 ^ 3", "5 % 3", "1 == bool 2", "x + 1", "time() * 2"])
def test_what_needs_evaluation_is_left(text: str) -> None:
    assert fold_constants(tree(text)) == tree(text)


def test_folding_reaches_into_operands() -> None:
    assert fold_constants(tree("x * (60 * 60)")) == fold_constants(tree("x * 3600"))


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("x @ 10", True),
        ("sum(x @ 10)", True),
        ("rate(x[5m] @ 10)", True),
        ("max_over_time(x[5m:1m] @ 10)", True),
        ("x @ 10 + 1", True),
        ("vector(1)", True),
        ("x", False),
        ("timestamp(x @ 10)", False),
        ("predict_linear(x[5m] @ 10, 60)", False),
        ("time()", False),
        ("1", False),
        ("-(2)", False),
    ],
)
def test_what_never_changes_is_marked(text: str, marked: bool) -> None:
    assert isinstance(mark_invariant(tree(text)), StepInvariant) == marked


def test_the_largest_invariant_part_is_marked_and_nothing_inside_it() -> None:
    plan = mark_invariant(tree("x + sum(y @ 10)"))
    assert plan == below(tree("x + sum(y @ 10)"), mark_invariant)
    marks: list[PlanNode] = []

    def note(node: PlanNode) -> PlanNode:
        marks.append(node)
        return node

    bottom_up(plan, note)
    assert [m.expr for m in marks if isinstance(m, StepInvariant)] == [tree("sum(y @ 10)")]


@pytest.mark.parametrize("text", ["count(x)", "group by (a) ((x))", "count without (a) (x)"])
def test_counting_needs_no_values(text: str) -> None:
    plan = mark_presence(tree(text))
    assert isinstance(plan, Aggregation)
    assert isinstance(plan.expr, PresenceOnly)
    assert isinstance(plan.expr.selector, VectorSelector)


@pytest.mark.parametrize("text", ["sum(x)", "count(x > 1)", "count(rate(x[5m]))", "count(-x)"])
def test_values_that_are_looked_at_are_kept(text: str) -> None:
    assert mark_presence(tree(text)) == tree(text)


def test_the_deepest_tree_that_parses_can_be_planned() -> None:
    nested = NESTING_MAX - 1
    for text in (
        "+".join(["x"] * (DEPTH_MAX - 1)),
        "-" * nested + "x",
        "(" * nested + "x" + ")" * nested,
        "abs(" * nested + "x" + ")" * nested,
    ):
        prepare(parse(text), text).settled(QUERY)


def test_only_what_names_the_range_is_settled_for_each_query() -> None:
    plain = prepare(parse("count(rate(x[5m]))"), "")
    assert plain.settled(QUERY) is plain.plan
    edged = prepare(parse("count(x @ end())"), "")
    assert edged.settled(QUERY) == prepare(parse("count(x @ 4600)"), "").plan


def test_an_unchanged_tree_is_the_same_object() -> None:
    written = tree("sum by (a) (rate(x[5m])) / count(y)")
    assert bottom_up(written, lambda node: node) is written
    assert math.isclose(QUERY.steps().count, 121)


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("sum(rate(x[5m])) / sum(rate(x[5m]))", ["sum(rate(x[5m]))"] * 2),
        ("sum(x) / count(y)", []),
        ("x / x", ["x", "x"]),
        ("sum(x) / avg(x)", []),
        ("absent(x) + x", []),
        ("topk(1, x) + topk(2, x)", ["x", "x"]),
        ("abs(sum(x)) - sum(x)", ["sum(x)"] * 2),
        ("sum(abs(max(x))) + max(x)", ["max(x)"] * 2),
        ("(a + sum(x)) / (b + sum(x))", ["sum(x)"] * 2),
        ("vector(1) + vector(1)", []),
    ],
)
def test_what_is_written_twice_is_shared(text: str, shared: list[str]) -> None:
    marks: list[PlanNode] = []

    def note(node: PlanNode) -> PlanNode:
        marks.append(node)
        return node

    bottom_up(mark_common(tree(text)), note)
    assert [m.expr for m in marks if isinstance(m, Shared)] == [tree(part) for part in shared]
