"""Complete rows out of memory: runs as chunks in the head's own append-only files.

The files are a cache of what the log holds (`docs/formats/head.md`): a start removes them, and
they are never synced. A file is removed when no run that anyone may read lies in it any more.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from narthex.model.value import STALE_NAN_BITS
from narthex.runtime.filesystem import AppendFile, FileSystem, RangeReader
from narthex.storage.errors import Corruption, StorageClosed
from narthex.storage.head.kernels import transpose_present
from narthex.storage.head.rows import FullRows, Times, Values
from narthex.storage.page.chunk import SERIES_PER_CHUNK, Chunk, encode_chunk

FILE_BYTES = 64 << 20


class PagesFile:
    """One file of chunks; its name goes when `retire` is called, its bytes with the last reader."""

    def __init__(
        self, path: Path, filesystem: FileSystem, file: AppendFile, reader: RangeReader
    ) -> None:
        self.path = path
        self._filesystem = filesystem
        self._file = file
        self._reader = reader

    @classmethod
    def make(cls, path: Path, filesystem: FileSystem) -> PagesFile:
        """A new file. Raises OSError."""
        file = filesystem.open_append(path)
        try:
            return cls(path, filesystem, file, filesystem.open_range(path))
        except OSError:
            file.close()
            raise

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._file.size()

    def append(self, data: bytes) -> int:
        """Write; returns where it begins. Raises OSError, and then nothing is there."""
        at = self._file.size()
        try:
            self._file.write(data)
        except OSError:
            self._file.truncate(at)
            raise
        return at

    def read(self, offset: int, length: int) -> bytes:
        """Exactly these bytes. Raises Corruption when the file is shorter."""
        data = self._reader.read(offset, length)
        if len(data) != length:
            raise Corruption(self.path, offset, f"{len(data)} bytes where {length} were written")
        return data

    def retire(self) -> None:
        """Remove the name; readers that hold the file still read it."""
        self._filesystem.remove(self.path)

    def __del__(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
            self._reader.close()


@dataclass(frozen=True, slots=True)
class SealedRun:
    """A run in a file: chunk `g`, of 64 columns, lies from `offset + bounds[g]` to the next."""

    times: Times
    present: Values | None
    columns: int
    file: PagesFile
    offset: int
    bounds: NDArray[np.uint32]
    has_markers: bool

    def _starts(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.present is None:
            return np.arange(columns.size + 1) * self.times.size
        starts = np.zeros(columns.size + 1, np.int64)
        np.cumsum(np.bitwise_count(self.present[columns]), out=starts[1:])
        return starts

    def read_presence(self, columns: NDArray[np.int64]) -> tuple[Values, NDArray[np.int64]]:
        """As `read`, where of the values only the stale markers are right: most often no I/O."""
        if self.has_markers:
            return self.read(columns)
        starts = self._starts(columns)
        return np.zeros(int(starts[-1]), np.uint64), starts

    def read(self, columns: NDArray[np.int64]) -> tuple[Values, NDArray[np.int64]]:
        """The samples of these columns (ascending), and int64[n + 1] bounds. Raises Corruption."""
        starts = self._starts(columns)
        packed = np.empty(int(starts[-1]))
        groups, firsts = np.unique(columns // SERIES_PER_CHUNK, return_index=True)
        ends = [*firsts[1:].tolist(), columns.size]
        for group, first, end in zip(groups.tolist(), firsts.tolist(), ends, strict=True):
            chunk = self._chunk(group)
            wanted = columns[first:end] - group * SERIES_PER_CHUNK
            expected = np.diff(starts[first : end + 1])
            if not np.array_equal(chunk.counts[wanted], expected):
                raise Corruption(
                    self.file.path, self.offset, "a chunk has other counts than written"
                )
            chunk.decode(wanted, packed, starts[first:end])
        return packed.view(np.uint64), starts

    def _chunk(self, group: int) -> Chunk:
        begin, end = int(self.bounds[group]), int(self.bounds[group + 1])
        at = self.offset + begin
        return Chunk.open(self.file.read(at, end - begin), self.file.path, at)


class PagesFolder:
    """The head's folder: seals runs into its newest file. Thread-safe."""

    def __init__(self, folder: Path, filesystem: FileSystem) -> None:
        filesystem.remove_tree(folder)
        filesystem.make_directory(folder)
        self._folder = folder
        self._filesystem = filesystem
        self._writing = threading.Lock()
        self._files: list[PagesFile] = []
        self._made = 0
        self._closed = False

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self._files)

    def seal(self, full: FullRows) -> SealedRun:
        """Write complete rows as chunks. Raises OSError, StorageClosed: then nothing is kept."""
        packed = np.empty(full.count * full.columns, np.uint64)
        starts = np.empty(full.columns + 1, np.int64)
        rows = full.rows
        transpose_present(rows.matrix, rows.present, full.count, full.columns, packed, starts)
        values = packed.view(np.float64)
        chunks = []
        for first in range(0, full.columns, SERIES_PER_CHUNK):
            bounds = starts[first : min(first + SERIES_PER_CHUNK, full.columns) + 1]
            part = values[bounds[0] : bounds[-1]]
            chunks.append(encode_chunk(part, bounds - bounds[0]))
        places = np.zeros(len(chunks) + 1, np.uint32)
        np.cumsum([len(chunk) for chunk in chunks], out=places[1:])
        whole = int(starts[-1]) == full.count * full.columns
        present = None if whole else rows.present[: full.columns].copy()
        with self._writing:
            if self._closed:
                raise StorageClosed(f"{self._folder} was closed")
            file = self._newest()
            offset = file.append(b"".join(chunks))
        has_markers = bool((packed[: starts[-1]] == np.uint64(STALE_NAN_BITS)).any())
        return SealedRun(
            full.times.copy(), present, full.columns, file, offset, places, has_markers
        )

    def _newest(self) -> PagesFile:
        if not self._files or self._files[-1].size >= FILE_BYTES:
            self._made += 1
            path = self._folder / f"{self._made:08d}.pages"
            self._files.append(PagesFile.make(path, self._filesystem))
        return self._files[-1]

    def keep_only(self, used: set[Path]) -> None:
        """Remove the files in which no run lies, but for the newest."""
        with self._writing:
            gone = [file for file in self._files[:-1] if file.path not in used]
            self._files = [file for file in self._files if file not in gone]
        for file in gone:
            file.retire()

    def close(self) -> None:
        """Release the files; the folder may be another process's from now on."""
        with self._writing:
            self._closed = True
            self._files.clear()
