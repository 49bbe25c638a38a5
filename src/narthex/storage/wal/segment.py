"""One segment file as bytes: its header, the frames of its records, what a reader finds in it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from narthex.storage.checksum import crc32c
from narthex.storage.wal.kernels import ALIGNMENT, HEADER_BYTES, frame_record, scan_records

MAGIC = b"NXWAL\0\0\x01"
_HEADER = struct.Struct("<8sQQ")
_COPY_BYTES = 32
SEGMENT_HEADER_BYTES = 2 * _COPY_BYTES
_SCAN_RECORDS = 4096
_NAME = re.compile(r"(\d{8})\.log")


@dataclass(frozen=True, slots=True)
class Record:
    """A record whose checksums hold."""

    offset: int
    kind: int
    payload: memoryview


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes of a segment, from `start` to `end`, that are no record."""

    start: int
    end: int


def segment_path(folder: Path, number: int) -> Path:
    """The file of a segment."""
    return folder / f"{number:08d}.log"


def segment_numbers(names: list[str]) -> list[int]:
    """The segments among the names of a folder, ascending."""
    return sorted(int(match[1]) for match in map(_NAME.fullmatch, names) if match)


def salt_checksum(salt: int) -> int:
    """What every checksum of the segment is continued from."""
    return crc32c(struct.pack("<Q", salt))


def encode_header(number: int, salt: int) -> bytes:
    """The first bytes of a segment."""
    fields = _HEADER.pack(MAGIC, number, salt)
    return (fields + struct.pack("<II", crc32c(fields), 0)) * 2


def decode_header(data: bytes, number: int) -> int | None:
    """The salt of a segment, None when neither copy of its header is whole."""
    for at in (0, _COPY_BYTES):
        copy = data[at : at + _COPY_BYTES]
        if len(copy) < _COPY_BYTES:
            continue
        magic, written, salt = _HEADER.unpack_from(copy)
        (crc,) = struct.unpack_from("<I", copy, _HEADER.size)
        if magic == MAGIC and written == number and crc == crc32c(copy[: _HEADER.size]):
            return int(salt)
    return None


def frame(payloads: list[tuple[int, bytes]], offset: int, salt_crc: int) -> bytearray:
    """The records of (kind, payload) pairs, the first of them at `offset` of the segment."""
    assert offset % ALIGNMENT == 0
    sizes = [HEADER_BYTES + len(payload) + -len(payload) % ALIGNMENT for _, payload in payloads]
    buffer = bytearray(sum(sizes))
    array = np.frombuffer(buffer, np.uint8)
    at = 0
    for (kind, payload), size in zip(payloads, sizes, strict=True):
        start = at + HEADER_BYTES
        buffer[start : start + len(payload)] = payload
        frame_record(array, at, len(payload), kind, offset + at, salt_crc)
        at += size
    return buffer


def read_segment(data: bytes, salt: int) -> Iterator[Record | Gap]:
    """All records and gaps of a segment, in order of their place."""
    segment = np.frombuffer(data, np.uint8)
    view = memoryview(data)
    salt_crc = salt_checksum(salt)
    records = np.empty((_SCAN_RECORDS, 3), np.int64)
    gaps = np.empty((_SCAN_RECORDS, 2), np.int64)
    at = SEGMENT_HEADER_BYTES
    while at < segment.size:
        found, holes, at = scan_records(segment, at, salt_crc, records, gaps)
        in_order: list[Record | Gap] = [
            Record(start - HEADER_BYTES, kind, view[start : start + length])
            for start, length, kind in records[:found].tolist()
        ]
        if holes:
            in_order += [Gap(start, end) for start, end in gaps[:holes].tolist()]
            in_order.sort(key=lambda item: item.offset if isinstance(item, Record) else item.start)
        yield from in_order
