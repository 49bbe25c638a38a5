"""Who may meet whom: both sides' series grouped by the labels that must agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import METRIC_NAME, quote, quote_name
from narthex.promql.syntax.nodes import VectorMatching

GroupNumbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class MatchGroups:
    """`of_left`, `of_right`: the group of each row; groups of both sides are numbered together.

    `labels`: the labels that agree, one row a group.
    """

    labels: LabelTable
    of_left: GroupNumbers
    of_right: GroupNumbers

    @property
    def count(self) -> int:
        """How many groups."""
        return len(self.labels)


def match_groups(left: LabelTable, right: LabelTable, matching: VectorMatching) -> MatchGroups:
    """Group by `on(labels)`, or by all but `ignoring(labels)` and the name."""
    if matching.on:
        both = LabelTable.concat([left.keep(matching.labels), right.keep(matching.labels)])
    else:
        ignored = (*matching.labels, METRIC_NAME)
        both = LabelTable.concat([left.drop(ignored), right.drop(ignored)])
    of_row, first_row = both.groups()
    return MatchGroups(both.take(first_row), of_row[: len(left)], of_row[len(left) :])


def described(labels: LabelTable, row: int) -> str:
    """One series as error messages show it: every label in braces, the name too."""
    pairs = (f"{quote_name(name)}={quote(value)}" for name, value in labels.labels(row))
    return "{" + ", ".join(pairs) + "}"
