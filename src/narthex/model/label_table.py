"""Many series at once: one int32 column of symbol ids for each label name.

This is how storage hands series to the engine and how the engine groups and matches them: `by`,
`without`, `on` and `ignoring` work on id columns, and a `Labels` object is made only for a series
that leaves the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from narthex.model.kernels.hashing import group_rows
from narthex.model.labels import Labels
from narthex.model.symbols import EMPTY, SymbolReader

Ids = NDArray[np.int32]


@dataclass(frozen=True)
class LabelTable:
    """`size` series; `columns[name]` is int32[size], `EMPTY` where a series lacks the label.

    Column arrays are never written to after the table is made and may be shared between tables.
    """

    symbols: SymbolReader
    columns: Mapping[str, Ids]
    size: int = field(default=-1)

    def __post_init__(self) -> None:
        if self.size < 0:
            sizes = {column.size for column in self.columns.values()}
            assert len(sizes) == 1, "a table without columns is told its size"
            object.__setattr__(self, "size", sizes.pop())
        assert all(column.size == self.size for column in self.columns.values())

    @classmethod
    def from_labels(cls, symbols: SymbolReader, series: Sequence[Labels]) -> LabelTable:
        """A table of these series, in order; texts are interned."""
        columns: dict[str, Ids] = {}
        for row, labels in enumerate(series):
            for name, value in labels:
                column = columns.get(name)
                if column is None:
                    column = columns[name] = np.zeros(len(series), np.int32)
                column[row] = symbols.intern(value)
        return cls(symbols, columns, len(series))

    @classmethod
    def unlabelled(cls, symbols: SymbolReader, size: int = 1) -> LabelTable:
        """`size` series without any label."""
        return cls(symbols, {}, size)

    def __len__(self) -> int:
        return self.size

    def column(self, name: str) -> Ids:
        """The ids of one label, all `EMPTY` when no series has it."""
        column = self.columns.get(name)
        return np.zeros(self.size, np.int32) if column is None else column

    def take(self, rows: NDArray[np.integer] | slice | NDArray[np.bool_]) -> LabelTable:
        """The series of these rows (indices, a slice, or a mask), in that order."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        if isinstance(rows, slice):
            size = len(range(*rows.indices(self.size)))
        else:
            size = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else rows.size
        return LabelTable(self.symbols, columns, size)

    def keep(self, names: Iterable[str]) -> LabelTable:
        """Only the labels named."""
        wanted = set(names)
        columns = {name: ids for name, ids in self.columns.items() if name in wanted}
        return LabelTable(self.symbols, columns, self.size)

    def drop(self, names: Iterable[str]) -> LabelTable:
        """All labels but those named."""
        unwanted = set(names)
        columns = {name: ids for name, ids in self.columns.items() if name not in unwanted}
        return LabelTable(self.symbols, columns, self.size)

    def with_column(self, name: str, ids: Ids) -> LabelTable:
        """The same with one label set to `ids`, int32[size]."""
        return LabelTable(self.symbols, {**self.columns, name: ids}, self.size)

    def matrix(self, names: Sequence[str] | None = None) -> NDArray[np.int32]:
        """The columns of `names` (all, in name order) side by side, int32[size, names]."""
        chosen = sorted(self.columns) if names is None else names
        rows = np.zeros((self.size, len(chosen)), np.int32)
        for j, name in enumerate(chosen):
            if name in self.columns:
                rows[:, j] = self.columns[name]
        return rows

    def groups(self) -> tuple[Ids, NDArray[np.int64]]:
        """Number the distinct series: int32[size] group of each row, and each group's first row.

        Groups are numbered in order of appearance. Use `keep` or `drop` before to group by labels.
        """
        group_of_row = np.zeros(self.size, np.int32)
        first_row = np.zeros(max(self.size, 1), np.int64)
        count = group_rows(self.matrix(), group_of_row, first_row) if self.size else 0
        return group_of_row, first_row[:count].copy()

    def labels(self, row: int) -> Labels:
        """One series as an object."""
        ids = ((name, int(column[row])) for name, column in self.columns.items())
        return Labels((name, self.symbols.text(symbol)) for name, symbol in ids if symbol != EMPTY)

    def to_labels(self) -> list[Labels]:
        """All series as objects; each column's distinct texts are decoded once."""
        names = sorted(self.columns)
        texts = [self.symbols.texts(self.columns[name]) for name in names]
        if not names:
            return [Labels() for _ in range(self.size)]
        return [Labels(zip(names, row, strict=True)) for row in zip(*texts, strict=True)]

    @staticmethod
    def concat(tables: Sequence[LabelTable]) -> LabelTable:
        """The series of several tables over the same symbols, one after the other."""
        assert tables
        assert all(table.symbols is tables[0].symbols for table in tables)
        names = sorted({name for table in tables for name in table.columns})
        columns = {name: np.concatenate([table.column(name) for table in tables]) for name in names}
        return LabelTable(tables[0].symbols, columns, sum(table.size for table in tables))
