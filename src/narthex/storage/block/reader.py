"""Reads a block: which series match, and their samples in one read of `pages` for each metric.

Every range is checked before it is used: a flipped bit is a `Corruption` that names file and
offset, never a wrong number.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from narthex.model.label_table import LabelTable
from narthex.model.matcher import Matcher
from narthex.model.symbols import Symbols
from narthex.runtime.filesystem import FileSystem, RangeReader
from narthex.storage.block.meta import (
    INDEX_FILE,
    META_FILE,
    PAGES_FILE,
    BlockMeta,
    read_meta,
)
from narthex.storage.block.pages import ChunkReader
from narthex.storage.block.selection import BlockSelection
from narthex.storage.errors import Corruption
from narthex.storage.index import lookup
from narthex.storage.index.disk import DiskIndex
from narthex.storage.index.lookup import Rows
from narthex.storage.index.sections import ByteCache

CACHE_BYTES = 64 << 20

MATCHED_BYTES = 2048
"""About what an entry of the cache costs whose matchers match nothing."""


@dataclass(frozen=True, slots=True)
class Matched:
    """The series of a block that satisfy some matchers: a block never changes, nor do they."""

    rows: Rows
    labels: LabelTable

    @property
    def memory_bytes(self) -> int:
        """Bytes held, about."""
        ids = sum(column.nbytes for column in self.labels.columns.values())
        return MATCHED_BYTES + self.rows.nbytes + ids


class BlockReader:
    """One open block. Thread-safe. Close it when no selection of it is in use any more."""

    def __init__(
        self,
        meta: BlockMeta,
        index: DiskIndex,
        chunks: ChunkReader,
        files: contextlib.ExitStack,
    ) -> None:
        self.meta, self.index, self._chunks, self._files = meta, index, chunks, files

    @classmethod
    def open(
        cls,
        folder: Path,
        filesystem: FileSystem,
        symbols: Symbols,
        cache: ByteCache | None = None,
    ) -> BlockReader:
        """Open the block in `folder` in two reads; blocks of one store share one `cache`.

        Raises Corruption, OSError.
        """
        meta = read_meta(folder, filesystem)
        if meta.ulid != folder.name:
            raise Corruption(folder / META_FILE, 0, f"it names another block, {meta.ulid}")
        cache = cache or ByteCache(CACHE_BYTES)
        with contextlib.ExitStack() as opened:
            index_file = _open(folder / INDEX_FILE, meta.index_bytes, filesystem, opened)
            pages_file = _open(folder / PAGES_FILE, meta.pages_bytes, filesystem, opened)
            path = folder / INDEX_FILE
            index = DiskIndex(path, index_file, meta.index_bytes, symbols, cache)
            chunks = ChunkReader(folder / PAGES_FILE, pages_file, index)
            return cls(meta, index, chunks, opened.pop_all())

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> BlockSelection:
        """The series that match and have samples in the windows that [start, end] touches."""
        matched = self.index.remembered(
            ("matched", tuple(matchers)),
            lambda: self._matched(lookup.find_rows(self.index, matchers)),
            lambda made: made.memory_bytes + sum(len(m.value) for m in matchers),
        )
        rows = self.index.with_samples(matched.rows, start_ms, end_ms)
        if rows.size < matched.rows.size:
            matched = self._matched(rows)
        return BlockSelection(self.meta, self.index, self._chunks, matched.rows, matched.labels)

    def _matched(self, rows: Rows) -> Matched:
        return Matched(rows, self.index.labels(rows))

    def select_all(self) -> BlockSelection:
        """Every series of the block."""
        rows = self.index.all_rows()
        return BlockSelection(self.meta, self.index, self._chunks, rows, self.index.labels(rows))

    def labels(self) -> LabelTable:
        """The labels of every series."""
        return self.index.labels(self.index.all_rows())

    def label_names(self, matchers: Sequence[Matcher]) -> list[str]:
        """Sorted names of the labels of the series that match."""
        return lookup.label_names(self.index, matchers)

    def label_values(self, name: str, matchers: Sequence[Matcher]) -> list[str]:
        """Sorted values of one label over the series that match."""
        return lookup.label_values(self.index, name, matchers)

    def close(self) -> None:
        """Release the files and what is cached."""
        self.index.close()
        self._files.close()


def _open(
    path: Path, size: int, filesystem: FileSystem, opened: contextlib.ExitStack
) -> RangeReader:
    reader = filesystem.open_range(path)
    opened.callback(reader.close)
    if reader.size() != size:
        raise Corruption(path, reader.size(), f"the file should have {size} bytes")
    return reader
