"""Chunks: the values of up to 64 series of one metric, each series a page that is decoded alone.

The codec of sealed rows in the head and of blocks. What goes in comes out bit for bit: every NaN,
negative zero and stale marker. Holes are no samples; only the head's matrices know of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pcodec import ChunkConfig, DeltaSpec, PagingSpec
from pcodec import wrapped as pco

from narthex.storage.checksum import crc32c
from narthex.storage.errors import Corruption
from narthex.storage.page.kernels import (
    CONSTANT_SERIES,
    MARKERS,
    MOVING_SERIES,
    SAME_COUNT,
    STALE_BITS,
    classify_series,
    finish_series,
    pack_moving,
    read_counts,
    read_markers,
    read_varints,
    sort_series,
    write_directory,
)

SERIES_PER_CHUNK = 64
"""More lets a query of one series read more; fewer pays for pco's meta (docs/formats/page.md)."""

LEVEL_OF_FEW, LEVEL_OF_MANY = 8, 11
FEW_VALUES_MAX = 1 << 12
"""More bins than level 8 has only pay where there are many values to share them."""

DIFFERENCES = 1

WHOLE = 1
HOLES = 4
CONSTANTS = 48
ONE_CONSTANT = 16
RAW_CONSTANTS = 32
PCO_CONSTANTS = 48

_PREFIX_BYTES = 5
_NO_MARKERS = np.zeros(0, np.int64)


def encode_chunk(values: NDArray[np.float64], starts: NDArray[np.int64]) -> bytes:
    """Series `i` is `values[starts[i]:starts[i + 1]]`, float64 with markers; int64[n + 1]."""
    return _encode(values, starts, None)


def encode_columns(matrix: NDArray[np.float64], present: NDArray[np.uint8] | None = None) -> bytes:
    """The rows of a layout: `matrix` float64[n series, rows], `present` uint8[n, rows] or all."""
    n, rows = matrix.shape
    if present is None or present.all():
        return _encode(matrix.reshape(-1), np.arange(n + 1, dtype=np.int64) * rows, None)
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.count_nonzero(present, axis=1), out=starts[1:])
    return _encode(matrix[present.astype(np.bool_)], starts, present)


def _encode(
    values: NDArray[np.float64], starts: NDArray[np.int64], present: NDArray[np.uint8] | None
) -> bytes:
    n = starts.size - 1
    values = np.ascontiguousarray(values, np.float64)
    kinds, markers, constants = np.empty(n, np.uint8), np.empty(n, np.int64), np.empty(n)
    facts = np.empty(7, np.int64)
    classify_series(values, starts, kinds, markers, constants, facts)
    whole, moving, moving_values, constant, marked, same_count, same_constant = facts.tolist()
    meta: bytes = b""
    pages: list[bytes] = []
    if moving:
        packed = np.empty(moving_values)
        pack_moving(values, starts, kinds, bool(whole), packed)
        filled = np.diff(starts) - markers
        lengths = (filled if moving == n else filled[kinds == MOVING_SERIES]).tolist()
        meta, pages = _encode_pages(packed.view(np.int64) if whole else packed, lengths)
    if same_constant:
        constants = constants[:1]
    form, packed_constants = _encode_constants(constants[: min(constant, constants.size)])
    flags = form | (WHOLE if whole and moving else 0) | (MARKERS if marked else 0)
    flags |= (SAME_COUNT if same_count else 0) | (0 if present is None else HOLES)
    directory = np.empty(10 * (3 * n + marked + 4), np.uint8)
    size = write_directory(
        values, starts, kinds, markers, np.array([len(page) for page in pages], np.int64), flags,
        -1 if present is None else present.shape[1], len(packed_constants), len(meta), directory,
    )  # fmt: skip
    bits = b"" if present is None else np.packbits(present, axis=1, bitorder="little").tobytes()
    body = b"".join(
        [bytes([flags]), directory[:size].tobytes(), bits, packed_constants, meta, *pages]
    )
    return crc32c(body).to_bytes(4, "little") + body


def _encode_pages(
    packed: NDArray[np.float64] | NDArray[np.int64], lengths: list[int]
) -> tuple[bytes, list[bytes]]:
    config = ChunkConfig(
        compression_level=LEVEL_OF_FEW if packed.size <= FEW_VALUES_MAX else LEVEL_OF_MANY,
        delta_spec=DeltaSpec.try_consecutive(DIFFERENCES),
        paging_spec=PagingSpec.exact_page_sizes(lengths),
    )
    compressor = pco.FileCompressor()
    chunk = compressor.chunk_compressor(packed, config)
    meta = compressor.write_header() + chunk.write_meta()
    return meta, [chunk.write_page(k) for k in range(len(lengths))]


