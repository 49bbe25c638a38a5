"""One shard of one tenant: log, head and blocks under one folder, written by one process.

The log is written before the head shows a sample, a block is durable before the head lets go of
its range, and segments of the log go after that; so at every moment each acknowledged sample is in
the log or in a block, and a start needs nothing else.

    <folder>/lock       held while the shard is open
    <folder>/truncated  what the head let go of, so that a replay passes it over
    <folder>/wal/       docs/formats/wal.md
    <folder>/head/      docs/formats/head.md, made anew at each start
    <folder>/blocks/    docs/formats/block.md, a folder for each block
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from narthex.model.matcher import Matcher
from narthex.model.packed_labels import PackedLabels
from narthex.model.symbols import Symbols
from narthex.runtime.clock import Clock, SystemClock
from narthex.runtime.filesystem import FileSystem, OsFileSystem
from narthex.runtime.rng import Random, process_seed, seeded
from narthex.storage.block.meta import BlockMeta, new_ulid
from narthex.storage.block.writer import write_block
from narthex.storage.block_set import BlockSet
from narthex.storage.compaction.compactor import compact
from narthex.storage.compaction.planner import compaction_ranges, next_merge
from narthex.storage.compaction.retention import beyond_age, beyond_size
from narthex.storage.errors import Corruption, DataFolderInUse, StorageClosed
from narthex.storage.head.append import HeadAppender
from narthex.storage.head.head import Head, HeadLimits
from narthex.storage.head.layout import NEVER
from narthex.storage.head.restore import HeadRestorer
from narthex.storage.head.sealing import PagesFolder
from narthex.storage.head.statistics import head_statistics
from narthex.storage.interface import NO_REF, Batch, Receipt, Resolution, Selection, Statistics
from narthex.storage.merge import merge_selections
from narthex.storage.metrics import StorageMetrics
from narthex.storage.wal.replay import Progress, ReplayReport, no_progress, replay
from narthex.storage.wal.writer import SEGMENT_BYTES, WalOptions, WalWriter
from narthex.telemetry.log import Logger

BLOCK_MS = 2 * 60 * 60 * 1000
RETENTION_MS = 15 * 24 * 60 * 60 * 1000
LOCK_FILE = "lock"
TRUNCATED_FILE = "truncated"


@dataclass(frozen=True, slots=True)
class TsdbOptions:
    """How one shard keeps its samples."""

    block_ms: int = BLOCK_MS
    """Range of a block cut from the head; it is cut when the head spans half as much more."""
    retention_ms: int = RETENTION_MS
    """Blocks this much older than the newest one go; 0: never."""
    retention_bytes: int = 0
    """Of blocks, log and the head's files together, 0: no limit."""
    compacts: bool = True
    """Whether blocks are merged into larger ones as they age."""
    limits: HeadLimits = field(default_factory=HeadLimits)
    sync_each_commit: bool = False
    """Whether a commit waits for the disk; else `sync` is called each second."""
    segment_bytes: int = SEGMENT_BYTES


@dataclass(frozen=True, slots=True)
class Machine:
    """What a store runs on; the parts that tests replace."""

    filesystem: FileSystem = field(default_factory=OsFileSystem)
    clock: Clock = field(default_factory=SystemClock)
    random: Random = field(default_factory=lambda: seeded(process_seed()))
    metrics: StorageMetrics = field(default_factory=StorageMetrics)


