"""Payloads of log records: the names of a layout's columns, and the samples of one commit.

Plain values to bytes and back (`docs/formats/wal.md`). Values are always handled as the bits of
float64, so that the stale marker and every other NaN come back as they were.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cramjam
import numpy as np
from numpy.typing import NDArray

from narthex.model.packed_labels import PackedLabels
from narthex.model.symbols import Symbols
from narthex.storage.wal.kernels import ALIGNMENT

LAYOUT_KIND = 1
VALUES_KIND = 2

FULL_ROW = 1
DELTA_ROW = 2
SPARSE_ROW = 3
LOOSE = 4

_LAYOUT = struct.Struct("<IIIIIIQQ")
_VALUES = struct.Struct("<II")
_PART = struct.Struct("<IIIIQqII")
_TIME = struct.Struct("<q")


class BadRecord(ValueError):
    """A payload whose checksum holds cannot be read: written by another version."""


class Shape(NamedTuple):
    """What a layout was when samples were written: its number, columns and content hash."""

    layout: int
    columns: int
    content_hash: int


@dataclass(frozen=True, slots=True)
class LayoutRecord:
    """The names of columns `first` and following; `shape` is the layout with them."""

    shape: Shape
    first: int
    hash_before: int
    series: PackedLabels


@dataclass(frozen=True, slots=True)
class Part:
    """What one commit left in one layout, still as bytes."""

    form: int
    shape: Shape
    count: int
    time_ms: int
    body: bytes | memoryview


class RowSamples(NamedTuple):
    """One row: `values` uint64[count] of the columns in `present`, bits as uint64; None: all."""

    time_ms: int
    values: NDArray[np.uint64]
    present: NDArray[np.uint64] | None


@dataclass(frozen=True, slots=True)
class LooseSamples:
    """Samples by themselves: `columns` int32[k], `times` int64[k], `values` uint64[k]."""

    columns: NDArray[np.int32]
    times: NDArray[np.int64]
    values: NDArray[np.uint64]


def encode_layout(record: LayoutRecord) -> bytes:
    """The payload of a layout record; each distinct text stands in it once."""
    series = record.series
    texts = Symbols()
    ids = texts.intern_packed(series.text, series.offsets)
    blob, offsets = texts.packed()
    numbers = (series.starts, ids, offsets)
    raw = b"".join(
        (*(part.astype(np.uint32).tobytes() for part in numbers), blob[: offsets[-1]].tobytes())
    )
    head = _LAYOUT.pack(
        record.shape.layout, record.first, len(series), ids.size // 2, len(texts), len(raw),
        record.hash_before, record.shape.content_hash,
    )  # fmt: skip
    return head + bytes(cramjam.zstd.compress(raw, level=1))


def decode_layout(payload: memoryview) -> LayoutRecord:
    """The layout record of a payload. Raises BadRecord."""
    try:
        layout, first, count, pairs, texts, size, before, after = _LAYOUT.unpack_from(payload)
        raw = bytes(cramjam.zstd.decompress(payload[_LAYOUT.size :]))
    except (struct.error, cramjam.DecompressionError) as error:
        raise BadRecord(f"layout record: {error}") from error
    fixed = 4 * (count + 1 + 2 * pairs + texts + 1)
    if len(raw) != size or size < fixed:
        raise BadRecord(f"layout record: {len(raw)} bytes where {size} were written")
    numbers = np.frombuffer(raw, np.uint32, fixed // 4)
    starts, ids, offsets = np.split(numbers.astype(np.int64), [count + 1, count + 1 + 2 * pairs])
    series = PackedLabels(*_spread(np.frombuffer(raw, np.uint8)[fixed:], offsets, ids), starts)
    return LayoutRecord(Shape(layout, first + count, after), first, before, series)


def _spread(
    blob: NDArray[np.uint8], offsets: NDArray[np.int64], ids: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The texts of `ids` one after the other, and their bounds."""
    lengths = np.diff(offsets)[ids]
    bounds = np.zeros(ids.size + 1, np.int64)
    np.cumsum(lengths, out=bounds[1:])
    shift = np.repeat(offsets[ids] - bounds[:-1], lengths)
    text = blob[np.arange(bounds[-1]) + shift]
    return (text if text.size else np.zeros(1, np.uint8)), bounds


def full_row(shape: Shape, time_ms: int, row: NDArray[np.uint64]) -> Part:
    """A value for every column."""
    return Part(FULL_ROW, shape, row.size, time_ms, row.tobytes())


