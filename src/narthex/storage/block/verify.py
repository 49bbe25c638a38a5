"""Reads a whole block to see that every range of it is what was written."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np

from narthex.model.symbols import Symbols
from narthex.runtime.filesystem import FileSystem
from narthex.storage.block.reader import BlockReader

ROWS_AT_ONCE = 1024
"""Bounds the memory of a check; a read of many rows is one range of the file a metric."""


def verify_block(folder: Path, filesystem: FileSystem) -> None:
    """Return when every label and every sample of the block can be read.

    Raises Corruption for the first range that cannot, OSError.
    """
    reader = BlockReader.open(folder, filesystem, Symbols())
    with contextlib.closing(reader):
        selection = reader.select_all()
        series = len(selection.labels)
        meta = reader.meta
        for first in range(0, series, ROWS_AT_ONCE):
            rows = np.arange(first, min(series, first + ROWS_AT_ONCE), dtype=np.int64)
            selection.read(rows, meta.min_time_ms, meta.max_time_ms)
