"""An OpenMetrics file of any size, as numbered series' samples, a few megabytes at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from narthex.exposition.errors import BadExposition
from narthex.exposition.negotiation import Format
from narthex.exposition.page import NO_TIME, Page
from narthex.exposition.parse import parse
from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.symbols import Symbols

PIECE_BYTES = 4 << 20
END = b"# EOF\n"


class NoTimestampError(ValueError):
    """A sample of the file has no time: it can be put into no block."""


@dataclass(frozen=True, slots=True)
class SampleRun:
    """Samples in the order of the file: series number, time in ms, value."""

    series: NDArray[np.int64]
    times: NDArray[np.int64]
    values: NDArray[np.float64]


class OpenMetricsReader:
    """Reads one file from front to back; series are numbered from 0 as they appear."""

    def __init__(self, extra_labels: Mapping[str, str], seed: int) -> None:
        self._extra = tuple(extra_labels.items())
        self._seed = seed
        self._symbols = Symbols()
        self._numbers: dict[int, int] = {}
        self._by_labels: dict[Labels, int] = {}

    def labels(self) -> LabelTable:
        """The series seen so far, row by number."""
        return LabelTable.from_labels(self._symbols, list(self._by_labels))

    def runs(self, file: BinaryIO) -> Iterator[SampleRun]:
        """All samples. Raises BadExposition (with the line of the file), NoTimestampError."""
        lines_before, type_line = 0, b""
        for piece, last in _pieces(file):
            body = type_line + piece + (b"" if last else END)
            try:
                page = parse(body, Format.OPENMETRICS, self._seed)
                yield self._run(page, lines_before)
            except BadExposition as error:
                line = lines_before + error.line - type_line.count(b"\n")
                raise BadExposition(line, error.column, error.what, error.text) from None
            lines_before += piece.count(b"\n")
            type_line = _last_type_line(piece) or type_line

    def _run(self, page: Page, lines_before: int) -> SampleRun:
        missing = np.flatnonzero(page.times == NO_TIME)
        if missing.size:
            text = page.series_text(int(missing[0])).decode("utf-8", "replace")
            raise NoTimestampError(
                f"a sample of {text} behind line {lines_before} has no timestamp; a block needs one"
            )
        hashes, first, inverse = np.unique(page.hashes, return_index=True, return_inverse=True)
        numbers = [self._numbers.get(key, -1) for key in hashes.tolist()]
        new = [k for k, number in enumerate(numbers) if number < 0]
        # In the order of the file, so that a file gives the same numbers whatever the seed.
        new.sort(key=first.__getitem__)
        rows = first[new].astype(np.int64)
        for k, labels in zip(new, page.labels(rows) if new else [], strict=True):
            whole = Labels([*(p for p in labels if p[0] not in dict(self._extra)), *self._extra])
            numbers[k] = self._by_labels.setdefault(whole, len(self._by_labels))
            self._numbers[int(hashes[k])] = numbers[k]
        return SampleRun(np.array(numbers, np.int64)[inverse], page.times, page.values)


def _pieces(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Whole lines, about `PIECE_BYTES` at a time, and whether they are the last."""
    rest = b""
    while True:
        data = file.read(PIECE_BYTES)
        if not data:
            yield rest, True
            return
        end = data.rfind(b"\n") + 1
        if not end:
            rest += data
            continue
        piece, rest = rest + data[:end], data[end:]
        if not rest and piece.endswith(END):
            following = file.read(1)
            if not following:
                yield piece, True
                return
            rest = following
        yield piece, False


def _last_type_line(piece: bytes) -> bytes:
    """The TYPE line in force behind `piece`: what the next piece begins under."""
    start = piece.rfind(b"\n# TYPE ") + 1
    if not piece.startswith(b"# TYPE ", start):
        return b""
    return piece[start : piece.index(b"\n", start) + 1]
