"""Writers, readers and upkeep at the same time: every select is of one moment, nothing is torn."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from narthex.model.matcher import Matcher
from narthex.model.tenant import DEFAULT_TENANT
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.storage.store import Store, memory_store
from narthex.storage.tsdb import Machine, TsdbOptions
from tests.storage.samples import commit, named, resolve

ROWS = 400
TARGETS = 3
SERIES = 40
STEP_MS = 100


class World:
    """Threads that run until the writer is done; the first failure is kept."""

    def __init__(self) -> None:
        options = TsdbOptions(block_ms=5000, retention_ms=0)
        self.store: Store = memory_store(Machine(filesystem=InMemoryFileSystem()), options)
        self.row = 0
        self.done = threading.Event()
        self.failures: list[BaseException] = []

    def run(self, *parts: Callable[[], None]) -> None:
        threads = [threading.Thread(target=self.guarded, args=(part,)) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def guarded(self, part: Callable[[], None]) -> None:
        try:
            part()
        except BaseException as error:
            self.failures.append(error)
            self.done.set()
            raise

    def write(self) -> None:
        """Each batch is a row of several targets, all of the same value."""
        appender = self.store.appender(DEFAULT_TENANT)
        targets = [named(*range(SERIES), metric=f"m{t}") for t in range(TARGETS)]
        refs = np.concatenate([resolve(appender, target) for target in targets])
        for row in range(1, ROWS):
            receipt = commit(appender, refs, row * STEP_MS, [float(row)] * refs.size)
            assert receipt.accepted == refs.size
            self.row = row
        self.done.set()

    def churn(self) -> None:
        """Series that come and go."""
        appender = self.store.appender(DEFAULT_TENANT)
        number = 0
        while not self.done.is_set():
            number += 1
            refs = resolve(appender, named(number, metric="churn"))
            commit(appender, refs, max(1, self.row) * STEP_MS, [1.0])

    def tend(self) -> None:
        while not self.done.is_set():
            self.store.sync()
            self.store.seal()
            self.store.maintain()

    def read(self) -> None:
        while not self.done.is_set():
            self.read_once()

    def read_once(self) -> None:
        acknowledged = self.row
        matchers = [Matcher.equal("instance", "7")]
        selection = self.store.select(DEFAULT_TENANT, matchers, 0, 2**60)
        names = [one.metric_name for one in selection.labels.to_labels()]
        if not acknowledged:
            return
        rows = np.flatnonzero(np.array([name != "churn" for name in names]))
        assert rows.size == TARGETS
        columns = selection.read(rows, 0, 2**60)
        counts = set(np.diff(columns.starts).tolist())
        assert len(counts) == 1, "a batch of several layouts is seen whole"
        (count,) = counts
        assert count >= acknowledged
        values = columns.values.reshape(TARGETS, count)
        assert (values == np.arange(1, count + 1)).all()
        for at in columns.times_at.tolist():
            times = columns.times[at : at + count]
            assert np.array_equal(times, np.arange(1, count + 1) * STEP_MS)


def test_everything_at_once() -> None:
    world = World()
    world.run(world.write, world.churn, world.tend, world.read, world.read)
    assert not world.failures
    world.read_once()
    assert len(world.store.shards()[0].blocks.all) > 1