class Tsdb:
    """An open shard. Thread-safe; `sync`, `seal` and `maintain` are called regularly."""

    def __init__(
        self, folder: Path, machine: Machine, options: TsdbOptions, progress: Progress
    ) -> None:
        self.folder = folder
        self.options = options
        self._filesystem = machine.filesystem
        self._clock = machine.clock
        self._random = machine.random
        self._metrics = machine.metrics
        self._log = Logger("tsdb")
        self._maintaining = threading.Lock()
        self._damaged: set[str] = set()
        self._closed = False
        self._filesystem.make_directory(folder)
        try:
            self._lock = self._filesystem.lock(folder / LOCK_FILE)
        except BlockingIOError as error:
            raise DataFolderInUse(
                f"{folder} is in use by another process: stop it, or choose another folder"
            ) from error
        try:
            self._open(progress)
        except BaseException:
            self._lock.close()
            raise

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        machine: Machine | None = None,
        options: TsdbOptions = TsdbOptions(),
        progress: Progress = no_progress,
    ) -> Tsdb:
        """Open or make the shard in `folder`; `progress` hears the segments replayed, and all.

        Raises DataFolderInUse, OSError.
        """
        return cls(folder, machine or Machine(), options, progress)

    def _open(self, progress: Progress) -> None:
        began_s = self._clock.monotonic_s()
        folder, filesystem = self.folder, self._filesystem
        self.symbols = Symbols()
        self.blocks = BlockSet(folder / "blocks", filesystem, self.symbols, self._clock, self._log)
        self.head = Head(self.symbols, PagesFolder(folder / "head", filesystem))
        truncated_ms = self._read_truncated()
        restorer = HeadRestorer(self.head, truncated_ms)
        self.replayed = replay(folder / "wal", filesystem, restorer, progress)
        self.head.truncate(truncated_ms)
        self._report(self.replayed, restorer)
        self.wal = WalWriter(
            folder / "wal",
            filesystem,
            self.replayed.newest_ms,
            WalOptions(
                new_salt=lambda: self._random.getrandbits(64),
                segment_bytes=self.options.segment_bytes,
                on_sync=self._metrics.wal_fsync_seconds.observe,
                monotonic_s=self._clock.monotonic_s,
            ),
        )
        self._appender = HeadAppender(
            self.head, self.wal, self.options.limits, self._clock.now_ms, self._metrics
        )
        self.replay_s = self._clock.monotonic_s() - began_s

    def _report(self, report: ReplayReport, restorer: HeadRestorer) -> None:
        metrics = self._metrics
        metrics.wal_corruptions.inc(len(report.corruptions))
        metrics.wal_torn_bytes.inc(report.torn_bytes)
        metrics.wal_parts_set_aside.inc(report.parts_set_aside + restorer.rows_set_aside)
        for corruption in report.corruptions:
            self._log.error("log is damaged, went on behind", err=str(corruption))
        if report.torn_bytes:
            self._log.warning("torn tail of the log cut", bytes=report.torn_bytes)
        self._log.info(
            "log replayed", folder=str(self.folder), records=report.records,
            samples=restorer.samples, series=self.head.live_series,
            set_aside=report.parts_set_aside + restorer.rows_set_aside,
        )  # fmt: skip

    def _read_truncated(self) -> int:
        path = self.folder / TRUNCATED_FILE
        if not self._filesystem.exists(path):
            return NEVER
        text = self._filesystem.read_file(path)
        try:
            return int(text)
        except ValueError as error:
            raise Corruption(path, 0, f"{text[:20]!r} is no time in ms") from error

    def resolve(self, series: PackedLabels, beside: int = NO_REF) -> Resolution:
        """As `Appender.resolve`."""
        self._require_open()
        return self._appender.resolve(series, beside)

    def commit(self, batch: Batch) -> Receipt:
        """As `Appender.commit`."""
        self._require_open()
        try:
            receipt = self._appender.commit(batch)
            if self.options.sync_each_commit:
                self.wal.wait_durable(receipt.position)
        except OSError:
            self._metrics.wal_writes_failed.inc()
            raise
        return receipt

    def select(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> Selection:
        """The series that match, over head and blocks."""
        self._require_open()
        # The head is asked first: what it lets go of meanwhile is then surely in a block.
        overlaps = self.head.overlaps(start_ms, end_ms)
        head = [self.head.select(matchers, start_ms, end_ms)] if overlaps else []
        blocks = self.blocks.between(start_ms, end_ms)
        sources: list[Selection] = [block.select(matchers, start_ms, end_ms) for block in blocks]
        sources += head
        return merge_selections(sources or [self.head.select(matchers, start_ms, end_ms)])

    def label_names(self, matchers: Sequence[Matcher], start_ms: int, end_ms: int) -> set[str]:
        """Names of the labels of the series that match."""
        self._require_open()
        in_head = self.head.overlaps(start_ms, end_ms)
        names = set(self.head.label_names(matchers) if in_head else ())
        for block in self.blocks.between(start_ms, end_ms):
            names.update(block.label_names(matchers))
        return names

    def label_values(
        self, name: str, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> set[str]:
        """Values of one label over the series that match."""
        self._require_open()
        in_head = self.head.overlaps(start_ms, end_ms)
        values = set(self.head.label_values(name, matchers) if in_head else ())
        for block in self.blocks.between(start_ms, end_ms):
            values.update(block.label_values(name, matchers))
        return values

    def statistics(self, limit: int) -> Statistics:
        """Cardinality of the head."""
        return head_statistics(self.head, limit)

    def set_retention(self, retention_ms: int, retention_bytes: int) -> None:
        """What the next `maintain` keeps; 0 is no limit."""
        self.options = replace(
            self.options, retention_ms=retention_ms, retention_bytes=retention_bytes
        )

    def sync(self) -> None:
        """Make every commit so far durable. Raises OSError."""
        self.wal.sync()

    def seal(self) -> None:
        """Move complete rows out of memory. A disk that refuses is counted; the rows stay."""
        try:
            self.head.seal()
        except OSError as error:
            self._metrics.sealing_failed.inc()
            self._log.warning("rows stay in memory", err=str(error))

    def maintain(self) -> None:
        """Cut blocks that are due, drop what is beyond the retention. One caller at a time works.

        Raises OSError when a block cannot be written; nothing is lost then, the next call tries
        again. The retention is applied all the same: on a full disk it is what makes room.
        """
        with self._maintaining:
            self._require_open()
            try:
                self.blocks.adopt_new()
                self.seal()
                while self._is_due():
                    self._cut_oldest()
                if self.options.compacts:
                    self._merge_blocks()
            finally:
                self._retain()
                self.blocks.release_retired()

    def _is_due(self) -> bool:
        head = self.head
        if head.is_empty:
            return False
        return head.max_time_ms - head.min_time_ms > self.options.block_ms * 3 // 2

    def cut_all(self) -> None:
        """Write all that the head holds to blocks, whatever their age."""
        with self._maintaining:
            self._require_open()
            self.seal()
            while not self.head.is_empty:
                self._cut_oldest()

    def _cut_oldest(self) -> None:
        head, block_ms = self.head, self.options.block_ms
        start_ms = head.min_time_ms // block_ms * block_ms
        end_ms = start_ms + block_ms
        began_s = self._clock.monotonic_s()
        refused_before_ms = head.refuse_before(end_ms)
        try:
            self._write(start_ms, end_ms)
        except BaseException:
            self._metrics.compactions_failed.inc()
            head.refuse_before(refused_before_ms)
            raise
        self._metrics.compactions.inc()
        self._metrics.compaction_seconds.observe(self._clock.monotonic_s() - began_s)
        self._truncate(end_ms)

    def _write(self, start_ms: int, end_ms: int) -> None:
        selection = self.head.select([], start_ms, end_ms - 1)
        ulid = new_ulid(self._clock.now_ms(), self._random)
        meta = write_block(
            selection, start_ms, end_ms, self.blocks.folder, self._filesystem, ulid=ulid
        )
        if meta is not None:
            self.blocks.add(ulid)
            self._log.info("block written", ulid=ulid, start=start_ms, end=end_ms,
                           samples=meta.stats.samples, series=meta.stats.series)  # fmt: skip

    def _truncate(self, before_ms: int) -> None:
        self._filesystem.write_file(self.folder / TRUNCATED_FILE, str(before_ms).encode())
        with self._metrics.truncation_seconds.time():
            removed = self.head.truncate(before_ms)
        self._metrics.truncations.inc()
        self._metrics.series_removed(removed)
        with self.head.writing:
            self.wal.roll()
        self.wal.drop_before(before_ms)

    def _merge_blocks(self) -> None:
        ranges_ms = compaction_ranges(self.options.block_ms, self.options.retention_ms)
        while chosen := next_merge(self._mergeable(), ranges_ms):
            names = {meta.ulid for meta in chosen}
            readers = [block for block in self.blocks.all if block.meta.ulid in names]
            ulid = new_ulid(self._clock.now_ms(), self._random)
            began_s = self._clock.monotonic_s()
            try:
                meta = compact(
                    readers, self.blocks.folder, self._filesystem, ulid=ulid, merge=merge_selections
                )
                self.blocks.replace(sorted(names), [ulid] if meta else [])
            except Corruption as error:
                self._metrics.compactions_failed.inc()
                self._leave_unmerged(names, error)
                continue
            except BaseException:
                self._metrics.compactions_failed.inc()
                raise
            self._metrics.compactions.inc()
            self._metrics.compaction_seconds.observe(self._clock.monotonic_s() - began_s)
            self._log.info("blocks merged", ulid=ulid, sources=" ".join(sorted(names)))

    def _mergeable(self) -> list[BlockMeta]:
        metas = [block.meta for block in self.blocks.all]
        return [meta for meta in metas if meta.ulid not in self._damaged]

    def _leave_unmerged(self, names: set[str], error: Corruption) -> None:
        """What can be read of a damaged block goes on answering; the others are merged without."""
        damaged = names.intersection(error.path.parts)
        if not damaged:
            raise error
        self._damaged |= damaged
        self._log.error("damaged block is not merged", err=str(error))

    def _retain(self) -> None:
        metas = [block.meta for block in self.blocks.all]
        now_ms = self._clock.now_ms()
        old = [meta.ulid for meta in beyond_age(metas, self.options.retention_ms, now_ms)]
        left = [meta for meta in metas if meta.ulid not in old]
        beside = self.wal.size_bytes + self.head.pages.size_bytes
        large = [meta.ulid for meta in beyond_size(left, self.options.retention_bytes, beside)]
        if old or large:
            self.blocks.replace([*old, *large], [])
        self._metrics.time_retentions.inc(len(old))
        self._metrics.size_retentions.inc(len(large))
        for ulid in (*old, *large):
            self._log.info("block removed by retention", ulid=ulid)

    def gauges(self) -> dict[str, float]:
        """Present figures for the metrics."""
        head, blocks = self.head, self.blocks.all
        figures: dict[str, float] = {
            "head_series": head.live_series,
            "head_chunks": head.run_count,
            "blocks_loaded": len(blocks),
            "storage_blocks_bytes": self.blocks.size_bytes,
            "symbol_table_size_bytes": self.symbols.memory_bytes,
            "wal_storage_size_bytes": self.wal.size_bytes,
            "wal_segment_current": self.wal.segment_number,
            "retention_limit_bytes": self.options.retention_bytes,
            "retention_limit_seconds": self.options.retention_ms / 1000,
            "data_replay_duration_seconds": self.replay_s,
        }
        if not head.is_empty:
            figures["head_min_time"] = head.min_time_ms
            figures["head_min_time_seconds"] = head.min_time_ms // 1000
            figures["head_max_time"] = head.max_time_ms
            figures["head_max_time_seconds"] = head.max_time_ms // 1000
        oldest = [block.meta.min_time_ms for block in blocks[:1]]
        if oldest or not head.is_empty:
            lowest = min(*oldest, head.min_time_ms, 2**63 - 1)
            figures["lowest_timestamp"] = lowest
            figures["lowest_timestamp_seconds"] = lowest // 1000
        return figures

    def close(self) -> None:
        """Sync and release everything. Raises OSError when the last sync fails."""
        with self._maintaining, self.head.writing:
            if self._closed:
                return
            self._closed = True
            try:
                self.wal.close()
            finally:
                self.blocks.close()
                self.head.pages.close()
                self._lock.close()

    def _require_open(self) -> None:
        if self._closed:
            raise StorageClosed(f"{self.folder} was closed")
