"""The directory of an index file: where each section lies (docs/formats/index.md)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from narthex.runtime.filesystem import AppendFile, RangeReader
from narthex.storage.checksum import crc32c
from narthex.storage.errors import Corruption
from narthex.storage.index.sections import Place, compress, decompress

INDEX_MAGIC = b"NXINDEX1"
VERSION = 1
FOOTER_BYTES = 16
TAIL_BYTES = 64 << 10
"""What the first read of an open takes: the directory of most blocks, and small blocks whole."""

SEGMENT_ROWS = 1 << 14
STRIPE_ROWS = 1 << 12
GROUP_ROWS = 64


@dataclass(frozen=True, slots=True)
class Directory:
    """Sizes and places. `cells[segment][window]`, `timelines[window]` is a place and a count."""

    series: int
    windows: int
    start_ms: int
    window_ms: int
    segment_rows: int
    names: list[str]
    dictionaries: list[tuple[int, int, int]]
    metrics: Place
    segments: list[Place]
    cells: list[list[Place]]
    timelines: list[tuple[int, int, int]]
    chunks: Place

    @classmethod
    def from_json(cls, data: bytes) -> Directory:
        """Raises ValueError, KeyError, TypeError."""
        fields: dict[str, Any] = orjson.loads(data)
        version = fields.pop("version")
        if version != VERSION:
            raise ValueError(f"version {version} is not known here, only {VERSION}")
        return cls(**fields)

    def to_json(self) -> bytes:
        """Canonical bytes."""
        return orjson.dumps({"version": VERSION, **asdict(self)})


def write_directory(file: AppendFile, directory: Directory) -> None:
    """Append the directory and the footer that makes the file whole."""
    body = compress(directory.to_json())
    body += len(body).to_bytes(4, "little")
    file.write(body + crc32c(body).to_bytes(4, "little") + INDEX_MAGIC)


def read_directory(reader: RangeReader, path: Path, size: int) -> Directory:
    """One read, two when the directory is long. `size` is that of the file. Raises Corruption."""
    start = max(0, size - TAIL_BYTES)
    tail = reader.read(start, size - start)
    footer = tail[-FOOTER_BYTES:]
    if len(tail) != size - start or len(footer) < FOOTER_BYTES or footer[8:] != INDEX_MAGIC:
        raise Corruption(path, max(0, size - FOOTER_BYTES), "no footer of an index")
    length = int.from_bytes(footer[:4], "little")
    begin = size - FOOTER_BYTES - length
    if begin < 0:
        raise Corruption(path, size - FOOTER_BYTES, "the directory is longer than the file")
    if begin < start:
        tail, start = reader.read(begin, size - begin), begin
    body = tail[begin - start : begin - start + length + 4]
    if crc32c(body) != int.from_bytes(footer[4:8], "little"):
        raise Corruption(path, begin, "the checksum of the directory does not match")
    try:
        return Directory.from_json(decompress(body[:-4]))
    except (ValueError, KeyError, TypeError) as error:
        raise Corruption(path, begin, f"the directory is malformed: {error}") from error
