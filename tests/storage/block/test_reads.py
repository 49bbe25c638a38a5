"""What a block costs in reads, as docs/formats/block.md promises, and its cache."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import orjson
import pytest

from narthex.model.labels import Labels
from narthex.model.matcher import Matcher, MatchType
from narthex.model.symbols import Symbols
from narthex.model.value import STALE_NAN_BITS
from narthex.runtime.filesystem import OsFileSystem, OsRangeReader, RangeReader
from narthex.runtime.rng import seeded
from narthex.storage.block.meta import BlockMeta, new_ulid, read_meta
from narthex.storage.block.reader import BlockReader
from narthex.storage.block.writer import WINDOW_MS, write_block
from narthex.storage.checksum import crc32c
from narthex.storage.errors import Corruption
from narthex.storage.index.sections import ByteCache
from narthex.storage.interface import Want
from tests.storage.block.samples import DictSelection, read_all

ULID = "0" * 26
WINDOWS = 3


class CountingFileSystem(OsFileSystem):
    """Counts the reads of each file."""

    def __init__(self) -> None:
        self.reads: Counter[str] = Counter()

    def open_range(self, path: Path) -> RangeReader:
        return CountingReader(self, path)

    def read_file(self, path: Path) -> bytes:
        self.reads[path.name] += 1
        return super().read_file(path)


class CountingReader(OsRangeReader):
    """A reader of `CountingFileSystem`."""

    def __init__(self, filesystem: CountingFileSystem, path: Path) -> None:
        super().__init__(path)
        self.filesystem, self.name = filesystem, path.name

    def read(self, offset: int, length: int) -> bytes:
        self.filesystem.reads[self.name] += 1
        return super().read(offset, length)


@pytest.fixture
def filesystem(tmp_path: Path) -> CountingFileSystem:
    """A disk with a block of three windows: 200 series of `up`, 3 of `down`."""
    times = range(0, WINDOWS * WINDOW_MS, 600_000)
    samples = {
        Labels.of({"__name__": name, "instance": f"{i:03}"}): [
            (t, int(np.float64(i * t % 97).view(np.uint64))) for t in times
        ]
        for name, count in (("up", 200), ("down", 3))
        for i in range(count)
    }
    ended = Labels.of({"__name__": "down", "instance": "001"})
    samples[ended][-1] = (times[-1], STALE_NAN_BITS)
    write_block(
        DictSelection(Symbols(), samples), 0, WINDOWS * WINDOW_MS, tmp_path, OsFileSystem(),
        ulid=ULID,
    )  # fmt: skip
    return CountingFileSystem()


def test_opening_takes_two_reads(tmp_path: Path, filesystem: CountingFileSystem) -> None:
    BlockReader.open(tmp_path / ULID, filesystem, Symbols()).close()
    assert filesystem.reads == {"meta": 1, "index": 1}


def test_a_metric_costs_one_read_of_pages(tmp_path: Path, filesystem: CountingFileSystem) -> None:
    reader = BlockReader.open(tmp_path / ULID, filesystem, Symbols())
    selection = reader.select([Matcher.equal("__name__", "up")], 0, WINDOWS * WINDOW_MS)
    assert len(read_all(selection, 0, WINDOWS * WINDOW_MS)) == 200
    assert filesystem.reads["pages"] == 1
    index_reads = filesystem.reads["index"]
    one = reader.select(
        [Matcher.equal("__name__", "up"), Matcher.equal("instance", "150")], 0, WINDOW_MS
    )
    assert len(read_all(one, 0, WINDOW_MS - 1)) == 1
    assert filesystem.reads["pages"] == 2
    # One dictionary more than before: everything else is in the cache.
    assert filesystem.reads["index"] <= index_reads + 1
    reader.close()


def test_presence_reads_only_chunks_with_markers(
    tmp_path: Path, filesystem: CountingFileSystem
) -> None:
    reader = BlockReader.open(tmp_path / ULID, filesystem, Symbols())
    up = reader.select([Matcher.equal("__name__", "up")], 0, WINDOWS * WINDOW_MS)
    assert len(read_all(up, 0, WINDOWS * WINDOW_MS, Want.PRESENCE)) == 200
    assert filesystem.reads["pages"] == 0
    down = reader.select([Matcher.equal("__name__", "down")], 0, WINDOWS * WINDOW_MS)
    found = read_all(down, 0, WINDOWS * WINDOW_MS, Want.PRESENCE)
    assert [word for held in found.values() for _, word in held].count(STALE_NAN_BITS) == 1
    assert filesystem.reads["pages"] == 1
    reader.close()


def test_series_of_one_target_share_their_times(
    tmp_path: Path, filesystem: CountingFileSystem
) -> None:
    reader = BlockReader.open(tmp_path / ULID, filesystem, Symbols())
    columns = reader.select_all().read(np.arange(203), 0, WINDOWS * WINDOW_MS)
    assert columns.times.size == WINDOWS * 12
    assert set(columns.times_at.tolist()) == {0}
    reader.close()


def test_a_closed_block_leaves_nothing_in_the_cache(
    tmp_path: Path, filesystem: CountingFileSystem
) -> None:
    cache = ByteCache(1 << 20)
    reader = BlockReader.open(tmp_path / ULID, filesystem, Symbols(), cache)
    read_all(reader.select_all(), 0, WINDOW_MS)
    assert cache.bytes_held > 0
    reader.close()
    assert cache.bytes_held == 0


def test_the_cache_keeps_the_latest_used_within_its_bytes() -> None:
    cache, made = ByteCache(100), Counter[str]()

    def ask(name: str) -> str:
        def make() -> str:
            made[name] += 1
            return name

        return cache.get((name, 0), make, lambda _: 40)

    assert [ask(name) for name in "abacab"] == list("abacab")
    assert made == {"a": 1, "b": 2, "c": 1}
    assert cache.bytes_held == 80


def test_meta_says_what_was_written(tmp_path: Path, filesystem: CountingFileSystem) -> None:
    meta = read_meta(tmp_path / ULID, filesystem)
    assert (meta.min_time_ms, meta.max_time_ms) == (0, WINDOWS * WINDOW_MS)
    assert (meta.stats.series, meta.stats.samples) == (203, 203 * WINDOWS * 12)
    assert meta.stats.chunks == (4 + 1) * WINDOWS
    assert meta.sources == (ULID,)
    assert meta.overlaps(-5, 0)
    assert not meta.overlaps(WINDOWS * WINDOW_MS, WINDOWS * WINDOW_MS + 5)
    assert BlockMeta.from_json(meta.to_json()) == meta
    with pytest.raises(ValueError, match="version 2"):
        BlockMeta.from_json(_of_version_two(meta))


def _of_version_two(meta: BlockMeta) -> bytes:
    fields = orjson.loads(meta.to_json())
    del fields["crc32c"]
    fields["version"] = 2
    fields["crc32c"] = crc32c(orjson.dumps(fields))
    return orjson.dumps(fields)


def test_a_folder_that_was_renamed_is_not_the_block(
    tmp_path: Path, filesystem: CountingFileSystem
) -> None:
    (tmp_path / ULID).rename(tmp_path / ("1" * 26))
    with pytest.raises(Corruption, match="names another block"):
        BlockReader.open(tmp_path / ("1" * 26), filesystem, Symbols())


def test_names_of_blocks_sort_by_time() -> None:
    random = seeded(1)
    names = [new_ulid(now_ms, random) for now_ms in (0, 1, 1_700_000_000_000, 2**48 - 1)]
    assert names == sorted(names)
    assert all(len(name) == 26 for name in names)


def test_many_series_cross_segments_and_stripes(tmp_path: Path) -> None:
    """40,000 series: three segments of rows, ten stripes of one metric."""
    values = {
        Labels.of({"__name__": "m", "id": f"{i:05}", "half": "ab"[i % 2]}): [(i % 50, i)]
        for i in range(40_000)
    }
    write_block(DictSelection(Symbols(), values), 0, 100, tmp_path, OsFileSystem(), ulid=ULID)
    reader = BlockReader.open(tmp_path / ULID, OsFileSystem(), Symbols())
    half = reader.select([Matcher.equal("half", "b")], 0, 100)
    rows = np.arange(0, 20_000, 7)
    columns = half.read(rows, 0, 100)
    assert columns.values.view(np.int64).tolist() == [2 * row + 1 for row in rows.tolist()]
    assert columns.times[columns.times_at].tolist() == [(2 * r + 1) % 50 for r in rows.tolist()]
    ids = half.labels.take(rows[-3:]).to_labels()
    assert [labels.get("id") for labels in ids] == [f"{2 * r + 1:05}" for r in rows[-3:].tolist()]
    some = reader.select([Matcher(MatchType.REGEX, "id", "0(0001|9999|20.*)")], 0, 100)
    assert some.labels.size == 102
    reader.close()
