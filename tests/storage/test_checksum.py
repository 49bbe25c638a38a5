"""The checksum against the vectors of RFC 3720 and against its own source, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.storage.checksum import crc32c
from narthex.storage.kernels.crc32c import crc32c_of


def slow_crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_known_vectors(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected


@given(st.binary(max_size=100), st.integers(0, 100))
def test_equals_bitwise_reference_in_one_piece_and_in_two(data: bytes, cut: int) -> None:
    expected = slow_crc32c(data)
    assert crc32c(data) == expected
    assert crc32c(np.frombuffer(data[cut:], np.uint8), crc32c(data[:cut])) == expected


@given(st.binary(min_size=1, max_size=70), st.integers(0, 70), st.integers(0, 70))
def test_the_kernel_takes_a_part_and_equals_its_own_source(data: bytes, a: int, b: int) -> None:
    start, end = sorted((min(a, len(data)), min(b, len(data))))
    array = np.frombuffer(data, np.uint8)
    expected = slow_crc32c(data[start:end])
    assert crc32c_of(array, start, end, 0) == expected
    assert (
        int(getattr(crc32c_of, "py_func", crc32c_of)(array, start, end, np.uint32(0))) == expected
    )
