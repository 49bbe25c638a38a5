"""Doubts beside an answer, and the places they point at."""

from __future__ import annotations

import pytest

from narthex.promql.annotations import Annotations
from narthex.promql.position import Span, place

QUERY = "a +\n  bc"


@pytest.mark.parametrize(
    ("query", "offset", "expected"),
    [
        (QUERY, 0, "1:1"),
        (QUERY, 3, "1:4"),
        (QUERY, 4, "2:1"),
        (QUERY, 7, "2:4"),
        ("é𝄞x", 2, "1:7"),
        ("\n\n", 2, "3:1"),
        ("", 0, "1:1"),
    ],
)
def test_columns_count_bytes(query: str, offset: int, expected: str) -> None:
    assert place(query, offset) == expected


def test_a_doubt_counts_once_a_place() -> None:
    doubts = Annotations()
    for start in (0, 6, 0):
        doubts.warn("odd", Span(start, start + 1))
    doubts.info("odd", Span(0, 1))
    warnings = ["PromQL warning: odd (1:1)", "PromQL warning: odd (2:3)"]
    assert doubts.rendered_warnings(QUERY) == warnings
    assert doubts.rendered_infos(QUERY) == ["PromQL info: odd (1:1)"]


def test_more_than_ten_are_counted() -> None:
    doubts = Annotations()
    for i in range(13):
        doubts.info(f"doubt {i}", Span(0, 1))
    shown = doubts.rendered_infos(QUERY)
    assert len(shown) == 11
    assert shown[-1] == "3 more info annotations omitted"
    assert len(doubts.rendered_infos(QUERY, 0)) == 13
