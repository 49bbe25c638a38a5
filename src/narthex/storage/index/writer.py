"""Writes the index of a block from columns that are in the order of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.labels import METRIC_NAME
from narthex.runtime.filesystem import AppendFile
from narthex.storage.index.dictionary import encode_dictionary
from narthex.storage.index.directory import (
    INDEX_MAGIC,
    SEGMENT_ROWS,
    Directory,
    write_directory,
)
from narthex.storage.index.layout import encode_cells, encode_segment, encode_timelines
from narthex.storage.index.sections import Place, SectionWriter, compress


@dataclass(frozen=True, slots=True)
class Column:
    """One label of all rows: `codes` int64[rows] into `texts` (ascending, differing) from 1."""

    name: str
    texts: list[bytes]
    codes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WindowTimes:
    """One window: a cell for each row, and the timelines that cells name."""

    cells: NDArray[np.uint32]
    counts: Sequence[int]
    timelines: Sequence[bytes]


def write_index(
    file: AppendFile,
    columns: Sequence[Column],
    windows: Sequence[WindowTimes],
    chunk_bytes: NDArray[np.int64],
    *,
    start_ms: int,
    window_ms: int,
) -> None:
    """Write the whole file: sections, directory, footer. `columns` are sorted by name."""
    series = windows[0].cells.size
    file.write(INDEX_MAGIC)
    sections = SectionWriter(file)
    dictionaries = [
        (*sections.add(encode_dictionary(column.texts)), len(column.texts)) for column in columns
    ]
    metrics = sections.add(compress(metric_rows(columns, series).astype("<u4").tobytes()))
    segments: list[Place] = []
    cells: list[list[Place]] = []
    for start in range(0, series, SEGMENT_ROWS):
        rows = slice(start, start + SEGMENT_ROWS)
        parts = [(k, column.codes[rows], len(column.texts)) for k, column in enumerate(columns)]
        segments.append(sections.add(encode_segment(parts)))
        cells.append([sections.add(encode_cells(window.cells[rows])) for window in windows])
    timelines = [
        (*sections.add(encode_timelines(w.counts, w.timelines)), len(w.counts)) for w in windows
    ]
    chunks = sections.add(compress(chunk_bytes.astype("<u4").tobytes()))
    names = [column.name for column in columns]
    write_directory(
        file,
        Directory(
            series, len(windows), start_ms, window_ms, SEGMENT_ROWS, names, dictionaries, metrics,
            segments, cells, timelines, chunks,
        ),
    )  # fmt: skip


def metric_rows(columns: Sequence[Column], series: int) -> NDArray[np.int64]:
    """Where the rows of each metric begin, those without a metric first, and the end."""
    for column in columns:
        if column.name == METRIC_NAME:
            codes = np.arange(len(column.texts) + 2)
            return np.searchsorted(column.codes, codes).astype(np.int64)
    return np.array([0, series], np.int64)
