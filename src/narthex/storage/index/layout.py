"""How rows are cut into stripes and groups, and the bytes of the sections that hold columns.

Pure: arrays to bytes and back; `docs/formats/index.md` says the same in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.storage.index.directory import GROUP_ROWS, STRIPE_ROWS
from narthex.storage.index.sections import compress, decompress, numbers

Segment = dict[int, NDArray[np.integer]]
"""Codes of the rows of a segment by number of the label, as narrow as they are on disk."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Rows of each stripe and the number of its first chunk.

    Stripe `s` is the rows `first_rows[s]` to `first_rows[s + 1]`; its chunk of window `w` and group
    `g` is `first_chunks[s] + w * groups[s] + g`.
    """

    first_rows: NDArray[np.int64]
    groups: NDArray[np.int64]
    first_chunks: NDArray[np.int64]

    @classmethod
    def of_metrics(cls, metric_rows: NDArray[np.int64], windows: int) -> Layout:
        """`metric_rows` int64[metrics + 1]: where the rows of each metric begin."""
        pieces = [
            np.arange(start, end, STRIPE_ROWS)
            for start, end in zip(metric_rows[:-1].tolist(), metric_rows[1:].tolist(), strict=True)
        ]
        first_rows = np.concatenate([*pieces, metric_rows[-1:]]).astype(np.int64)
        groups = -(-np.diff(first_rows) // GROUP_ROWS)
        first_chunks = np.zeros(first_rows.size, np.int64)
        np.cumsum(groups * windows, out=first_chunks[1:])
        return cls(first_rows, groups, first_chunks)

    @property
    def chunks(self) -> int:
        """How many chunks, those included that are empty."""
        return int(self.first_chunks[-1])

    def places(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
        """Of each row: its chunk in window 0, chunks from window to window, place in the chunk."""
        stripe = np.searchsorted(self.first_rows, rows, side="right") - 1
        group, series = np.divmod(rows - self.first_rows[stripe], GROUP_ROWS)
        return self.first_chunks[stripe] + group, self.groups[stripe], series


def code_type(largest: int) -> str:
    """The narrowest type that holds codes up to `largest`."""
    return "<u1" if largest < 1 << 8 else "<u2" if largest < 1 << 16 else "<u4"


def encode_segment(columns: Sequence[tuple[int, NDArray[np.int64], int]]) -> bytes:
    """Columns of a segment: number of the label, codes, the label's largest code."""
    used = [(number, codes, largest) for number, codes, largest in columns if codes.any()]
    frames = [compress(codes.astype(code_type(largest)).tobytes()) for _, codes, largest in used]
    head = [len(used)]
    for (number, _, _), frame in zip(used, frames, strict=True):
        head += [number, len(frame)]
    return np.array(head, "<u4").tobytes() + b"".join(frames)


def decode_segment(data: bytes, rows: int, largest: Sequence[int]) -> Segment:
    """`largest`: of each label. Raises ValueError, IndexError."""
    count = int(numbers(data[:4], "<u4", 1)[0])
    head = numbers(data[4 : 4 + 8 * count], "<u4", 2 * count).tolist()
    at = 4 + 8 * count
    segment: Segment = {}
    for number, length in zip(head[::2], head[1::2], strict=True):
        content = decompress(data[at : at + length])
        codes = numbers(content, code_type(largest[number]), rows)
        if codes.size and codes.max() > largest[number]:
            raise ValueError("a code beyond its dictionary")
        segment[number] = codes
        at += length
    return segment


def encode_cells(cells: NDArray[np.uint32]) -> bytes:
    """Cells of one window: u32[rows], in planes of bytes; empty when all are 0."""
    if not cells.any():
        return b""
    return compress(cells.astype("<u4").view(np.uint8).reshape(-1, 4).T.tobytes())


def decode_cells(data: bytes, rows: int) -> NDArray[np.int64]:
    """Raises ValueError."""
    if not data:
        return np.zeros(rows, np.int64)
    planes = numbers(decompress(data), "<u1", 4 * rows).reshape(4, rows)
    return np.ascontiguousarray(planes.T).view("<u4").reshape(-1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Timelines:
    """The timelines of a window, still encoded: `counts` times each, bytes from `offsets` on."""

    counts: NDArray[np.int64]
    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]


def encode_timelines(counts: Sequence[int], encoded: Sequence[bytes]) -> bytes:
    """Timelines of one window."""
    head = np.array([*counts, *map(len, encoded)], "<u4").tobytes()
    return compress(head + b"".join(encoded))


def decode_timelines(data: bytes, count: int) -> Timelines:
    """Raises ValueError."""
    content = decompress(data)
    head = numbers(content[: 8 * count], "<u4", 2 * count)
    offsets = np.zeros(count + 1, np.int64)
    np.cumsum(head[count:], out=offsets[1:])
    blob = np.frombuffer(content + b"\0", np.uint8, offset=8 * count)
    if blob.size != offsets[-1] + 1:
        raise ValueError("timelines do not fill their section")
    return Timelines(head[:count].astype(np.int64), offsets, blob)
