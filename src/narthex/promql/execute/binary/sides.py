"""Pairs of rows that an operator works on, and the cells that it makes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.promql.execute.frame import FLOAT, Frame

TRIMS = ("</", ">/")
"""They cut histograms off at a value; two floats have no answer."""

Matrix = NDArray[np.float64]
Kinds = NDArray[np.uint8] | None
RowNumbers = NDArray[np.int64]
Numbers = NDArray[np.int32] | None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of pairs: pair p is row `rows[p]` of `values` (float64[n, T]) and the others.

    `kind`, `histogram` and `histograms` are as in a `Frame`.
    """

    values: Matrix
    kind: Kinds
    rows: RowNumbers
    histogram: Numbers = None
    histograms: Histograms | None = None

    @classmethod
    def of(cls, frame: Frame, rows: RowNumbers) -> Side:
        """Rows of a frame."""
        return cls(frame.values, frame.kind, rows, frame.histogram, frame.histograms)

    def taken(self) -> Matrix:
        """The values pair by pair."""
        every_row = np.arange(self.values.shape[0])
        if np.array_equal(self.rows, every_row):
            return self.values
        return self.values[self.rows]

    def kinds(self) -> NDArray[np.uint8]:
        """The kinds pair by pair, made when they were None."""
        if self.kind is None:
            return np.full((self.rows.size, self.values.shape[1]), FLOAT)
        return self.kind[self.rows]


@dataclass(frozen=True, slots=True)
class Operands:
    """The two sides of an operator. A comparison that filters keeps the samples of `kept`."""

    left: Side
    right: Side
    kept: Side

    @property
    def only_floats(self) -> bool:
        """Whether no histogram is among them."""
        return self.left.histograms is None and self.right.histograms is None


@dataclass(frozen=True, slots=True)
class Cells:
    """What pairs give: as the cells of a `Frame`, one row a pair."""

    values: Matrix
    kind: Kinds
    histogram: Numbers = None
    histograms: Histograms | None = None

    def of_series(self, frame: Frame) -> Frame:
        """The series of a frame with these cells."""
        return replace(
            frame,
            values=self.values,
            kind=self.kind,
            histogram=self.histogram,
            histograms=self.histograms,
        )
