"""Framing of records: checksums that know their place, and the search for the next record."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel
from narthex.storage.kernels.crc32c import crc32c_of

HEADER_BYTES = 16
ALIGNMENT = 8
KINDS = 2
"""Kinds of records are numbered from 1 to this."""


@kernel("int64(const uint8[::1], int64)")
def load_u32(data, at):
    """Four bytes, little endian."""
    return (
        np.int64(data[at])
        | np.int64(data[at + 1]) << 8
        | np.int64(data[at + 2]) << 16
        | np.int64(data[at + 3]) << 24
    )


@kernel("void(uint8[::1], int64, int64)")
def store_u32(data, at, value):
    """Four bytes, little endian."""
    for i in range(4):
        data[at + i] = np.uint8((value >> (8 * i)) & 0xFF)


@kernel("uint32(const uint8[::1], int64, int64, uint32)")
def header_crc(data, at, offset, salt_crc):
    """The CRC of the record header at `data[at:]`, which lies at `offset` of its segment."""
    place = np.empty(8, np.uint8)
    for i in range(8):
        place[i] = np.uint8((offset >> (8 * i)) & 0xFF)
    return crc32c_of(data, at, at + 12, crc32c_of(place, 0, 8, salt_crc))


@kernel("void(uint8[::1], int64, int64, int64, int64, uint32)")
def frame_record(buffer, at, length, kind, offset, salt_crc):
    """Write the header at `buffer[at:]` of the payload of `length` bytes that follows it.

    `offset` is where the record will begin in its segment; `salt_crc` the CRC of the salt.
    """
    start = at + HEADER_BYTES
    store_u32(buffer, at, length)
    store_u32(buffer, at + 4, kind)
    store_u32(buffer, at + 8, np.int64(crc32c_of(buffer, start, start + length, salt_crc)))
    store_u32(buffer, at + 12, np.int64(header_crc(buffer, at, offset, salt_crc)))


@kernel("int64(const uint8[::1], int64, uint32)")
def record_length(segment, at, salt_crc):
    """The payload's length if a record's header lies at `segment[at:]`, else -1."""
    if at + HEADER_BYTES > segment.size:
        return -1
    kind = load_u32(segment, at + 4)
    length = load_u32(segment, at)
    if kind < 1 or kind > KINDS or at + HEADER_BYTES + length > segment.size:
        return -1
    if np.int64(header_crc(segment, at, at, salt_crc)) != load_u32(segment, at + 12):
        return -1
    return length


@kernel(
    "Tuple((int64, int64, int64))(const uint8[::1], int64, uint32, int64[:, ::1], int64[:, ::1])"
)
def scan_records(segment, at, salt_crc, records, gaps):
    """Find the records of a segment from `at` on.

    Writes `records` (payload offset, payload length, kind) and `gaps` (start and end of bytes that
    are no record). Returns the number of each and where it stopped: before the end of the segment
    when either table is full, so that the caller empties them and calls again.
    """
    found = 0
    holes = 0
    while at < segment.size and found < records.shape[0] and holes + 1 < gaps.shape[0]:
        length = record_length(segment, at, salt_crc)
        start = at + HEADER_BYTES
        if length >= 0:
            end = min(segment.size, (start + length + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT)
            crc = np.int64(crc32c_of(segment, start, start + length, salt_crc))
            if crc == load_u32(segment, at + 8):
                records[found, 0] = start
                records[found, 1] = length
                records[found, 2] = load_u32(segment, at + 4)
                found += 1
            else:
                gaps[holes, 0] = at
                gaps[holes, 1] = end
                holes += 1
            at = end
            continue
        gaps[holes, 0] = at
        at += ALIGNMENT
        while at < segment.size and record_length(segment, at, salt_crc) < 0:
            at += ALIGNMENT
        at = min(at, segment.size)
        gaps[holes, 1] = at
        holes += 1
    return found, holes, at
