"""Which series make one: rows grouped by some of their labels, on columns of ids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import METRIC_NAME
from narthex.promql.execute.stream import Stream
from narthex.promql.syntax.nodes import Aggregation


@dataclass(frozen=True, slots=True)
class Groups:
    """`labels`: one row a group; `of_row` int32[n]: the group of each series.

    `drop_name`: a group loses its name when one of its series would.
    """

    labels: LabelTable
    of_row: NDArray[np.int32]
    drop_name: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many groups."""
        return len(self.labels)

    def members(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows sorted by group, int64[n], and the bounds of each group there, int64[count + 1]."""
        rows = np.argsort(self.of_row, kind="stable").astype(np.int64)
        bounds = np.zeros(self.count + 1, np.int64)
        np.cumsum(np.bincount(self.of_row, minlength=self.count), out=bounds[1:])
        return rows, bounds


def groups_of(stream: Stream, node: Aggregation) -> Groups:
    """The groups of `by` or `without`; without either all series are one group."""
    if node.without:
        kept = stream.labels.drop((*node.grouping, METRIC_NAME))
    else:
        kept = stream.labels.keep(node.grouping)
    of_row, first_row = kept.groups()
    drop_name = np.zeros(first_row.size, np.bool_)
    if stream.drop_name.any():
        np.logical_or.at(drop_name, of_row, stream.drop_name)
    return Groups(kept.take(first_row), of_row, drop_name)
