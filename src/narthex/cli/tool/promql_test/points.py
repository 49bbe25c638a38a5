"""The points of a series as a test file writes them: `1 2 _ 3x5 0+10x3 {{count:2}}x4 stale`.

Point i of a loaded series is at i times the step of the load; of an expected one, at i steps from
the start of the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from narthex.cli.tool.promql_test.errors import BadItem
from narthex.cli.tool.promql_test.histogram_literal import parse_histogram
from narthex.model.histogram import Histogram, IncompatibleHistograms
from narthex.model.value import STALE_NAN
from narthex.promql.syntax.numbers import BadNumber, parse_number

POINTS_MAX = 10_000_000
"""Repetitions beyond this are a mistake in the file, not a series."""

_NUMBER = r"(?:[Ii][Nn][Ff]|[Nn][Aa][Nn]|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_HISTOGRAM = r"\{\{[^{}]*\}\}"
_ITEM = re.compile(
    rf"""(?: (?P<gap>_) | (?P<stale>stale)
       | (?P<value>[+-]?{_NUMBER}) (?P<step>[+-]{_NUMBER}(?=x))?
       | (?P<histogram>{_HISTOGRAM}) (?:(?P<sign>[+-])(?P<change>{_HISTOGRAM})(?=x))? )
       (?:x(?P<times>\d+))? (?=\s|$)""",
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Point:
    """A float, a histogram, or neither: a gap. `has_hint`: the literal named a reset hint."""

    value: float | None = None
    histogram: Histogram | None = None
    has_hint: bool = False

    @property
    def is_gap(self) -> bool:
        """Whether there is no sample."""
        return self.value is None and self.histogram is None

    def __str__(self) -> str:
        if self.histogram is not None:
            return self.histogram.literal()
        return "_" if self.value is None else f"{self.value:g}"


GAP = Point()


def parse_points(text: str) -> list[Point]:
    """All points of a line behind its series. Raises BadItem."""
    points: list[Point] = []
    i = _SPACE.match(text).end()  # type: ignore[union-attr]
    while i < len(text):
        item = _ITEM.match(text, i)
        if item is None:
            raise BadItem(f"unexpected {text[i : i + 20]!r} in series values")
        points += _expanded(item)
        i = _SPACE.match(text, item.end()).end()  # type: ignore[union-attr]
    return points


def _expanded(item: re.Match[str]) -> Iterator[Point]:
    times = int(item["times"] or 0)
    if times > POINTS_MAX:
        raise BadItem(f"{times} repetitions in series values")
    if item["gap"]:
        # A gap is repeated as often as it says, a value once more: it stands for itself too.
        return iter([GAP] * (times if item["times"] else 1))
    if item["stale"]:
        return iter([Point(STALE_NAN)] * (times + 1))
    if item["histogram"]:
        return _histograms(item, times)
    return _floats(_number(item["value"]), _number(item["step"] or "0"), times)


def _floats(value: float, step: float, times: int) -> Iterator[Point]:
    for _ in range(times + 1):
        yield Point(value)
        value += step


def _histograms(item: re.Match[str], times: int) -> Iterator[Point]:
    histogram, has_hint = parse_histogram(item["histogram"])
    if item["change"] is None:
        yield from [Point(None, histogram, has_hint)] * (times + 1)
        return
    change, has_hint = parse_histogram(item["change"])
    combine = Histogram.plus if item["sign"] == "+" else Histogram.minus
    yield Point(None, histogram, has_hint)
    for _ in range(times):
        if histogram.schema > change.schema:
            raise BadItem(
                f"error combining histograms: cannot merge from schema {change.schema} "
                f"to {histogram.schema}"
            )
        try:
            histogram = combine(histogram, change)
        except IncompatibleHistograms as error:
            raise BadItem(str(error)) from error
        yield Point(None, histogram, has_hint)


def _number(text: str) -> float:
    negative, digits = text.startswith("-"), text.lstrip("+-")
    try:
        value = parse_number(digits)
    except BadNumber as error:
        raise BadItem(str(error)) from error
    return -value if negative else value
