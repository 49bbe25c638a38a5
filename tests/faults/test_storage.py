"""Storage on a disk that refuses, and under kill -9: what was acknowledged is there."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.runtime.clock import ManualClock
from narthex.runtime.filesystem import FileSystem
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.runtime.rng import seeded
from narthex.storage.interface import Refs
from narthex.storage.metrics import StorageMetrics
from narthex.storage.store import Store
from narthex.storage.tsdb import Machine, TsdbOptions
from tests.faults.failing_filesystem import FAILURES, FailingFileSystem
from tests.storage.samples import Contents, bits, commit, contents, named, resolve

DATA = Path("/data")
SERIES = named(*range(3))
OPTIONS = TsdbOptions(block_ms=1000, retention_ms=0, segment_bytes=2000)


def open_store(filesystem: FailingFileSystem | InMemoryFileSystem) -> Store:
    machine = Machine(cast(FileSystem, filesystem), ManualClock(), seeded(1), StorageMetrics())
    return Store.open(DATA, machine=machine, options=OPTIONS)


class Writer:
    """Writes on whatever fails, and keeps what was acknowledged."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.seen: Contents = {one: {} for one in SERIES}
        self.failed = 0
        self.refs: Refs = np.zeros(0, np.uint64)

    def write(self, t: int) -> None:
        appender = self.store.appender(DEFAULT_TENANT)
        if not self.refs.size or t % 500 == 0:
            self.refs = resolve(appender, SERIES)
        values = [t + i / 8 for i in range(len(SERIES))]
        try:
            receipt = commit(appender, self.refs, t, values)
        except OSError:
            self.failed += 1
            return
        assert receipt.accepted == len(SERIES)
        for one, value in zip(SERIES, values, strict=True):
            self.seen[one][t] = bits(value)

    def tend(self) -> None:
        for work in (self.store.sync, self.store.seal, self.store.maintain):
            try:
                work()
            except OSError:
                self.failed += 1


def run(filesystem: FailingFileSystem, store: Store, upto: int = 3000) -> Writer:
    """Rows each 50 ms of the samples' time, tended each half second: blocks are cut on the way."""
    writer = Writer(store)
    for t in range(0, upto, 50):
        writer.write(t)
        if t % 500 == 0:
            writer.tend()
    return writer


def calls_of_a_run() -> int:
    filesystem = FailingFileSystem(InMemoryFileSystem())
    store = open_store(filesystem)
    before = filesystem.calls
    run(filesystem, store)
    return filesystem.calls - before


@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("failures", [1, 2, 30])
def test_each_call_fails_in_turn_and_nothing_acknowledged_is_lost(kind: str, failures: int) -> None:
    step = {1: 1, 2: 3}.get(failures, 10)
    for after in range(0, calls_of_a_run(), step):
        disk = InMemoryFileSystem()
        filesystem = FailingFileSystem(disk)
        store = open_store(filesystem)
        filesystem.arm(after, failures, kind)
        writer = run(filesystem, store)
        shown = contents(store)
        assert shown == writer.seen, f"call {after} failed: shown is what was acknowledged"
        filesystem.disarm()
        writer.write(3000)
        assert writer.seen[SERIES[0]][3000]
        disk.release_locks()
        assert contents(open_store(disk)) == writer.seen, f"call {after} failed: after a kill"


def test_a_start_on_a_full_disk_fails_by_name_and_a_later_one_works() -> None:
    disk = InMemoryFileSystem()
    store = open_store(disk)
    written = run(FailingFileSystem(disk), store).seen
    store.close()
    filesystem = FailingFileSystem(disk)
    for after in range(20):
        filesystem.arm(after, 1, "full")
        with contextlib.suppress(OSError):
            open_store(filesystem).close()
        filesystem.disarm()
    assert contents(open_store(disk)) == written


def test_a_tenant_that_cannot_be_synced_does_not_keep_the_others_open() -> None:
    disk = InMemoryFileSystem()
    filesystem = FailingFileSystem(disk)
    store = open_store(filesystem)
    appender = store.appender(DEFAULT_TENANT)
    commit(appender, resolve(appender, SERIES), 1, [1] * 3)
    other = TenantId("other")
    store.appender(other)
    filesystem.arm(0, 1, "broken")
    with pytest.raises(OSError, match="sync"):
        store.close()
    filesystem.disarm()
    assert set(open_store(filesystem).tenants()) == {DEFAULT_TENANT, other}


WRITER = """
import sys
from pathlib import Path
import numpy as np
from narthex.model.tenant import DEFAULT_TENANT
from narthex.storage.store import Store
from narthex.storage.tsdb import TsdbOptions
from tests.storage.samples import commit, named, resolve
store = Store.open(Path(sys.argv[1]), options=TsdbOptions(block_ms=5000, retention_ms=0))
appender = store.appender(DEFAULT_TENANT)
refs = resolve(appender, named(*range(20)))
t = int(sys.argv[2])
print("ready", flush=True)
while True:
    t += 1
    receipt = commit(appender, refs, t, np.arange(20) + t)
    if receipt.accepted != 20:
        refs = resolve(appender, named(*range(20)))
        continue
    print(t, flush=True)
    if t % 64 == 0:
        store.seal()
    if t % 1000 == 0:
        store.maintain()
"""

ROUNDS = int(os.environ.get("NARTHEX_KILL_ROUNDS", "20"))


def test_killed_at_random_moments_all_that_was_acknowledged_is_there(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: set[int] = set()
    newest = 0
    series = named(*range(20))
    for _ in range(ROUNDS):
        program = [sys.executable, "-c", WRITER, str(tmp_path), str(newest)]
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.0, 0.3))
            process.send_signal(signal.SIGKILL)
            lines = process.stdout.read().split("\n")[:-1]
        acknowledged.update(int(line) for line in lines)
        store = Store.open(tmp_path, options=TsdbOptions(block_ms=5000, retention_ms=0))
        found = contents(store)
        store.close()
        times = set(found[series[0]]) if found else set()
        assert acknowledged <= times
        for i, one in enumerate(series):
            assert found.get(one, {}) == {t: bits(float(i + t)) for t in times}
        newest = max(times, default=newest)
    assert len(acknowledged) > 100
