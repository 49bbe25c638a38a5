"""Records of the log there and back, and a segment byte for byte."""

from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.value import STALE_NAN_BITS
from narthex.storage.wal.record import (
    BadRecord,
    LayoutRecord,
    LooseSamples,
    RowSamples,
    Shape,
    decode_layout,
    decode_values,
    delta_row,
    encode_layout,
    encode_values,
    full_row,
    loose,
    loose_samples,
    row_samples,
    sparse_row,
)
from narthex.storage.wal.segment import (
    Gap,
    Record,
    encode_header,
    frame,
    read_segment,
    salt_checksum,
)

SHAPE = Shape(7, 3, 0x1122334455667788)
TEXTS = st.text(max_size=8)
WORDS = st.integers(0, 2**64 - 1)


@given(st.lists(st.dictionaries(TEXTS.filter(bool), TEXTS.filter(bool), max_size=4), max_size=6))
def test_a_layout_comes_back_with_all_its_names(series: list[dict[str, str]]) -> None:
    labels = [Labels.of(one) for one in series]
    shape = Shape(3, 5 + len(labels), 2**63 + 1)
    record = LayoutRecord(shape, 5, 99, PackedLabels.from_labels(labels))
    back = decode_layout(memoryview(encode_layout(record)))
    assert (back.shape, back.first, back.hash_before) == (shape, 5, 99)
    assert list(back.series.to_labels()) == labels


@given(st.lists(WORDS, min_size=1, max_size=200), st.data())
def test_rows_come_back_bit_for_bit(words: list[int], data: st.DataObject) -> None:
    row = np.array(words, np.uint64)
    base = RowSamples(5, np.array(data.draw(st.permutations(words)), np.uint64), None)
    shape = Shape(1, row.size, 9)
    parts = [full_row(shape, 6, row), delta_row(shape, RowSamples(6, row, None), base)]
    for part in decode_values(memoryview(encode_values(parts))):
        back = row_samples(part, base)
        assert back is not None
        assert back.time_ms == 6
        assert back.present is None
        assert np.array_equal(back.values, row)


def test_a_row_with_absent_columns_and_its_delta() -> None:
    present = np.array([0b101], np.uint64)
    first = RowSamples(1, np.array([STALE_NAN_BITS, 5], np.uint64), present)
    second = RowSamples(2, np.array([STALE_NAN_BITS, 6], np.uint64), present)
    parts = [sparse_row(SHAPE, 1, present, first.values), delta_row(SHAPE, second, first)]
    sparse, delta = decode_values(memoryview(encode_values(parts)))
    one = row_samples(sparse, None)
    two = row_samples(delta, one)
    assert one is not None
    assert two is not None
    assert one.values.tolist() == [STALE_NAN_BITS, 5]
    assert two.values.tolist() == [STALE_NAN_BITS, 6]
    assert two.present is not None
    assert two.present.tolist() == [0b101]


def test_a_delta_without_its_base_gives_nothing() -> None:
    row = RowSamples(2, np.array([1, 2, 3], np.uint64), None)
    base = RowSamples(1, np.array([1, 2, 2], np.uint64), None)
    (part,) = decode_values(memoryview(encode_values([delta_row(SHAPE, row, base)])))
    assert row_samples(part, None) is None
    assert row_samples(part, RowSamples(0, base.values, None)) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-(2**60), 2**60), WORDS), min_size=1))
def test_loose_samples_come_back(samples: list[tuple[int, int, int]]) -> None:
    columns, times, words = zip(*samples, strict=True)
    written = LooseSamples(
        np.array(columns, np.int32), np.array(times, np.int64), np.array(words, np.uint64)
    )
    (part,) = decode_values(memoryview(encode_values([loose(SHAPE, written)])))
    back = loose_samples(part)
    assert back.columns.tolist() == list(columns)
    assert back.times.tolist() == list(times)
    assert back.values.tolist() == list(words)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_name(payload: bytes) -> None:
    view = memoryview(payload)
    with contextlib.suppress(BadRecord):
        decode_layout(view)
    with contextlib.suppress(BadRecord):
        for part in decode_values(view):
            row_samples(part, None)
            loose_samples(part)


def test_a_segment_byte_for_byte() -> None:
    row = np.array([0x3FF0000000000000, STALE_NAN_BITS, 0], np.uint64)
    segment = encode_header(1, 0xABCDEF)
    payload = encode_values([full_row(SHAPE, 1000, row)])
    segment += frame([(2, payload)], len(segment), 0x01020304)
    header = b"NXWAL\0\0\x01" + struct.pack("<QQ", 1, 0xABCDEF)
    assert segment[:24] == header
    assert segment[32:56] == header
    assert segment[:32] == segment[32:64]
    assert segment[64:72] == struct.pack("<II", 8 + 40 + 24, 2)
    assert segment[80:] == (
        struct.pack("<II", 1, 0)
        + struct.pack("<IIIIQqII", 1, 7, 3, 3, 0x1122334455667788, 1000, 24, 0)
        + row.tobytes()
    )
    assert segment[24:28].hex() == "b05ed700"
    assert segment[72:80].hex() == "6efd7dcfbcfc3009"


@pytest.mark.parametrize("garbage", [b"", b"\0" * 8, b"\xff" * 24, b"\x10\0\0\0" * 9])
def test_records_are_found_behind_bytes_that_are_none(garbage: bytes) -> None:
    salt = 3
    data = bytearray(encode_header(1, salt))
    salt_crc = salt_checksum(salt)
    for number in range(3):
        data += frame([(2, bytes([number]) * 5)], len(data), salt_crc)
        if number == 0:
            data += garbage + bytes(-len(garbage) % 8)
    items = list(read_segment(bytes(data), salt))
    payloads = [bytes(item.payload) for item in items if isinstance(item, Record)]
    assert payloads == [bytes([number]) * 5 for number in range(3)]
    assert any(isinstance(item, Gap) for item in items) == bool(garbage)
