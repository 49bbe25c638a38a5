"""Chunks of a block by number: neighbours in one read, each checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from narthex.runtime.filesystem import RangeReader
from narthex.storage.block.writer import PAGES_MAGIC
from narthex.storage.errors import Corruption
from narthex.storage.index.disk import DiskIndex
from narthex.storage.page.chunk import Chunk

GAP_BYTES_MAX = 256 << 10
"""Reading on over an unwanted gap costs less than another read, on a disk and on a bucket."""

READ_BYTES_MAX = 16 << 20


class ChunkReader:
    """Reads the file `pages`. Thread-safe."""

    def __init__(self, path: Path, reader: RangeReader, index: DiskIndex) -> None:
        self._path, self._reader, self._index = path, reader, index

    def read(self, numbers: NDArray[np.int64]) -> Iterator[Chunk]:
        """The chunks of these ascending numbers, in order. Raises Corruption."""
        offsets = self._index.chunk_offsets
        starts = (offsets[numbers] + len(PAGES_MAGIC)).tolist()
        ends = (offsets[numbers + 1] + len(PAGES_MAGIC)).tolist()
        first = 0
        for k in range(1, len(starts) + 1):
            if (
                k == len(starts)
                or starts[k] - ends[k - 1] > GAP_BYTES_MAX
                or ends[k] - starts[first] > READ_BYTES_MAX
            ):
                yield from self._read_run(starts[first:k], ends[first:k])
                first = k

    def _read_run(self, starts: list[int], ends: list[int]) -> Iterator[Chunk]:
        base, length = starts[0], ends[-1] - starts[0]
        data = self._reader.read(base, length)
        if len(data) != length:
            raise Corruption(self._path, base, "the file ends within a chunk")
        for start, end in zip(starts, ends, strict=True):
            yield Chunk.open(data[start - base : end - base], self._path, start)
