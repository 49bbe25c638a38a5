"""Blocks on bad disks: no flipped byte is a wrong answer, a crash leaves the old or the new."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from narthex.model.labels import Labels
from narthex.model.matcher import Matcher
from narthex.model.symbols import Symbols
from narthex.model.value import STALE_NAN_BITS
from narthex.runtime.filesystem import OsFileSystem
from narthex.storage.block.folder import delete_block, recover_blocks
from narthex.storage.block.meta import INDEX_FILE, META_FILE, PAGES_FILE
from narthex.storage.block.reader import BlockReader
from narthex.storage.block.writer import write_block
from narthex.storage.compaction.compactor import compact
from narthex.storage.errors import Corruption
from narthex.storage.merge import merge_selections
from tests.storage.block.samples import DictSelection, Samples, read_all, samples_in

ULID = "0" * 26
HOUR_MS = 3_600_000


def word(value: float) -> int:
    return int(np.float64(value).view(np.uint64))


def samples(start_ms: int = 0) -> Samples:
    times = range(start_ms, start_ms + HOUR_MS, 300_000)
    return {
        Labels.of({"__name__": "up", "job": "a"}): [(t, word(1)) for t in times],
        Labels.of({"__name__": "up", "job": "b"}): [
            *((t, word(0.5)) for t in times[:5]),
            (times[5], STALE_NAN_BITS),
        ],
        Labels.of({"__name__": "seconds_total", "job": "a"}): [
            (t, word(k * 1.25)) for k, t in enumerate(times)
        ],
        Labels.of({"__name__": "bytes", "job": "b"}): [(t + t % 7, word(t * t)) for t in times],
    }


def write(folder: Path, filesystem: Any = None, ulid: str = ULID, start_ms: int = 0) -> None:
    selection = DictSelection(Symbols(), samples(start_ms))
    write_block(
        selection, start_ms, start_ms + HOUR_MS, folder, filesystem or OsFileSystem(), ulid=ulid
    )


def ask(folder: Path) -> list[object]:
    """What a reader makes of the block: all samples, one metric, names and values."""
    reader = BlockReader.open(folder / ULID, OsFileSystem(), Symbols())
    try:
        matchers = [Matcher.equal("__name__", "up"), Matcher.equal("job", "b")]
        return [
            read_all(reader.select_all(), 0, HOUR_MS),
            read_all(reader.select(matchers, 0, HOUR_MS), 0, HOUR_MS),
            reader.label_names([]),
            reader.label_values("job", []),
        ]
    finally:
        reader.close()


@pytest.mark.parametrize("name", [META_FILE, INDEX_FILE, PAGES_FILE])
@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_no_flipped_byte_changes_an_answer(tmp_path: Path, name: str, mask: int) -> None:
    write(tmp_path)
    path = tmp_path / ULID / name
    good, expected = path.read_bytes(), ask(tmp_path)
    noticed: list[Corruption] = []
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ mask]) + good[at + 1 :])
        try:
            assert ask(tmp_path) == expected, f"byte {at}"
        except Corruption as error:
            noticed.append(error)
    assert {error.path for error in noticed} <= {path, path.parent}
    assert len(noticed) >= len(good) * 0.8


@pytest.mark.parametrize("name", [META_FILE, INDEX_FILE, PAGES_FILE])
def test_no_truncation_changes_an_answer(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    path = tmp_path / ULID / name
    good = path.read_bytes()
    for size in range(0, len(good), 7):
        path.write_bytes(good[:size])
        with pytest.raises(Corruption):
            ask(tmp_path)


class Crash(Exception):
    """The machine is gone: no later call does anything either."""


class CrashingFileSystem:
    """The machine's disk for a number of calls that change it; then half a write, and gone."""

    def __init__(self, calls_left: int) -> None:
        self.inner, self.calls_left = OsFileSystem(), calls_left

    def step(self) -> bool:
        """Count a change; False: this is the call that the crash interrupts."""
        self.calls_left -= 1
        if self.calls_left < -1:
            raise Crash
        return self.calls_left >= 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = getattr(self.inner, name)
        if name in ("open_range", "read_file", "list", "exists", "size"):
            return call

        def counted(*arguments: Any) -> Any:
            if not self.step():
                raise Crash
            return call(*arguments)

        return counted

    def open_append(self, path: Path) -> CrashingFile:
        if not self.step():
            raise Crash
        return CrashingFile(self, path)

    def write_file(self, path: Path, data: bytes) -> None:
        if not self.step():
            path.with_name(f"{path.name}.tmp").write_bytes(data[: len(data) // 2])
            raise Crash
        self.inner.write_file(path, data)


class CrashingFile:
    """A file of `CrashingFileSystem`."""

    def __init__(self, filesystem: CrashingFileSystem, path: Path) -> None:
        self.filesystem, self.inner = filesystem, OsFileSystem().open_append(path)

    def write(self, data: bytes) -> None:
        if not self.filesystem.step():
            self.inner.write(data[: len(data) // 2])
            raise Crash
        self.inner.write(data)

    def sync(self) -> None:
        if not self.filesystem.step():
            raise Crash
        self.inner.sync()

    def size(self) -> int:
        return self.inner.size()

    def close(self) -> None:
        self.inner.close()


def crash_everywhere(scenario: Callable[[Any], None], check: Callable[[bool], None]) -> int:
    """Run `scenario` with a crash at every call that changes the disk, until it comes through."""
    for calls in range(10_000):
        try:
            scenario(CrashingFileSystem(calls))
        except Crash:
            check(False)
            continue
        check(True)
        return calls
    raise AssertionError("never came through")


def test_a_crash_while_writing_leaves_no_block_or_all_of_it(tmp_path: Path) -> None:
    expected = samples_in(samples(), 0, HOUR_MS)

    def check(finished: bool) -> None:
        found = recover_blocks(tmp_path, OsFileSystem())
        assert not found.damaged
        if found.blocks:
            assert ask(tmp_path)[0] == expected
            delete_block(tmp_path, ULID, OsFileSystem())
        else:
            assert not finished
        assert not list(tmp_path.iterdir())

    assert crash_everywhere(lambda filesystem: write(tmp_path, filesystem), check) > 10


def test_a_crash_while_merging_keeps_every_sample_once(tmp_path: Path) -> None:
    expected = samples_in(samples(), 0, HOUR_MS)
    for labels, held in samples(HOUR_MS).items():
        expected[labels] = expected[labels] + list(held)

    def start_afresh() -> None:
        for name in OsFileSystem().list(tmp_path):
            OsFileSystem().remove_tree(tmp_path / name)
        write(tmp_path, ulid="1" * 26)
        write(tmp_path, ulid="2" * 26, start_ms=HOUR_MS)

    def merge(filesystem: Any) -> None:
        symbols = Symbols()
        readers = [BlockReader.open(tmp_path / (digit * 26), filesystem, symbols) for digit in "12"]
        try:
            compact(readers, tmp_path, filesystem, ulid=ULID, merge=merge_selections)
        finally:
            for reader in readers:
                reader.close()
        for digit in "12":
            delete_block(tmp_path, digit * 26, filesystem)

    def check(finished: bool) -> None:
        found = recover_blocks(tmp_path, OsFileSystem())
        assert not found.damaged
        symbols = Symbols()
        readers = [
            BlockReader.open(tmp_path / meta.ulid, OsFileSystem(), symbols) for meta in found.blocks
        ]
        held: dict[Labels, list[tuple[int, int]]] = {}
        for reader in readers:
            for labels, part in read_all(reader.select_all(), 0, 2 * HOUR_MS).items():
                held[labels] = held.get(labels, []) + part
            reader.close()
        assert held == expected
        start_afresh()

    start_afresh()
    assert crash_everywhere(merge, check) > 12


@pytest.mark.parametrize("name", ["index", "pages"])
def test_the_sources_of_a_damaged_merge_stay(tmp_path: Path, name: str) -> None:
    """The crash came before the sources were removed, the damage before the next start."""
    write(tmp_path, ulid="1" * 26)
    write(tmp_path, ulid="2" * 26, start_ms=HOUR_MS)
    filesystem, symbols = OsFileSystem(), Symbols()
    readers = [BlockReader.open(tmp_path / (digit * 26), filesystem, symbols) for digit in "12"]
    compact(readers, tmp_path, filesystem, ulid=ULID, merge=merge_selections)
    for reader in readers:
        reader.close()
    file = tmp_path / ULID / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x40
    file.write_bytes(data)
    found = recover_blocks(tmp_path, filesystem)
    assert [block.ulid for block in found.blocks] == ["1" * 26, "2" * 26]
    assert [error.path for error in found.damaged] == [file]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    class Full(CrashingFile):
        def write(self, data: bytes) -> None:
            raise OSError(28, "No space left on device")

    class FullDisk(OsFileSystem):
        def open_append(self, path: Path) -> Any:
            return Full(CrashingFileSystem(1000), path)

    with pytest.raises(OSError, match="No space"):
        write(tmp_path, FullDisk())
    assert not list(tmp_path.iterdir())


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "wal").mkdir()
    (tmp_path / "notes.tmp").mkdir()
    (tmp_path / ("A" * 26)).mkdir()
    found = recover_blocks(tmp_path, OsFileSystem())
    assert not found.blocks
    assert [error.path.name for error in found.damaged] == ["A" * 26]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A" * 26, "notes.tmp", "wal"]
