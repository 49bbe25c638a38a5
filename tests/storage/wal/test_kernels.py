"""Frames of records: what is written is found, and at no other place."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from narthex.storage.wal.kernels import HEADER_BYTES, frame_record, record_length, scan_records


@given(st.binary(max_size=60), st.integers(1, 2), st.integers(0, 7), st.integers(0, 2**32 - 1))
def test_a_record_is_found_where_it_was_framed_and_nowhere_else(
    payload: bytes, kind: int, place: int, salt_crc: int
) -> None:
    at = 8 * place
    size = at + HEADER_BYTES + len(payload)
    size += -size % 8
    for frame in (frame_record, getattr(frame_record, "py_func", frame_record)):
        segment = np.zeros(size, np.uint8)
        segment[at + HEADER_BYTES : at + HEADER_BYTES + len(payload)] = list(payload)
        frame(segment, at, len(payload), kind, at, np.uint32(salt_crc))
        records, gaps = np.zeros((4, 3), np.int64), np.zeros((4, 2), np.int64)
        found, holes, end = scan_records(segment, 0, salt_crc, records, gaps)
        assert (found, holes, end) == (1, 1 if at else 0, size)
        assert records[0].tolist() == [at + HEADER_BYTES, len(payload), kind]
        moved = np.concatenate([np.zeros(8, np.uint8), segment])
        assert record_length(moved, at + 8, salt_crc) == -1
        assert record_length(segment, at, salt_crc ^ 1) == -1
