"""The log read from its start: what a process finds when it opens a folder.

Reading never stops at damage. What cannot be trusted is skipped, counted and named; a sample is
handed on only if its record's checksums hold and its layout is, by number, columns and content
hash, the one whose names were read in the same segment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from narthex.runtime.filesystem import FileSystem
from narthex.storage.errors import Corruption
from narthex.storage.wal.record import (
    LAYOUT_KIND,
    LOOSE,
    BadRecord,
    LayoutRecord,
    LooseSamples,
    Part,
    RowSamples,
    Shape,
    decode_layout,
    decode_values,
    loose_samples,
    row_samples,
)
from narthex.storage.wal.segment import (
    Gap,
    Record,
    decode_header,
    read_segment,
    segment_numbers,
    segment_path,
)

_NEVER = -(2**63)

Samples = tuple[Shape, RowSamples | LooseSamples]


Progress = Callable[[int, int], None]
"""Hears how many of how many segments are read."""


def no_progress(done: int, segments: int) -> None:
    """For those who do not watch."""


class Sink(Protocol):
    """Takes what the log holds, in the order in which it was written."""

    def layout(self, record: LayoutRecord) -> None:
        """Names of columns; those already known come again in each segment."""

    def commit(self, samples: list[Samples]) -> None:
        """The samples of one commit whose layouts are all known."""


@dataclass(slots=True)
class ReplayReport:
    """What was found. `newest_ms` maps each segment to the time of its newest sample."""

    records: int = 0
    parts_set_aside: int = 0
    torn_bytes: int = 0
    corruptions: list[Corruption] = field(default_factory=list)
    newest_ms: dict[int, int] = field(default_factory=dict)
    last_segment: int = 0


def replay(
    folder: Path,
    filesystem: FileSystem,
    sink: Sink,
    progress: Progress = no_progress,
) -> ReplayReport:
    """Hand the whole log to `sink`, and cut a torn tail. `progress` hears how far it is.

    Raises OSError when a segment cannot be read at all.
    """
    report = ReplayReport()
    numbers = segment_numbers(filesystem.list(folder))
    for done, number in enumerate(numbers):
        progress(done, len(numbers))
        reader = _SegmentReplay(folder, filesystem, number, sink, report)
        reader.run(is_last=number == numbers[-1])
        report.last_segment = number
    progress(len(numbers), len(numbers))
    return report


@dataclass(slots=True)
class _Seen:
    """A layout as read so far in this segment, and its last row."""

    shape: Shape
    last: RowSamples | None = None


class _SegmentReplay:
    """One segment: nothing is carried from one to the next."""

    def __init__(
        self, folder: Path, filesystem: FileSystem, number: int, sink: Sink, report: ReplayReport
    ) -> None:
        self._path = segment_path(folder, number)
        self._filesystem = filesystem
        self._number = number
        self._sink = sink
        self._report = report
        self._layouts: dict[int, _Seen] = {}
        self._newest_ms = _NEVER

    def run(self, *, is_last: bool) -> None:
        data = self._filesystem.read_file(self._path)
        salt = decode_header(data, self._number)
        if salt is None:
            # A power cut may keep the name of a segment and nothing of what was in it.
            if data:
                self._corrupt(0, "neither copy of the segment's header is whole")
            self._report.newest_ms[self._number] = self._newest_ms
            return
        gaps: list[Gap] = []
        for item in read_segment(data, salt):
            if isinstance(item, Gap):
                gaps.append(item)
                continue
            self._report.records += 1
            try:
                self._take(item)
            except BadRecord as error:
                self._corrupt(item.offset, str(error))
        if is_last and gaps and gaps[-1].end == len(data):
            self._cut(gaps.pop())
        for gap in gaps:
            self._corrupt(gap.start, f"{gap.end - gap.start} bytes are no record")
        self._report.newest_ms[self._number] = self._newest_ms

    def _cut(self, tail: Gap) -> None:
        self._report.torn_bytes += tail.end - tail.start
        file = self._filesystem.open_append(self._path)
        try:
            file.truncate(tail.start)
        finally:
            file.close()

    def _corrupt(self, offset: int, reason: str) -> None:
        self._report.corruptions.append(Corruption(self._path, offset, reason))

    def _take(self, record: Record) -> None:
        if record.kind == LAYOUT_KIND:
            self._take_layout(decode_layout(record.payload))
            return
        samples = [item for part in decode_values(record.payload) for item in self._read(part)]
        if samples:
            self._sink.commit(samples)

    def _take_layout(self, record: LayoutRecord) -> None:
        seen = self._layouts.get(record.shape.layout)
        follows = record.first == 0 or (
            seen is not None
            and seen.shape.columns == record.first
            and seen.shape.content_hash == record.hash_before
        )
        if not follows:
            self._report.parts_set_aside += 1
            return
        self._sink.layout(record)
        self._layouts[record.shape.layout] = _Seen(record.shape)

    def _read(self, part: Part) -> list[Samples]:
        """The samples of a part, none when it is set aside."""
        seen = self._layouts.get(part.shape.layout)
        if seen is None or seen.shape != part.shape:
            self._report.parts_set_aside += 1
            return []
        if part.form == LOOSE:
            loose = loose_samples(part)
            self._newest_ms = max(self._newest_ms, int(loose.times.max(initial=_NEVER)))
            return [(part.shape, loose)]
        row = row_samples(part, seen.last)
        if row is None:
            self._report.parts_set_aside += 1
            return []
        seen.last = row
        self._newest_ms = max(self._newest_ms, row.time_ms)
        return [(part.shape, row)]
