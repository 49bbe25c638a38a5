"""What the log gives back after damage: never another sample than was written, never a crash."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.storage.wal.record import LayoutRecord, LooseSamples, RowSamples, Shape
from narthex.storage.wal.replay import ReplayReport, Samples, replay
from narthex.storage.wal.segment import segment_path
from narthex.storage.wal.writer import LooseEntry, RowEntry, WalOptions, WalWriter
from tests.storage.samples import named

FOLDER = Path("/data/wal")

Written = set[tuple[Labels, int, int]]


@dataclass
class FixedLayout:
    """A layout with names of its own and columns that may grow."""

    number: int
    names: list[Labels]

    @property
    def shape(self) -> Shape:
        return Shape(self.number, len(self.names), self._hash(len(self.names)))

    def record(self, first: int) -> LayoutRecord:
        packed = PackedLabels.from_labels(self.names[first:])
        return LayoutRecord(self.shape, first, self._hash(first), packed)

    def _hash(self, columns: int) -> int:
        return hash((self.number, tuple(self.names[:columns]))) & (2**64 - 1) if columns else 0


@dataclass
class Collector:
    """A sink that keeps (series, time, bits) of all it is handed."""

    names: dict[int, list[Labels]] = field(default_factory=dict)
    samples: list[tuple[Labels, int, int]] = field(default_factory=list)

    def layout(self, record: LayoutRecord) -> None:
        known = self.names.get(record.shape.layout, [])[: record.first]
        self.names[record.shape.layout] = [*known, *record.series.to_labels()]

    def commit(self, samples: list[Samples]) -> None:
        for shape, part in samples:
            names = self.names[shape.layout]
            if isinstance(part, LooseSamples):
                columns, times = part.columns.tolist(), part.times.tolist()
            else:
                columns = _columns(part, shape.columns)
                times = [part.time_ms] * len(columns)
            for column, time_ms, word in zip(columns, times, part.values.tolist(), strict=True):
                self.samples.append((names[column], time_ms, word))


def _columns(row: RowSamples, columns: int) -> list[int]:
    if row.present is None:
        return list(range(columns))
    words = row.present.tolist()
    return [c for c in range(columns) if words[c // 64] >> (c % 64) & 1]


def write_log(filesystem: InMemoryFileSystem, segments: int = 1) -> tuple[Written, list[int]]:
    """Two layouts, rows of all forms, a layout that grows; the log's end after each commit."""
    writer = WalWriter(FOLDER, filesystem, {}, WalOptions(new_salt=lambda: 0x5EED))
    first = FixedLayout(1, named("a", "b", "c"))
    second = FixedLayout(2, named("x", metric="other"))
    written: Written = set()
    ends = []
    before: RowSamples | None = None
    for k in range(12 * segments):
        if k and k % 12 == 0:
            writer.roll()
        if k == 5:
            first.names += named("d")
            before = None
        columns = len(first.names)
        values = np.arange(columns, dtype=np.uint64) + np.uint64(1000 * k)
        row = RowSamples(100 + k, values, None)
        if k % 4 == 3:
            row = RowSamples(100 + k, values[:2], np.array([0b11], np.uint64))
            before = None
        entries: list[RowEntry | LooseEntry] = [RowEntry(first, row, before)]
        before = row if row.present is None else None
        written |= {
            (first.names[c], row.time_ms, int(v))
            for c, v in zip(_columns(row, columns), row.values.tolist(), strict=True)
        }
        if k % 3 == 0:
            samples = LooseSamples(
                np.array([0], np.int32), np.array([50 + k]), np.array([k], np.uint64)
            )
            entries.append(LooseEntry(second, samples))
            written.add((second.names[0], 50 + k, k))
        ends.append(writer.commit(entries).offset)
    writer.close()
    return written, ends


def read_log(filesystem: InMemoryFileSystem) -> tuple[Written, ReplayReport]:
    sink = Collector()
    report = replay(FOLDER, filesystem, sink)
    assert len(set(sink.samples)) == len(sink.samples), "nothing twice"
    return set(sink.samples), report


def replaced(data: bytes, number: int = 1) -> InMemoryFileSystem:
    """A disk with one segment of these bytes."""
    filesystem = InMemoryFileSystem()
    filesystem.make_directory(FOLDER)
    filesystem.write_file(segment_path(FOLDER, number), data)
    return filesystem


def test_a_whole_log_comes_back() -> None:
    filesystem = InMemoryFileSystem()
    written, _ = write_log(filesystem, segments=3)
    found, report = read_log(filesystem)
    assert found == written
    assert (report.corruptions, report.torn_bytes, report.parts_set_aside) == ([], 0, 0)
    assert report.last_segment == 3
    assert report.newest_ms == {1: 111, 2: 123, 3: 135}


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_each_segment_stands_alone(lost: int) -> None:
    filesystem = InMemoryFileSystem()
    written, _ = write_log(filesystem, segments=3)
    filesystem.remove(segment_path(FOLDER, lost))
    found, report = read_log(filesystem)
    gone = range(100 + 12 * (lost - 1), 100 + 12 * lost)
    loose_gone = range(50 + 12 * (lost - 1), 50 + 12 * lost)
    assert written - found == {s for s in written if s[1] in gone or s[1] in loose_gone}
    assert report.parts_set_aside == 0


def test_cut_at_every_byte_it_gives_back_the_whole_commits_before() -> None:
    filesystem = InMemoryFileSystem()
    _, ends = write_log(filesystem)
    data = filesystem.read_file(segment_path(FOLDER, 1))
    by_commits = []
    for end in ends:
        found, report = read_log(replaced(data[:end]))
        assert report.torn_bytes == 0
        by_commits.append(found)
    for cut in range(len(data)):
        disk = replaced(data[:cut])
        found, report = read_log(disk)
        whole = sum(end <= cut for end in ends)
        # The padding behind the last record may be lost without harm.
        assert found in (by_commits[whole - 1] if whole else set(), by_commits[whole])
        again, report = read_log(disk)
        assert again == found
        assert report.torn_bytes == 0, "the torn tail was cut"


def test_with_any_byte_flipped_no_sample_is_wrong_and_few_are_lost() -> None:
    filesystem = InMemoryFileSystem()
    written, _ = write_log(filesystem)
    data = filesystem.read_file(segment_path(FOLDER, 1))
    for at in range(len(data)):
        for flip in (0x01, 0x80):
            damaged = bytearray(data)
            damaged[at] ^= flip
            found, report = read_log(replaced(bytes(damaged)))
            assert found <= written
            noticed = report.corruptions or report.torn_bytes or report.parts_set_aside
            assert found == written or noticed


def test_a_lost_layout_costs_its_own_rows_only() -> None:
    filesystem = InMemoryFileSystem()
    written, _ = write_log(filesystem)
    data = bytearray(filesystem.read_file(segment_path(FOLDER, 1)))
    data[64 + 16 + 50] ^= 0xFF  # in the body of the first record, layout 1
    found, report = read_log(replaced(bytes(data)))
    assert {s for s in written if s[0].metric_name == "other"} <= found
    assert report.parts_set_aside > 0
    assert [c.offset for c in report.corruptions] == [64]


def test_a_segment_of_another_number_or_salt_is_not_taken() -> None:
    filesystem = InMemoryFileSystem()
    write_log(filesystem)
    data = filesystem.read_file(segment_path(FOLDER, 1))
    found, report = read_log(replaced(data, number=2))
    assert found == set()
    assert len(report.corruptions) == 1
