"""Long queries over several lines."""

from __future__ import annotations

from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.pretty import pretty

WORD = "a_rather_long_name_of_a_metric"


def laid_out(text: str) -> str:
    return pretty(parse(text, ALL_FEATURES))


def test_what_fits_stays_on_one_line() -> None:
    text = "x" * 100
    assert laid_out(f"  {text}") == text
    assert laid_out("sum( a )by(b)+1") == "sum by (b) (a) + 1"


def test_parts_of_what_does_not_fit_go_a_level_deeper() -> None:
    text = (
        f'sum by (job) (rate({WORD}_one{{job="x"}}[5m])) / on (job) group_left () ({WORD} + {WORD})'
    )
    assert laid_out(text).splitlines() == [
        f'  sum by (job) (rate({WORD}_one{{job="x"}}[5m]))',
        "/ on (job) group_left ()",
        f"  ({WORD} + {WORD})",
    ]


def test_calls_aggregations_and_parentheses_are_opened() -> None:
    replaced = f'label_replace({WORD}, "destination", "$1", "source", "(.*)")'
    text = f"topk(3, {replaced} + (-{WORD} - {WORD} - {WORD}))"
    assert laid_out(text).splitlines() == [
        "topk(",
        "  3,",
        f'    label_replace({WORD}, "destination", "$1", "source", "(.*)")',
        "  +",
        f"    (-{WORD} - {WORD} - {WORD})",
        ")",
    ]


def test_a_subquery_keeps_its_brackets_behind_what_it_opens() -> None:
    text = f"max_over_time(sum({WORD} + {WORD} + {WORD} + {WORD})[1h:5m] offset 1m)"
    lines = laid_out(text).splitlines()
    assert lines[:2] == ["max_over_time(", "  sum("]
    assert lines[-2:] == ["  )[1h:5m] offset 1m", ")"]


def test_a_sign_stands_before_what_it_opens() -> None:
    text = f"-({WORD} + {WORD} + {WORD} + {WORD})"
    assert laid_out(text).startswith("-(\n")
    assert laid_out(text).endswith("\n)")
