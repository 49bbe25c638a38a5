"""Cells that hold native histograms: taken out of a frame as a list, and put into one.

Operators compute on such lists, a row of `Histograms` a cell, never on a histogram alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import Histograms
from narthex.model.label_table import LabelTable
from narthex.promql.execute.frame import ABSENT, FLOAT, HISTOGRAM, Frame

Rows = NDArray[np.int64]
Numbers = NDArray[np.int32]
Cells = tuple[Numbers | None, Histograms | None]
"""`histogram` and `histograms` of a frame."""


@dataclass(frozen=True, slots=True)
class HistogramCells:
    """k cells at `row`, `step` (int64[k], row by row); `number` int64[k]: rows of `histograms`."""

    row: Rows
    step: Rows
    number: Rows
    histograms: Histograms

    @classmethod
    def of(cls, frame: Frame) -> HistogramCells:
        """All of a frame that has histograms."""
        assert frame.histogram is not None
        assert frame.histograms is not None
        row, step = np.nonzero(frame.histogram >= 0)
        return cls(row, step, frame.histogram[row, step].astype(np.int64), frame.histograms)

    def taken(self) -> Histograms:
        """One histogram a cell, in their order."""
        return self.histograms.take(self.number)

    def where(self, chosen: NDArray[np.bool_]) -> HistogramCells:
        """Some of the cells."""
        return HistogramCells(
            self.row[chosen], self.step[chosen], self.number[chosen], self.histograms
        )


def with_floats(frame: Frame, cells: HistogramCells, values: NDArray[np.float64]) -> Frame:
    """The series of `frame` with a float (float64[k]) in each of `cells` and nothing elsewhere."""
    out = np.zeros(frame.values.shape)
    kind = np.zeros(frame.values.shape, np.uint8)
    out[cells.row, cells.step] = values
    kind[cells.row, cells.step] = FLOAT
    return frame.with_values(out, kind)


def with_histograms(frame: Frame, row: Rows, step: Rows, histograms: Histograms) -> Frame:
    """A frame of floats with histograms put where it has no float."""
    if not len(histograms):
        return frame
    kind = frame.kinds().copy()
    kind[row, step] = HISTOGRAM
    number = np.full(kind.shape, -1, np.int32)
    number[row, step] = np.arange(row.size)
    values = np.where(kind == FLOAT, frame.values, 0.0)
    return replace(frame, values=values, kind=kind, histogram=number, histograms=histograms)


def where_kept(frame: Frame, kind: NDArray[np.uint8] | None) -> Frame:
    """The same cells, but only those that `kind` (uint8[n, T], None: all) still has."""
    if frame.histogram is None or kind is None:
        return replace(frame, kind=kind if frame.histogram is None else frame.kind)
    number = np.where(kind == ABSENT, np.int32(-1), frame.histogram)
    kept = np.where((kind != ABSENT) & (number >= 0), np.uint8(HISTOGRAM), kind)
    return replace(frame, kind=kept, histogram=number)


def below_each_other(whole: Frame, parts: Sequence[tuple[slice, Frame]]) -> Frame:
    """`whole` with the histograms of batches, each at its rows."""
    number = np.full(whole.values.shape, -1, np.int32)
    used = 0
    for rows, frame in parts:
        assert frame.histogram is not None
        number[rows] = np.where(frame.histogram >= 0, frame.histogram + np.int32(used), -1)
        used += len(frame.histograms or ())
    histograms = Histograms.concat([f.histograms for _, f in parts if f.histograms is not None])
    return replace(whole, histogram=number, histograms=histograms)


def below(frames: Sequence[Frame]) -> Frame:
    """The rows of several frames, one below the other."""
    dense = all(frame.kind is None for frame in frames)
    return Frame(
        LabelTable.concat([frame.labels for frame in frames]),
        np.concatenate([frame.values for frame in frames]),
        None if dense else np.concatenate([frame.kinds() for frame in frames]),
        np.concatenate([frame.drop_name for frame in frames]),
        False,
        *_joined(frames),
    )


def _joined(frames: Sequence[Frame]) -> Cells:
    if all(frame.histograms is None for frame in frames):
        return None, None
    numbers, parts, used = [], [], 0
    for frame in frames:
        if frame.histogram is None or frame.histograms is None:
            numbers.append(np.full(frame.values.shape, -1, np.int32))
            continue
        numbers.append(np.where(frame.histogram >= 0, frame.histogram + np.int32(used), -1))
        parts.append(frame.histograms)
        used += len(frame.histograms)
    return np.concatenate(numbers).astype(np.int32, copy=False), Histograms.concat(parts)


def laid_over(frame: Frame, group_of_row: NDArray[np.int32], groups: int) -> Cells:
    """The histograms of rows that become one row a group; no two of a group at one step."""
    if frame.histogram is None:
        return None, None
    row, step = np.nonzero(frame.histogram >= 0)
    numbers = np.full((groups, frame.steps), -1, np.int32)
    numbers[group_of_row[row], step] = frame.histogram[row, step]
    return numbers, frame.histograms
