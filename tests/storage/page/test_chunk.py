"""The bytes of chunks and timelines, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from narthex.model.value import STALE_NAN, STALE_NAN_BITS
from narthex.storage.checksum import crc32c
from narthex.storage.errors import Corruption
from narthex.storage.page.chunk import Chunk, encode_chunk, encode_columns
from narthex.storage.page.timeline import decode_timeline, encode_timeline

PATH = Path("pages")

VALUES = np.array([1, 1, 1, 5, 7, STALE_NAN, 9, 12, 2.5, 2.5, STALE_NAN, STALE_NAN])
STARTS = np.array([0, 3, 8, 11, 12, 12], np.int64)
GOLDEN = bytes.fromhex(
    "a7610bce"  # CRC-32C
    "23"  # flags: int64 pages, markers, constants as 8 bytes each
    "0503050301000"  # five series of 3, 5, 3, 1 and 0 samples
    "00a000000"  # the second has a page of 9 bytes
    "0001020102010000"  # markers: none; at 2; at 2; at 0; none
    "100f"  # 16 bytes of constants, 15 of pco's header and meta
    "000000000000f03f0000000000000440"  # 1.0, 2.5
    "04011001010001000000000000c000"  # pco
    "050000000000008004"
)
"""A file that was written once stays readable."""

MATRIX = np.array([[1.0, 2.0, 4.0], [7.0, 7.0, 7.0]])
PRESENT = np.array([[1, 0, 1], [1, 1, 0]], np.uint8)
GOLDEN_MATRIX = bytes.fromhex(
    "0fbdf9e51d0202090003080f05030000000000001c400401100101800100000000000040000100000000000080"
)


def with_checksum(body: bytes) -> bytes:
    return crc32c(body).to_bytes(4, "little") + body


def test_a_chunk_of_every_kind_of_series_is_these_bytes() -> None:
    assert encode_chunk(VALUES, STARTS) == GOLDEN
    chunk = Chunk.open(GOLDEN, PATH, 0)
    assert chunk.counts.tolist() == [3, 5, 3, 1, 0]
    assert chunk.has_markers
    assert [chunk.markers(k).tolist() for k in range(5)] == [[], [2], [2], [0], []]
    values, starts = chunk.decode_all()
    assert starts.tolist() == STARTS.tolist()
    assert values.view(np.uint64).tolist() == VALUES.view(np.uint64).tolist()


def test_a_matrix_with_holes_is_these_bytes() -> None:
    assert encode_columns(MATRIX, PRESENT) == GOLDEN_MATRIX
    chunk = Chunk.open(GOLDEN_MATRIX, PATH, 0)
    assert chunk.present is not None
    assert chunk.present.tolist() == PRESENT.tolist()
    assert chunk.decode_all()[0].tolist() == [1.0, 4.0, 7.0, 7.0]


def test_one_series_that_never_changes_costs_nineteen_bytes() -> None:
    data = encode_chunk(np.full(480, 3.25), np.array([0, 480], np.int64))
    assert len(data) == 19
    assert (Chunk.open(data, PATH, 0).decode_all()[0] == 3.25).all()


@pytest.mark.parametrize("size", range(0, len(GOLDEN), 3))
def test_a_chunk_that_is_cut_short_is_refused(size: int) -> None:
    with pytest.raises(Corruption, match="byte 77"):
        Chunk.open(GOLDEN[:size], PATH, 77)


@pytest.mark.parametrize("at", range(4, len(GOLDEN)))
@pytest.mark.parametrize("byte", [0x00, 0x01, 0x7F, 0xFF])
def test_other_bytes_under_a_good_checksum_do_no_harm(at: int, byte: int) -> None:
    """Not what a disk does: what a bug would do. Refused, or read within its bounds."""
    body = bytearray(GOLDEN[4:])
    body[at - 4] = byte
    try:
        chunk = Chunk.open(with_checksum(bytes(body)), PATH, 0)
        if chunk.counts.sum() < 10_000:
            chunk.decode_all()
    except Corruption:
        pass


def test_markers_alone_can_be_marked() -> None:
    chunk = Chunk.open(GOLDEN, PATH, 0)
    out = np.zeros(8)
    chunk.mark_stale(np.array([1, 2], np.int64), out, np.array([0, 5], np.int64))
    assert np.flatnonzero(out.view(np.uint64) == STALE_NAN_BITS).tolist() == [2, 7]


def test_a_timeline_is_these_bytes() -> None:
    times = np.array([1000, 2000, 3000, 4000, 5001, 6001, 7001], np.int64)
    data = bytes.fromhex("d00fd00f000102010000")
    assert encode_timeline(times) == data
    assert decode_timeline(data, 7).tolist() == times.tolist()
