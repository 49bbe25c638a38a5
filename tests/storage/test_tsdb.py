"""A store over restarts, blocks and retention."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from narthex.model.labels import Labels
from narthex.model.matcher import Matcher
from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.runtime.clock import ManualClock
from narthex.runtime.filesystem import FileSystem, OsFileSystem
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.runtime.rng import seeded
from narthex.storage.errors import DataFolderInUse, ForeignData, StorageClosed
from narthex.storage.head.head import HeadLimits
from narthex.storage.interface import Batch, RejectReason
from narthex.storage.metrics import StorageMetrics
from narthex.storage.store import Store
from narthex.storage.tsdb import Machine, TsdbOptions
from tests.faults.failing_filesystem import FailingFileSystem
from tests.storage.samples import Contents, bits, commit, contents, named, resolve

HOUR = 3_600_000
DATA = Path("/data")


class World:
    """A disk and a clock that outlive the store on them."""

    def __init__(self, filesystem: FileSystem | None = None) -> None:
        self.filesystem = filesystem or InMemoryFileSystem()
        self.clock = ManualClock(100 * HOUR)
        self.registry = CollectorRegistry()

    def open(self, **options: object) -> Store:
        self.registry = CollectorRegistry()
        machine = Machine(self.filesystem, self.clock, seeded(1), StorageMetrics(self.registry))
        return Store.open(DATA, machine=machine, options=TsdbOptions(**options))  # type: ignore[arg-type]

    def metric(self, name: str) -> float:
        value = self.registry.get_sample_value(name)
        assert value is not None
        return value


@pytest.fixture
def world() -> World:
    return World()


def scrape(store: Store, series: list[Labels], times: range) -> Contents:
    """A target scraped at these times; what it gave."""
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, series)
    written: Contents = {one: {} for one in series}
    for t in times:
        values = [float(t // 1000 * (i + 1) % 97) for i in range(len(series))]
        assert commit(appender, refs, t, values).accepted == len(series)
        for one, value in zip(series, values, strict=True):
            written[one][t] = bits(value)
    return written


def test_a_restart_shows_every_sample_and_the_refs_go_on(world: World) -> None:
    store = world.open()
    written = scrape(store, named("a", "b"), range(0, HOUR, 15_000))
    store.close()
    store = world.open()
    assert contents(store) == written
    written = scrape(store, named("a", "b"), range(HOUR, HOUR + 90_000, 15_000))
    assert sum(map(len, contents(store).values())) == 2 * 246
    assert store.statistics(DEFAULT_TENANT, 1).head.series == 2


def test_blocks_are_cut_once_the_head_spans_three_hours(world: World) -> None:
    store = world.open()
    written = scrape(store, named("a", "b"), range(0, 3 * HOUR, 60_000))
    store.maintain()
    assert store.shards()[0].blocks.all == ()
    more = scrape(store, named("a", "b"), range(3 * HOUR, 9 * HOUR, 60_000))
    expected = {one: written[one] | more[one] for one in written}
    store.maintain()
    ranges = [(b.meta.min_time_ms, b.meta.max_time_ms) for b in store.shards()[0].blocks.all]
    assert ranges == [(0, 6 * HOUR), (6 * HOUR, 8 * HOUR)] or ranges == [
        (0, 2 * HOUR), (2 * HOUR, 4 * HOUR), (4 * HOUR, 6 * HOUR)
    ]  # fmt: skip
    assert contents(store) == expected
    part = contents(store, [Matcher.equal("instance", "a")], HOUR, 7 * HOUR)
    assert part == {
        named("a")[0]: {t: w for t, w in expected[named("a")[0]].items() if HOUR <= t <= 7 * HOUR}
    }
    store.close()
    assert contents(world.open()) == expected


def test_a_sample_years_ahead_does_not_cut_the_years_between(world: World) -> None:
    store = world.open(compacts=False, retention_ms=0)
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a", "b"))
    years = 10 * 365 * 24 * HOUR
    commit(appender, refs, 0, [1, 2])
    commit(appender, refs[:1], years, [3])
    commit(appender, refs[1:], [years + 4 * HOUR], [4])
    written = contents(store)
    store.maintain()
    assert world.metric("prometheus_tsdb_head_truncations_total") == 2
    starts = [block.meta.min_time_ms for block in store.shards()[0].blocks.all]
    assert starts == [0, years]
    assert world.metric("prometheus_tsdb_head_min_time") == years + 4 * HOUR
    assert contents(store) == written
    store.close()
    assert contents(world.open()) == written


@pytest.mark.parametrize(
    ("time_ms", "reason"),
    [
        (2**62, RejectReason.ACCEPTED), (2**62 + 1, RejectReason.TOO_FAR_AHEAD),
        (2**63 - 1, RejectReason.TOO_FAR_AHEAD), (-(2**62), RejectReason.ACCEPTED),
        (-(2**62) - 1, RejectReason.TOO_OLD), (-(2**63), RejectReason.TOO_OLD),
    ],
)  # fmt: skip
def test_times_are_taken_as_far_as_they_can_be_counted_with(
    world: World, time_ms: int, reason: RejectReason
) -> None:
    store = world.open()
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a", "b"))
    assert commit(appender, refs, time_ms, [1, 2]).rejected.tolist() == [reason] * 2
    written = contents(store)
    assert bool(written) == (reason is RejectReason.ACCEPTED)
    store.shards()[0].cut_all()
    assert contents(store) == written
    store.close()
    assert contents(world.open()) == written


def test_segments_of_the_log_go_with_their_samples(world: World) -> None:
    store = world.open()
    expected: Contents = {one: {} for one in named("a")}
    for start in range(0, 12 * HOUR, HOUR):
        written = scrape(store, named("a"), range(start, start + HOUR, 60_000))
        expected[named("a")[0]] |= written[named("a")[0]]
        store.maintain()
    segments = world.filesystem.list(store.shards()[0].folder / "wal")
    assert 1 <= len(segments) <= 3
    store.close()
    assert contents(world.open()) == expected


def test_a_series_that_left_is_unknown_and_comes_back_as_a_new_one(world: World) -> None:
    store = world.open()
    appender = store.appender(DEFAULT_TENANT)
    scrape(store, named("gone"), range(0, HOUR, 60_000))
    ref = resolve(appender, named("gone"))
    scrape(store, named("stays"), range(HOUR, 4 * HOUR, 60_000))
    store.maintain()
    assert store.statistics(DEFAULT_TENANT, 1).head.series == 1
    assert world.metric("prometheus_tsdb_head_series_removed_total") == 1
    rejected = commit(appender, ref, 4 * HOUR, [1]).rejected
    assert rejected.tolist() == [RejectReason.UNKNOWN_REF]
    assert list(contents(store, start_ms=3 * HOUR)) == named("stays")
    new = resolve(appender, named("gone"))
    assert new[0] != ref[0]
    commit(appender, new, 4 * HOUR, [1])
    found = contents(store)
    assert len(found[named("gone")[0]]) == 61
    store.close()
    store = world.open()
    assert contents(store) == found
    assert store.statistics(DEFAULT_TENANT, 1).head.series == 2


def test_a_series_that_left_a_layout_that_stays(world: World) -> None:
    store = world.open()
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a", "b"))
    commit(appender, refs, 0, [1, 2])
    for t in range(60_000, 5 * HOUR, 60_000):
        commit(appender, refs[:1], t, [t])
    store.maintain()
    rejected = commit(appender, refs, 5 * HOUR, [1, 2]).rejected
    assert rejected.tolist() == [0, RejectReason.UNKNOWN_REF]
    assert layout_of(resolve(appender, named("a", "b"))[0]) == layout_of(refs[0])
    both = resolve(appender, named("a", "b"))
    assert commit(appender, both, 5 * HOUR + 1, [3, 4]).accepted == 2
    found = contents(store)
    assert list(found[named("b")[0]]) == [0, 5 * HOUR + 1]
    store.close()
    store = world.open()
    assert contents(store) == found


def test_a_layout_that_most_series_left_gets_no_new_ones(world: World) -> None:
    store = world.open()
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("stays", "a", "b", "c"))
    commit(appender, refs, 0, [1, 2, 3, 4])
    for t in range(60_000, 5 * HOUR, 60_000):
        commit(appender, refs[:1], t, [t])
    store.maintain()
    both = resolve(appender, named("stays", "new"))
    assert layout_of(both[0]) == layout_of(refs[0]) != layout_of(both[1])


def layout_of(ref: np.uint64) -> int:
    return int(ref) >> 32


def test_names_and_values_are_those_of_head_and_blocks(world: World) -> None:
    store = world.open()
    scrape(store, named("old", metric="o"), range(0, HOUR, 60_000))
    scrape(store, named("new", metric="n"), range(HOUR, 6 * HOUR, 60_000))
    store.maintain()
    everything = (0, 10 * HOUR)
    assert store.label_names(DEFAULT_TENANT, [], *everything) == ["__name__", "instance"]
    assert store.label_values(DEFAULT_TENANT, "instance", [], *everything) == ["new", "old"]
    only = [Matcher.equal("__name__", "o")]
    assert store.label_values(DEFAULT_TENANT, "instance", only, *everything) == ["old"]
    early = (0, HOUR // 2)
    assert store.label_values(DEFAULT_TENANT, "__name__", [], *early) == ["n", "o"], "of the block"
    assert store.label_names(DEFAULT_TENANT, [], 20 * HOUR, 30 * HOUR) == []
    late = (5 * HOUR, 6 * HOUR)
    assert store.label_values(DEFAULT_TENANT, "instance", [], *late) == ["new"]


def test_old_blocks_go_by_time_and_by_size(world: World) -> None:
    store = world.open(retention_ms=4 * HOUR, compacts=False)
    scrape(store, named("a"), range(0, 12 * HOUR, 60_000))
    store.maintain()
    blocks = store.shards()[0].blocks
    assert [b.meta.min_time_ms for b in blocks.all] == [6 * HOUR, 8 * HOUR]
    assert min(contents(store)[named("a")[0]]) == 6 * HOUR
    assert world.metric("prometheus_tsdb_time_retentions_total") == 3
    store.close()
    store = world.open(retention_bytes=1, compacts=False)
    store.maintain()
    assert store.shards()[0].blocks.all == ()
    assert world.metric("prometheus_tsdb_size_retentions_total") == 2
    assert min(contents(store)[named("a")[0]]) == 10 * HOUR


def test_a_block_that_cannot_be_opened_is_left_and_the_rest_answers(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    store = world.open(compacts=False)
    written = scrape(store, named("a"), range(0, 6 * HOUR, 60_000))
    store.maintain()
    first = store.shards()[0].blocks.all[0].meta.ulid
    folder = store.shards()[0].blocks.folder / first
    store.close()
    data = bytearray(world.filesystem.read_file(folder / "meta"))
    data[40] ^= 1
    world.filesystem.write_file(folder / "meta", bytes(data))
    with caplog.at_level(logging.ERROR):
        store = world.open(compacts=False)
    assert world.filesystem.exists(folder / "meta")
    expected = {t: w for t, w in written[named("a")[0]].items() if t >= 2 * HOUR}
    assert contents(store)[named("a")[0]] == expected


def blocks_of(store: Store) -> list[tuple[int, int]]:
    """Hours in which each block begins and ends."""
    metas = [block.meta for block in store.shards()[0].blocks.all]
    return [(meta.min_time_ms // HOUR, meta.max_time_ms // HOUR) for meta in metas]


def test_a_damaged_block_is_left_out_of_merges_and_goes_with_its_age(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    store = world.open(compacts=False)
    scrape(store, named("a"), range(0, 10 * HOUR, 60_000))
    store.maintain()
    blocks = store.shards()[0].blocks
    damaged = blocks.all[1].meta.ulid
    store.close()
    data = bytearray(world.filesystem.read_file(blocks.folder / damaged / "pages"))
    data[30] ^= 1
    world.filesystem.write_file(blocks.folder / damaged / "pages", bytes(data))
    store = world.open(retention_ms=0)
    with caplog.at_level(logging.ERROR):
        store.maintain()
    assert "damaged block is not merged" in caplog.text
    assert world.metric("prometheus_tsdb_compactions_failed_total") == 1
    assert blocks_of(store) == [(0, 6), (2, 4), (6, 8)]
    assert len(contents(store, start_ms=4 * HOUR)[named("a")[0]]) == 6 * 60
    store.set_retention(4 * HOUR, 0)
    store.maintain()
    assert blocks_of(store) == [(0, 6), (6, 8)]


def test_a_full_disk_is_no_reason_to_keep_what_is_beyond_the_retention() -> None:
    disk = FailingFileSystem(InMemoryFileSystem())
    world = World(cast(FileSystem, disk))
    store = world.open(compacts=False)
    scrape(store, named("a"), range(0, 6 * HOUR, 60_000))
    store.maintain()
    scrape(store, named("a"), range(6 * HOUR, 8 * HOUR, 60_000))
    store.set_retention(0, 1)
    disk.arm(0, 3, "full")  # the head's file, the block's folder, the removal of what there is
    with pytest.raises(OSError, match="No space left"):
        store.maintain()
    assert blocks_of(store) == []


def test_a_tenant_sees_its_own_samples_only(world: World) -> None:
    store = world.open()
    scrape(store, named("a"), range(0, 60_000, 15_000))
    other = TenantId("other")
    appender = store.appender(other)
    batch = Batch(other, resolve(appender, named("b")), np.array([1]), np.ones(1))
    assert appender.commit(batch).accepted == 1
    assert store.label_values(other, "instance", [], 0, 1) == ["b"]
    assert store.label_values(DEFAULT_TENANT, "instance", [], 0, 1) == ["a"]
    store.close()
    assert set(world.open().tenants()) == {DEFAULT_TENANT, other}
    with pytest.raises(ValueError, match="cannot be the name of a tenant"):
        store.appender(TenantId("../x"))


@pytest.mark.parametrize("name", ["wal", "chunks_head", "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_a_folder_of_prometheus_is_refused_untouched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ForeignData, match="narthex tool tsdb create-blocks-from openmetrics"):
        Store.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_second_store_on_the_folder_is_refused(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    with pytest.raises(DataFolderInUse, match="in use by another process"):
        Store.open(tmp_path)
    store.close()
    Store.open(tmp_path).close()


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a"))
    store.close()
    store.close()
    with pytest.raises(StorageClosed):
        commit(appender, refs, 1, [1])
    with pytest.raises(StorageClosed):
        store.select(DEFAULT_TENANT, [], 0, 1)


def test_on_a_real_disk_the_files_are_those_documented(tmp_path: Path) -> None:
    machine = Machine(OsFileSystem(), ManualClock(), seeded(1), StorageMetrics())
    store = Store.open(tmp_path, machine=machine)
    written = scrape(store, named(*range(70)), range(0, 4 * HOUR, 60_000))
    store.maintain()
    assert contents(store) == written
    shard = tmp_path / "tenants" / "default" / "0"
    assert sorted(p.name for p in shard.iterdir()) == ["blocks", "head", "lock", "truncated", "wal"]
    assert [p.name for p in (shard / "wal").iterdir()] == ["00000001.log"]
    assert [p.name for p in (shard / "head").iterdir()] == ["00000001.pages"]
    store.close()
    store = Store.open(tmp_path)
    assert contents(store) == written
    store.close()


def test_a_log_that_waits_for_the_disk_is_durable_when_commit_returns() -> None:
    disk = InMemoryFileSystem()
    world = World(disk)
    store = world.open(sync_each_commit=True)
    written = scrape(store, named("a", "b"), range(0, 600_000, 15_000))
    disk.power_cut()
    assert contents(world.open()) == written


def test_by_default_a_power_cut_costs_what_was_not_synced() -> None:
    disk = InMemoryFileSystem()
    world = World(disk)
    store = world.open()
    written = scrape(store, named("a"), range(0, 600_000, 15_000))
    store.sync()
    scrape(store, named("a"), range(600_000, 900_000, 15_000))
    disk.power_cut()
    assert contents(world.open()) == written


def test_the_gauges_are_those_of_the_store(world: World) -> None:
    store = world.open(limits=HeadLimits(series_max=5))
    scrape(store, named("a", "b"), range(0, 4 * HOUR, 60_000))
    store.maintain()
    assert world.metric("prometheus_tsdb_head_series") == 2
    assert world.metric("prometheus_tsdb_head_min_time") == 2 * HOUR
    assert world.metric("prometheus_tsdb_head_max_time") == 4 * HOUR - 60_000
    assert world.metric("prometheus_tsdb_lowest_timestamp") == 0
    assert world.metric("prometheus_tsdb_blocks_loaded") == 1
    assert world.metric("prometheus_tsdb_compactions_total") == 1
    assert world.metric("prometheus_tsdb_wal_storage_size_bytes") > 0
    assert world.metric("prometheus_tsdb_storage_blocks_bytes") > 0
    name, labels = "prometheus_tsdb_head_samples_appended_total", {"type": "float"}
    assert world.registry.get_sample_value(name, labels) == 2 * 240
