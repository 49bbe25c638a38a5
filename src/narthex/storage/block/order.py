"""The order of a block's rows: by metric, then by the other labels in the order of their names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import METRIC_NAME
from narthex.storage.index.writer import Column


def sorted_columns(labels: LabelTable) -> tuple[list[Column], NDArray[np.int64]]:
    """The columns of these series in the order of a block, and that order as rows of `labels`."""
    columns = [
        _column(labels, name)
        for name in sorted(labels.columns, key=lambda name: name.encode("utf-8", "surrogatepass"))
        if labels.columns[name].any()
    ]
    others = [column.codes for column in columns if column.name != METRIC_NAME]
    metric = [column.codes for column in columns if column.name == METRIC_NAME]
    keys = [*reversed(others), *metric]
    order = np.lexsort(keys) if keys else np.arange(labels.size)
    return [Column(c.name, c.texts, c.codes[order]) for c in columns], order


def _column(labels: LabelTable, name: str) -> Column:
    symbols, at = _distinct(labels.columns[name])
    texts = [text.encode("utf-8", "surrogatepass") for text in labels.symbols.texts(symbols)]
    ranked = sorted(range(len(texts)), key=texts.__getitem__)
    # The empty text sorts first: without it among the values, codes begin at 1 all the same.
    absent = int(texts[ranked[0]] == b"")
    codes = np.empty(len(texts), np.int64)
    codes[ranked] = np.arange(len(texts)) + (1 - absent)
    return Column(name, [texts[k] for k in ranked[absent:]], codes[at])


def _distinct(ids: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The distinct ids, ascending, and the place of each id among them; ids are dense, from 0."""
    used = np.zeros(int(ids.max(initial=0)) + 1, np.bool_)
    used[ids] = True
    place = np.cumsum(used) - 1
    return np.flatnonzero(used).astype(np.int32), place[ids]
