"""Matchers to rows: the one way in to the head's index and to those of blocks.

Each matcher becomes a set of values to keep or, when it is satisfied by a series that lacks the
label, a set of values to drop; the narrowest set comes first and every other one only looks at what
is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from narthex.model.matcher import Matcher, MatchType
from narthex.storage.index.texts import LabelValues, RegexCache

Rows = NDArray[np.int64]
Codes = NDArray[np.int64]


class LabelIndex(Protocol):
    """Series by row; the values of each label by code (a number of the index's own choosing)."""

    @property
    def size(self) -> int:
        """Rows are below this; some may be in use no longer."""

    @property
    def regexes(self) -> RegexCache:
        """What patterns were found to match before."""

    def all_rows(self) -> Rows:
        """Every row in use, ascending."""

    def names(self) -> list[str]:
        """Sorted names of the labels that any series has."""

    def values(self, name: str) -> LabelValues:
        """The values of one label over all series; none when no series has it."""

    def count(self, name: str, codes: Codes) -> int:
        """About how many rows have one of these values."""

    def keep(self, name: str, codes: Codes, within: Rows | None) -> Rows:
        """The rows (`within`: of those) that have one of these values, ascending."""

    def drop(self, name: str, codes: Codes, within: Rows) -> Rows:
        """The rows of `within` that have none of these values, ascending."""

    def codes_in_use(self, name: str, rows: Rows) -> Codes:
        """The distinct values of one label over these rows, ascending."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows must have one of the values (`keeps`), or must have none of them."""

    name: str
    codes: Codes
    keeps: bool


def find_rows(index: LabelIndex, matchers: Sequence[Matcher]) -> Rows:
    """The rows whose labels satisfy every matcher, int64 ascending."""
    conditions = [condition_of(index, matcher) for matcher in matchers]
    keeping = [condition for condition in conditions if condition.keeps]
    if any(condition.codes.size == 0 for condition in keeping):
        return np.zeros(0, np.int64)
    if len(keeping) > 1:
        keeping.sort(key=lambda condition: index.count(condition.name, condition.codes))
    rows: Rows | None = None
    for condition in keeping:
        rows = index.keep(condition.name, condition.codes, rows)
        if rows.size == 0:
            return rows
    if rows is None:
        rows = index.all_rows()
    for condition in conditions:
        if not condition.keeps and condition.codes.size:
            rows = index.drop(condition.name, condition.codes, rows)
    return rows


def condition_of(index: LabelIndex, matcher: Matcher) -> Condition:
    """A matcher as values to keep or to drop."""
    values = index.values(matcher.name)
    keeps = not matcher.matches_empty
    if matcher.type in (MatchType.EQUAL, MatchType.NOT_EQUAL):
        if not matcher.value:
            return Condition(matcher.name, values.codes, keeps)
        if keeps == matcher.is_negative:
            raise AssertionError("a value that is not empty decides alone")
        return Condition(matcher.name, values.find([matcher.value]), keeps)
    matching = index.regexes.matching(matcher.name, matcher.value, values)
    wanted = matching if keeps != matcher.is_negative else ~matching
    return Condition(matcher.name, values.codes[wanted], keeps)


def label_names(index: LabelIndex, matchers: Sequence[Matcher]) -> list[str]:
    """Sorted names of the labels of all series that match; of all series without matchers."""
    names = index.names()
    if not matchers:
        return names
    rows = find_rows(index, matchers)
    return [name for name in names if rows.size and index.codes_in_use(name, rows).size]


def label_values(index: LabelIndex, name: str, matchers: Sequence[Matcher]) -> list[str]:
    """Sorted values of one label over all series that match; over all series without matchers."""
    values = index.values(name)
    codes = values.codes
    if matchers:
        codes = index.codes_in_use(name, find_rows(index, matchers))
    return sorted(values.texts(codes))
