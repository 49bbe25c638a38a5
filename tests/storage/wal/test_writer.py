"""The log on a disk that does not sync: who waits is told, what is given up is released."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from narthex.model.packed_labels import PackedLabels
from narthex.runtime.filesystem import AppendFile, FileSystem
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.storage.errors import StorageClosed
from narthex.storage.interface import Position
from narthex.storage.wal.record import LayoutRecord, LooseSamples, Shape
from narthex.storage.wal.writer import LooseEntry, WalOptions, WalWriter
from tests.storage.samples import named

FOLDER = Path("/wal")


class Layout:
    """A layout of one series."""

    shape = Shape(1, 1, 7)

    def record(self, first: int) -> LayoutRecord:
        return LayoutRecord(self.shape, first, 0, PackedLabels.from_labels(named("a")))


class Disk(InMemoryFileSystem):
    """A disk that knows which files are open; `broken`: it syncs none."""

    def __init__(self) -> None:
        super().__init__()
        self.open_files = 0
        self.broken = False

    def open_append(self, path: Path) -> AppendFile:  # type: ignore[override]
        self.open_files += 1
        return File(self, super().open_append(path))


class File:
    """An `AppendFile` of such a disk."""

    def __init__(self, disk: Disk, file: AppendFile) -> None:
        self._disk, self._file = disk, file
        self._closed = False
        self.truncate, self.size = file.truncate, file.size

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self._closed
        self._file.write(data)

    def sync(self) -> None:
        assert not self._closed
        if self._disk.broken:
            raise OSError("broken")
        self._file.sync()

    def close(self) -> None:
        assert not self._closed
        self._closed = True
        self._disk.open_files -= 1


@pytest.fixture
def disk() -> Disk:
    disk = Disk()
    disk.make_directory(FOLDER)
    return disk


@pytest.fixture
def wal(disk: Disk) -> WalWriter:
    return WalWriter(FOLDER, cast(FileSystem, disk), {}, WalOptions(segment_bytes=500))


def commit(wal: WalWriter, time_ms: int) -> Position:
    samples = LooseSamples(
        np.zeros(1, np.int32), np.array([time_ms], np.int64), np.zeros(1, np.uint64)
    )
    return wal.commit([LooseEntry(Layout(), samples)])


def test_all_who_wait_for_a_sync_that_failed_are_told(wal: WalWriter, disk: Disk) -> None:
    before = commit(wal, 1)
    wal.sync()
    lost = [commit(wal, 2), commit(wal, 3)]
    disk.broken = True
    with pytest.raises(OSError, match="broken"):
        wal.wait_durable(lost[0])
    disk.broken = False
    for _ in range(2):
        for position in lost:
            with pytest.raises(OSError, match="could not be synced"):
                wal.wait_durable(position)
        wal.wait_durable(before)
        wal.wait_durable(commit(wal, 4))
    disk.broken = True
    later = commit(wal, 5)
    for _ in range(2):
        with pytest.raises(OSError, match=r"broken|could not be synced"):
            wal.wait_durable(later)
    disk.broken = False
    for position in (*lost, later):
        with pytest.raises(OSError, match="could not be synced"):
            wal.wait_durable(position)
    wal.wait_durable(before)
    wal.wait_durable(commit(wal, 6))


def test_what_follows_a_failed_sync_goes_to_another_segment(wal: WalWriter, disk: Disk) -> None:
    segments = []
    for time_ms in range(3):
        segments.append(commit(wal, time_ms).segment)
        disk.broken = True
        with pytest.raises(OSError, match="broken"):
            wal.sync()
        disk.broken = False
        wal.sync()
    assert segments == [1, 2, 3]


def test_a_disk_that_syncs_nothing_keeps_no_files_open(wal: WalWriter, disk: Disk) -> None:
    disk.broken = True
    for time_ms in range(20):
        commit(wal, time_ms)
        with pytest.raises(OSError, match="broken"):
            wal.sync()
    assert disk.open_files <= 2
    disk.broken = False
    for time_ms in range(20, 100):
        commit(wal, time_ms)
    wal.sync()
    assert disk.open_files == 1
    wal.close()
    assert disk.open_files == 0


def test_a_closed_log_takes_nothing(wal: WalWriter, disk: Disk) -> None:
    commit(wal, 1)
    wal.close()
    with pytest.raises(StorageClosed):
        commit(wal, 2)
    assert disk.list(FOLDER) == ["00000001.log"]