def _encode_constants(constants: NDArray[np.float64]) -> tuple[int, bytes]:
    """Form and bytes; one constant stands for all."""
    if not constants.size:
        return 0, b""
    if constants.size == 1:
        return ONE_CONSTANT, constants[:1].tobytes()
    raw = constants.tobytes()
    meta, pages = _encode_pages(constants, [constants.size])
    packed = meta + pages[0]
    return (PCO_CONSTANTS, packed) if len(packed) < len(raw) else (RAW_CONSTANTS, raw)


@lru_cache(maxsize=8)
def _decompressor(header: bytes) -> tuple[pco.FileDecompressor, int]:
    opened: tuple[pco.FileDecompressor, int] = pco.FileDecompressor.new(header)
    return opened


def _open_pco(data: bytes, kind: str) -> tuple[pco.ChunkDecompressor, int]:
    """A decoder of the chunk that starts with pco's header, and where its pages begin."""
    file, header_bytes = _decompressor(data[:2])
    chunk, meta_bytes = file.chunk_decompressor(data[header_bytes:], kind)
    return chunk, header_bytes + meta_bytes


@dataclass(slots=True)
class Chunk:
    """A chunk whose directory is read; used by one thread at a time.

    `counts` int64[n]: samples of each series, markers included. `present`: uint8[n, rows] of a
    matrix with holes, else None.
    """

    counts: NDArray[np.int64]
    present: NDArray[np.uint8] | None
    _kinds: NDArray[np.uint8]
    _constants: NDArray[np.float64]
    _whole: bool
    _marker_starts: NDArray[np.int64]
    _markers: NDArray[np.int64]
    _data: bytes = field(repr=False)
    _page_starts: NDArray[np.int64] = field(repr=False)
    _filled: NDArray[np.int64] = field(repr=False)
    _pages: pco.ChunkDecompressor | None = field(repr=False)
    path: Path
    offset: int

    @classmethod
    def open(cls, data: bytes, path: Path, offset: int) -> Chunk:
        """Check and read a chunk that stands at `offset` in `path`. Raises Corruption."""
        array = np.frombuffer(data, np.uint8)
        if array.size <= _PREFIX_BYTES:
            raise Corruption(path, offset, "a chunk is cut short")
        if crc32c(array[4:]) != int.from_bytes(data[:4], "little"):
            raise Corruption(path, offset, "the checksum of a chunk does not match")
        try:
            return _Directory(data, array).chunk(path, offset)
        except (ValueError, IndexError, RuntimeError) as error:
            raise Corruption(path, offset, f"a chunk is malformed: {error}") from error

    @property
    def has_markers(self) -> bool:
        """Whether any series holds stale markers."""
        return self._markers.size > 0

    def markers(self, series: int) -> NDArray[np.int64]:
        """Positions of the stale markers among the samples of one series, ascending."""
        if not self._marker_starts.size:
            return _NO_MARKERS
        return self._markers[self._marker_starts[series] : self._marker_starts[series + 1]]

    def decode(
        self, series: NDArray[np.int64], out: NDArray[np.float64], at: NDArray[np.int64]
    ) -> None:
        """Write the samples of `series[k]` to `out[at[k]:at[k] + counts[series[k]]]`.

        Raises Corruption.
        """
        if self._pages is not None:
            try:
                words = out.view(np.int64) if self._whole else out
                self._read_pages(self._pages, series, words, at)
            except RuntimeError as error:
                raise Corruption(self.path, self.offset, f"a page: {error}") from error
        finish_series(
            out, at, series, self.counts, self._kinds, self._constants, self._whole,
            self._marker_starts, self._markers,
        )  # fmt: skip

    def _read_pages(
        self,
        pages: pco.ChunkDecompressor,
        series: NDArray[np.int64],
        out: NDArray[np.int64] | NDArray[np.float64],
        at: NDArray[np.int64],
    ) -> None:
        # The one loop that Python runs for each series of a query: nothing in it but the call.
        read, data = pages.read_page_into, self._data
        starts, ends = self._page_starts[series].tolist(), self._page_starts[series + 1].tolist()
        counts = self._filled[series]
        targets, target_ends = at.tolist(), (at + counts).tolist()
        for start, end, count, to, to_end in zip(
            starts, ends, counts.tolist(), targets, target_ends, strict=True
        ):
            if end > start:
                read(data[start:end], count, out[to:to_end])

    def mark_stale(
        self, series: NDArray[np.int64], out: NDArray[np.float64], at: NDArray[np.int64]
    ) -> None:
        """Write only the stale markers of `series[k]` to their places from `out[at[k]]` on."""
        words = out.view(np.int64)
        for i, to in zip(series.tolist(), at.tolist(), strict=True):
            words[to + self.markers(i)] = STALE_BITS

    def decode_all(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """All series: values float64[m] and starts int64[n + 1]."""
        starts = np.zeros(self.counts.size + 1, np.int64)
        np.cumsum(self.counts, out=starts[1:])
        out = np.empty(int(starts[-1]))
        self.decode(np.arange(self.counts.size), out, starts[:-1])
        return out, starts


class _Directory:
    """Reads the parts of a chunk in order; ValueError where they are not what they should be."""

    def __init__(self, data: bytes, array: NDArray[np.uint8]) -> None:
        self.data, self.array = data, array
        self.flags = data[4]
        self.at = _PREFIX_BYTES

    def numbers(self, count: int) -> list[int]:
        out = np.empty(count, np.int64)
        self.at = read_varints(self.array, self.at, count, out)
        numbers: list[int] = out.tolist()
        if self.at < 0 or min(numbers) < 0:
            raise ValueError("not a number")
        return numbers

    def take(self, size: int) -> bytes:
        part = self.data[self.at : self.at + size]
        if len(part) != size:
            raise ValueError("a part is cut short")
        self.at += size
        return part

    def chunk(self, path: Path, offset: int) -> Chunk:
        n = self.numbers(1)[0]
        if n > self.array.size:
            raise ValueError("more series than bytes")
        counts, page_codes = np.empty(n, np.int64), np.empty(n, np.int64)
        self.at = read_counts(self.array, self.at, self.flags, counts, page_codes)
        if self.at < 0:
            raise ValueError("not the counts of series")
        marker_starts = markers = _NO_MARKERS
        if self.flags & MARKERS:
            marker_starts, markers = self.read_markers(counts)
        rows = self.numbers(1)[0] if self.flags & HOLES else 0
        constant_bytes, meta_bytes = self.numbers(2)
        present = self.read_presence(n, rows) if self.flags & HOLES else None
        kinds, filled = np.empty(n, np.uint8), np.empty(n, np.int64)
        page_starts = np.empty(n + 1, np.int64)
        constant = sort_series(counts, page_codes, marker_starts, filled, kinds, page_starts)
        constants = self.read_constants(constant_bytes, constant, kinds)
        pages = None
        if meta_bytes:
            kind = "i64" if self.flags & WHOLE else "f64"
            pages, _ = _open_pco(self.take(meta_bytes), kind)
        page_starts += self.at
        if page_starts[n] != len(self.data):
            raise ValueError("pages do not fill the chunk")
        return Chunk(
            counts, present, kinds, constants, bool(self.flags & WHOLE), marker_starts, markers,
            self.data, page_starts, filled, pages, path, offset,
        )  # fmt: skip

    def read_markers(
        self, counts: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        starts = np.zeros(counts.size + 1, np.int64)
        # A marker takes a byte, so there are at most as many as bytes.
        positions = np.empty(min(int(counts.sum()), self.array.size), np.int64)
        self.at = read_markers(self.array, self.at, counts, starts, positions)
        if self.at < 0:
            raise ValueError("not the markers of these series")
        return starts, positions[: starts[-1]].copy()

    def read_presence(self, n: int, rows: int) -> NDArray[np.uint8]:
        width = (rows + 7) // 8
        packed = np.frombuffer(self.take(n * width), np.uint8).reshape(n, width)
        return np.unpackbits(packed, axis=1, count=rows, bitorder="little")

    def read_constants(
        self, size: int, count: int, kinds: NDArray[np.uint8]
    ) -> NDArray[np.float64]:
        """The value of each constant series, at its own place."""
        data = self.take(size)
        form = self.flags & CONSTANTS
        if form == PCO_CONSTANTS:
            pages, at = _open_pco(data, "f64")
            values = np.empty(count)
            pages.read_page_into(data[at:], count, values)
        else:
            values = np.frombuffer(data, np.float64)
            if values.size != (1 if form == ONE_CONSTANT else count):
                raise ValueError("not as many constants as series")
        if count == kinds.size and form != ONE_CONSTANT:
            return values
        constants = np.empty(kinds.size)
        constants[kinds == CONSTANT_SERIES] = values if count else 0.0
        return constants
