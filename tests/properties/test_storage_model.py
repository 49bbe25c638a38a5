"""A store against a dictionary: any order of scrapes, stale markers, restarts, cuts and crashes."""

from __future__ import annotations

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.model.value import STALE_NAN
from narthex.runtime.clock import ManualClock
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.runtime.rng import seeded
from narthex.storage.head.head import HeadLimits
from narthex.storage.interface import RejectReason
from narthex.storage.metrics import StorageMetrics
from narthex.storage.store import Store, memory_store
from narthex.storage.tsdb import Machine, TsdbOptions
from tests.storage.samples import Contents, bits, commit, contents, named

SERIES = [
    *named(*range(70)),
    Labels.of({"__name__": "up"}),
    Labels.of({"__name__": "m", "instance": "1", "extra": "x"}),
]
OPTIONS = TsdbOptions(
    block_ms=2000,
    retention_ms=0,
    limits=HeadLimits(behind_ms=1000),
    segment_bytes=4096,
)
PHASES = tuple(phase for phase in Phase if phase is not Phase.explain)
"""Explaining a failure runs whole stores under a tracer, for minutes."""
VALUES = st.sampled_from([0.0, -0.0, 1.0, 1.5, 1e300, float("nan"), STALE_NAN])
SUBSETS = st.one_of(
    st.sets(st.integers(0, len(SERIES) - 1), min_size=1, max_size=4),
    st.builds(lambda start, size: set(range(start, min(start + size, 70))),
              st.integers(0, 60), st.integers(5, 70)),
)  # fmt: skip


class StoreMachine(RuleBasedStateMachine):
    """`model` is what must be seen; `synced` what must outlive a power cut."""

    @initialize()
    def start(self) -> None:
        self.disk = InMemoryFileSystem()
        self.model: Contents = {}
        self.synced: Contents = {}
        self.now_ms = 0
        self.salt = 0
        self.open()

    def open(self) -> None:
        self.salt += 1
        machine = Machine(self.disk, ManualClock(self.salt), seeded(self.salt), StorageMetrics())
        self.store: Store = memory_store(machine, OPTIONS)

    def write(self, chosen: list[int], times: list[int], values: list[float]) -> None:
        appender = self.store.appender(DEFAULT_TENANT)
        series = [SERIES[i] for i in chosen]
        refs = appender.resolve(PackedLabels.from_labels(series)).refs
        head = self.store.shards()[0].head
        oldest_ms = max(head.truncated_ms, head.max_time_ms - 1000)
        same = times[0] if len(set(times)) == 1 else times
        receipt = commit(appender, refs, same, values)
        for one, t, value, got in zip(series, times, values, receipt.rejected, strict=True):
            expected = self.expected(one, t, value, oldest_ms)
            assert RejectReason(got) is expected, (one, t)
            if expected is RejectReason.ACCEPTED:
                self.model.setdefault(one, {})[t] = bits(value)

    def expected(self, one: Labels, t: int, value: float, oldest_ms: int) -> RejectReason:
        if t < oldest_ms:
            return RejectReason.TOO_OLD
        held = self.model.get(one, {})
        newest = max(held, default=-1)
        if t < newest:
            return RejectReason.OUT_OF_ORDER
        if t == newest and held[t] != bits(value):
            return RejectReason.DUPLICATE
        return RejectReason.ACCEPTED

    @rule(
        chosen=SUBSETS,
        rows=st.sampled_from([1, 3, 40, 70]),
        step=st.sampled_from([1, 10, 100]),
        value=VALUES,
    )
    def scrape(self, chosen: set[int], rows: int, step: int, value: float) -> None:
        for _ in range(rows):
            self.now_ms += step
            series = sorted(chosen)
            self.write(series, [self.now_ms] * len(series), [value] * len(series))

    @rule(chosen=SUBSETS, data=st.data())
    def write_times_of_their_own(self, chosen: set[int], data: st.DataObject) -> None:
        series = sorted(chosen)
        back = st.integers(-1500, 50)
        times = [max(0, self.now_ms + data.draw(back)) for _ in series]
        values = [data.draw(VALUES) for _ in series]
        self.write(series, times, values)
        self.now_ms = max(self.now_ms, *times)

    @rule()
    def seal(self) -> None:
        self.store.seal()

    @rule()
    def maintain(self) -> None:
        self.store.maintain()
        self.synced_all()

    @rule()
    def sync(self) -> None:
        self.store.sync()
        self.synced_all()

    def synced_all(self) -> None:
        self.store.sync()
        self.synced = {one: dict(samples) for one, samples in self.model.items()}

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.synced = {one: dict(samples) for one, samples in self.model.items()}
        self.open()

    @rule()
    def killed(self) -> None:
        self.disk.release_locks()
        self.open()

    @rule()
    def power_cut(self) -> None:
        self.disk.power_cut()
        self.open()
        self.model = {one: dict(samples) for one, samples in self.synced.items()}

    @precondition(lambda self: self.model)
    @rule(start=st.integers(-10, 20_000), length=st.integers(0, 5000))
    def read_a_range(self, start: int, length: int) -> None:
        expected = {
            one: {t: w for t, w in samples.items() if start <= t <= start + length}
            for one, samples in self.model.items()
        }
        found = contents(self.store, [], start, start + length)
        assert found == {one: samples for one, samples in expected.items() if samples}

    @invariant()
    def all_is_there(self) -> None:
        if hasattr(self, "store"):
            assert contents(self.store) == self.model

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


TestStoreAgainstADictionary = StoreMachine.TestCase
TestStoreAgainstADictionary.settings = settings(
    max_examples=20, stateful_step_count=15, deadline=None, phases=PHASES
)


def test_rows_of_a_selection_in_any_batches() -> None:
    """Reading rows a few at a time gives the same as all at once."""
    store = memory_store()
    appender = store.appender(DEFAULT_TENANT)
    refs = appender.resolve(PackedLabels.from_labels(SERIES)).refs
    for t in range(200):
        some = refs[t % 3 :: 3] if t % 7 == 0 else refs
        commit(appender, some, t, [float(t + i) for i in range(some.size)])
    store.seal()
    selection = store.select(DEFAULT_TENANT, [], 20, 150)
    whole = selection.read(np.arange(len(SERIES)), 20, 150)
    for rows in (np.arange(3), np.array([5, 40, 71]), np.arange(60, 72)):
        part = selection.read(rows, 20, 150)
        for i, row in enumerate(rows.tolist()):
            length = int(part.starts[i + 1] - part.starts[i])
            assert length == whole.starts[row + 1] - whole.starts[row]
            mine = slice(int(part.starts[i]), int(part.starts[i + 1]))
            other = slice(int(whole.starts[row]), int(whole.starts[row + 1]))
            assert np.array_equal(part.values[mine], whole.values[other])
            times = part.times[part.times_at[i] : part.times_at[i] + length]
            at = int(whole.times_at[row])
            assert np.array_equal(times, whole.times[at : at + length])
