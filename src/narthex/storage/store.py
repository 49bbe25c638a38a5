"""What a process opens: every tenant's shards below one data folder.

    <data>/tenants/<tenant>/<shard>/

One tenant, `default`, with one shard, until more are asked for. A data folder that holds another
program's data is refused and left as it is.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from narthex.model.labels import Labels
from narthex.model.matcher import Matcher
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.storage.block.meta import is_ulid
from narthex.storage.errors import ForeignData, StorageClosed
from narthex.storage.fanout import fan_out
from narthex.storage.head.head import HeadLimits
from narthex.storage.interface import (
    NO_REF,
    Batch,
    Receipt,
    Resolution,
    SelectHints,
    Selection,
    Statistics,
)
from narthex.storage.tsdb import Machine, Tsdb, TsdbOptions
from narthex.storage.wal.replay import Progress, no_progress

TENANTS_FOLDER = "tenants"
EXPORT_COMMAND = "promtool tsdb dump-openmetrics"
IMPORT_COMMAND = "narthex tool tsdb create-blocks-from openmetrics"

_PROMETHEUS_NAMES = frozenset({"wal", "wbl", "chunks_head", "queries.active"})
_TENANT_NAME = re.compile(r"[a-zA-Z0-9!_.*'()-]{1,150}")


class Store:
    """The `Storage` of a process. Thread-safe; `sync`, `seal`, `maintain` run off the loop."""

    def __init__(self, folder: Path, machine: Machine, options: TsdbOptions) -> None:
        self.folder = folder
        self.options = options
        self._machine = machine
        self._filesystem = machine.filesystem
        self._opening = threading.Lock()
        self._tenants: dict[TenantId, Tsdb] = {}
        self._closed = False
        machine.metrics.watch(self.shards)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        machine: Machine | None = None,
        options: TsdbOptions = TsdbOptions(),  # noqa: B008 - frozen
        progress: Progress = no_progress,
    ) -> Store:
        """Open or make the data folder, and replay the logs of the tenants in it.

        Raises ForeignData, DataFolderInUse, and OSError when the folder cannot be written.
        """
        store = cls(folder, machine or Machine(), options)
        store._require_own_data()
        try:
            for tenant in store._tenants_on_disk():
                store._tsdb(tenant, progress)
        except BaseException:
            store.close()
            raise
        return store

    def _require_own_data(self) -> None:
        names = self._filesystem.list(self.folder)
        foreign = [name for name in names if name in _PROMETHEUS_NAMES or is_ulid(name)]
        if foreign:
            raise ForeignData(
                f"{self.folder} holds data of Prometheus ({', '.join(foreign[:3])}), which was left"
                " untouched: choose another folder, and bring the data there with"
                f" `{EXPORT_COMMAND} {self.folder} > FILE` and `{IMPORT_COMMAND} FILE FOLDER`"
            )
        self._filesystem.make_directory(self.folder / TENANTS_FOLDER)

    def _tenants_on_disk(self) -> list[TenantId]:
        names = self._filesystem.list(self.folder / TENANTS_FOLDER)
        return [TenantId(name) for name in sorted({*names, DEFAULT_TENANT})]

    def shards(self) -> list[Tsdb]:
        """Every open shard of every tenant."""
        return list(self._tenants.values())

    def tenants(self) -> list[TenantId]:
        """Those that have data here."""
        return list(self._tenants)

    def tsdb(self, tenant: TenantId) -> Tsdb:
        """A tenant's shard, made on first use."""
        held = self._tenants.get(tenant)
        return held if held is not None else self._tsdb(tenant)

    def _tsdb(self, tenant: TenantId, progress: Progress = no_progress) -> Tsdb:
        if not _TENANT_NAME.fullmatch(tenant) or tenant in (".", ".."):
            raise ValueError(f"{tenant!r} cannot be the name of a tenant")
        with self._opening:
            if self._closed:
                raise StorageClosed(f"{self.folder} was closed")
            held = self._tenants.get(tenant)
            if held is None:
                held = self._tenants[tenant] = Tsdb.open(
                    self.folder / TENANTS_FOLDER / tenant / "0",
                    machine=self._machine,
                    options=self.options,
                    progress=progress,
                )
            return held

    def appender(self, tenant: TenantId) -> StoreAppender:
        return StoreAppender(self.tsdb(tenant), tenant)

    def select(
        self,
        tenant: TenantId,
        matchers: Sequence[Matcher],
        start_ms: int,
        end_ms: int,
        hints: SelectHints = SelectHints(),  # noqa: ARG002, B008 - frozen; nothing to gain yet
    ) -> Selection:
        return fan_out([self.tsdb(tenant).select(matchers, start_ms, end_ms)])

    def label_names(
        self, tenant: TenantId, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> list[str]:
        return sorted(self.tsdb(tenant).label_names(matchers, start_ms, end_ms))

    def label_values(
        self, tenant: TenantId, name: str, matchers: Sequence[Matcher], start_ms: int, end_ms: int
    ) -> list[str]:
        return sorted(self.tsdb(tenant).label_values(name, matchers, start_ms, end_ms))

    def statistics(self, tenant: TenantId, limit: int) -> Statistics:
        return self.tsdb(tenant).statistics(limit)

    def set_retention(self, retention_ms: int, retention_bytes: int) -> None:
        """What every shard keeps from the next `maintain` on; 0 is no limit."""
        self.options = replace(
            self.options, retention_ms=retention_ms, retention_bytes=retention_bytes
        )
        for shard in self.shards():
            shard.set_retention(retention_ms, retention_bytes)

    def sync(self) -> None:
        """Make every commit so far durable. Called each second. Raises OSError."""
        for shard in self.shards():
            shard.sync()

    def seal(self) -> None:
        """Move complete rows out of memory. Called each second."""
        for shard in self.shards():
            shard.seal()

    def maintain(self) -> None:
        """Cut and merge blocks, apply the retention. Called now and then. Raises OSError."""
        for shard in self.shards():
            shard.maintain()

    def close(self) -> None:
        """Sync and release everything. Raises OSError when a last sync fails, after all of them."""
        with self._opening:
            self._closed = True
        with contextlib.ExitStack() as closing:
            for shard in self.shards():
                closing.callback(shard.close)


class StoreAppender:
    """The `Appender` of one tenant; with several shards it is here that a series finds its own."""

    def __init__(self, tsdb: Tsdb, tenant: TenantId) -> None:
        self._tsdb = tsdb
        self._tenant = tenant

    def resolve(self, series: PackedLabels, beside: int = NO_REF) -> Resolution:
        return self._tsdb.resolve(series, beside)

    def commit(self, batch: Batch) -> Receipt:
        assert batch.tenant == self._tenant
        return self._tsdb.commit(batch)

    def resolve_labels(self, series: Sequence[Labels]) -> Resolution:
        """As `resolve`, for few series at hand as objects."""
        return self._tsdb.resolve(PackedLabels.from_labels(series))


UNLIMITED = TsdbOptions(limits=HeadLimits(behind_ms=None), retention_ms=0)
"""Samples of any age are taken and kept."""


def memory_store(machine: Machine | None = None, options: TsdbOptions = UNLIMITED) -> Store:
    """A store on a disk in memory: for tests, and for queries over files."""
    machine = machine or Machine(filesystem=InMemoryFileSystem())
    return Store.open(Path("/memory"), machine=machine, options=options)