def delta_row(shape: Shape, row: RowSamples, base: RowSamples) -> Part:
    """The same columns as in `base`, the layout's last row in the segment, as XOR of its values."""
    packed = bytes(cramjam.lz4.compress_block((row.values ^ base.values).data))
    body = _TIME.pack(base.time_ms) + packed
    return Part(DELTA_ROW, shape, row.values.size, row.time_ms, body)


def sparse_row(
    shape: Shape, time_ms: int, present: NDArray[np.uint64], values: NDArray[np.uint64]
) -> Part:
    """Values of the columns whose bit is set in `present`."""
    return Part(SPARSE_ROW, shape, values.size, time_ms, present.tobytes() + values.tobytes())


def loose(shape: Shape, samples: LooseSamples) -> Part:
    """Samples that do not lie on a row."""
    columns = samples.columns.tobytes()
    body = b"".join(
        (columns, _padding(len(columns)), samples.times.tobytes(), samples.values.tobytes())
    )
    return Part(LOOSE, shape, samples.columns.size, 0, body)


def encode_values(parts: list[Part]) -> bytes:
    """The payload of a values record: one commit."""
    pieces: list[bytes | memoryview] = [_VALUES.pack(len(parts), 0)]
    for part in parts:
        shape = part.shape
        size = len(part.body)
        pieces.append(
            _PART.pack(
                part.form,
                shape.layout,
                shape.columns,
                part.count,
                shape.content_hash,
                part.time_ms,
                size,
                0,
            )
        )
        pieces.append(part.body)
        pieces.append(_padding(size))
    return b"".join(pieces)


def decode_values(payload: memoryview) -> Iterator[Part]:
    """The parts of a commit. Raises BadRecord."""
    try:
        (count, _) = _VALUES.unpack_from(payload)
        at = _VALUES.size
        for _ in range(count):
            form, layout, columns, samples, content, time_ms, size, _ = _PART.unpack_from(
                payload, at
            )
            at += _PART.size
            body = payload[at : at + size]
            if len(body) != size:
                raise BadRecord("values record: a part is cut short")
            yield Part(form, Shape(layout, columns, content), samples, time_ms, body)
            at += size + len(_padding(size))
    except struct.error as error:
        raise BadRecord(f"values record: {error}") from error


def row_samples(part: Part, base: RowSamples | None) -> RowSamples | None:
    """The samples of a row; None for a delta whose base is not `base`. Raises BadRecord."""
    columns = part.shape.columns
    if part.form == FULL_ROW:
        if part.count != columns:
            raise BadRecord("full row: it does not have a value for each column")
        return RowSamples(part.time_ms, _bits(part.body, part.count), None)
    if part.form == SPARSE_ROW:
        words = (columns + 63) // 64
        if len(part.body) != 8 * (words + part.count):
            raise BadRecord("sparse row: its length is not that of its count")
        bits = np.frombuffer(part.body, np.uint64)
        present = bits[:words]
        if int(np.bitwise_count(present).sum()) != part.count:
            raise BadRecord("sparse row: its bits are not those of its count")
        return RowSamples(part.time_ms, bits[words:], present)
    (base_ms,) = _TIME.unpack_from(part.body)
    if base is None or base.time_ms != base_ms or base.values.size != part.count:
        return None
    try:
        raw = bytes(cramjam.lz4.decompress_block(part.body[_TIME.size :]))
    except cramjam.DecompressionError as error:
        raise BadRecord(f"delta row: {error}") from error
    return RowSamples(part.time_ms, _bits(raw, part.count) ^ base.values, base.present)


def loose_samples(part: Part) -> LooseSamples:
    """The samples of a loose part. Raises BadRecord."""
    count = part.count
    columns_end = 4 * count + len(_padding(4 * count))
    if len(part.body) != columns_end + 16 * count:
        raise BadRecord("loose samples: their length is not that of their count")
    return LooseSamples(
        np.frombuffer(part.body, np.int32, count),
        np.frombuffer(part.body, np.int64, count, columns_end),
        np.frombuffer(part.body, np.uint64, count, columns_end + 8 * count),
    )


def _bits(body: bytes | memoryview, count: int) -> NDArray[np.uint64]:
    if len(body) != 8 * count:
        raise BadRecord("row: its length is not that of its count")
    return np.frombuffer(body, np.uint64)


def _padding(size: int) -> bytes:
    return bytes(-size % ALIGNMENT)
