"""The head and its log, part by part: commit, resolve, memory, replay, read, checksum.

    python -m benchmarks.micro.head [SERIES]

prints one line a figure. SERIES (100,000) is for memory; a target has 500 series, a fifth of which
move from row to row.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.storage.checksum import crc32c
from narthex.storage.head.head import HeadLimits
from narthex.storage.interface import Appender, Batch, Refs
from narthex.storage.store import Store
from narthex.storage.tsdb import TsdbOptions

COLUMNS = 500
STEP_MS = 15_000
OPTIONS = TsdbOptions(retention_ms=0, limits=HeadLimits(behind_ms=None))


def target(number: int) -> PackedLabels:
    """The series of one target: ten labels, three of them its own."""
    shared = {f"label_{k}": f"value_{k}" for k in range(6)}
    instance = {"instance": f"10.0.{number // 256}.{number % 256}:9100"}
    return PackedLabels.from_labels(
        [
            Labels.of({"__name__": f"metric_{i // 8}", "part": str(i % 8), **instance, **shared})
            for i in range(COLUMNS)
        ]
    )


def rows(count: int) -> list[NDArray[np.float64]]:
    """Values of one target over time."""
    chance = np.random.default_rng(1)
    row = np.where(chance.random(COLUMNS) < 0.5, chance.integers(0, 1 << 30, COLUMNS), 0.5)
    made = []
    for _ in range(count):
        moving = chance.random(COLUMNS) < 0.2
        row = np.where(moving, row + chance.integers(1, 1000, COLUMNS), row)
        made.append(row.astype(np.float64))
    return made


def commit_all(appender: Appender, refs: Refs, values: list[NDArray[np.float64]]) -> list[float]:
    """Seconds that each commit took."""
    took = []
    for k, row in enumerate(values):
        batch = Batch(DEFAULT_TENANT, refs, np.array([STEP_MS * k]), row)
        began = time.perf_counter()
        receipt = appender.commit(batch)
        took.append(time.perf_counter() - began)
        assert receipt.accepted == COLUMNS
    return took


def resident_bytes() -> int:
    """What the process holds, without what is shared with others."""
    for line in Path("/proc/self/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise OSError("no Pss in smaps_rollup")


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def commit_and_replay(folder: Path) -> None:
    store = Store.open(folder, options=OPTIONS)
    appender = store.appender(DEFAULT_TENANT)
    refs = appender.resolve(target(0)).refs
    took = commit_all(appender, refs, rows(2000))
    print(f"commit of a row of {COLUMNS}: {statistics.median(took) * 1e6:.1f} us")
    samples = COLUMNS * 2000
    tsdb = store.shards()[0]
    print(f"log: {tsdb.wal.size_bytes / samples:.2f} bytes a sample")
    sealed = tsdb.head.to_seal[:]
    seconds = timed(store.seal)
    count = sum(full.count for _, full in sealed) * COLUMNS
    print(f"seal: {seconds / count * 1e9:.0f} ns a sample")
    print(f"pages: {tsdb.head.pages.size_bytes / count:.2f} bytes a sample")
    selection = store.select(DEFAULT_TENANT, [], 0, 2**60)
    every = np.arange(COLUMNS)
    seconds = min(timed(lambda: selection.read(every, 0, 2**60)) for _ in range(5))
    print(f"read: {seconds / samples * 1e9:.1f} ns a sample")
    store.close()
    reopened: list[Store] = []
    seconds = timed(lambda: reopened.append(Store.open(folder, options=OPTIONS)))
    print(f"replay: {samples / seconds / 1e6:.1f} million samples a second")
    reopened[0].close()


def memory(folder: Path, series: int) -> None:
    store = Store.open(folder, options=OPTIONS)
    appender = store.appender(DEFAULT_TENANT)
    packed = [target(number) for number in range(series // COLUMNS)]
    gc.collect()
    before = resident_bytes()
    refs: list[Refs] = []
    seconds = timed(lambda: refs.extend(appender.resolve(one).refs for one in packed))
    print(f"resolve: {seconds / series * 1e6:.2f} us a new series")
    print(f"names: {(resident_bytes() - before) / series:.0f} bytes a series")
    values = rows(240)
    for k, row in enumerate(values):
        for one in refs:
            appender.commit(Batch(DEFAULT_TENANT, one, np.array([STEP_MS * k]), row))
        store.seal()
    gc.collect()
    print(f"after an hour of rows: {(resident_bytes() - before) / series:.0f} bytes a series")
    selected = timed(lambda: store.select(DEFAULT_TENANT, [], 0, 2**60))
    print(f"select of all {series} series, the index sorted: {selected * 1e3:.0f} ms")
    selected = timed(lambda: store.select(DEFAULT_TENANT, [], 0, 2**60))
    print(f"and again: {selected * 1e3:.0f} ms")
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("series", type=int, nargs="?", default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        commit_and_replay(Path(folder) / "one")
        memory(Path(folder) / "many", arguments.series)
    data = np.random.default_rng(1).bytes(1 << 20)
    seconds = min(timed(lambda: crc32c(data)) for _ in range(20))
    print(f"checksum: {len(data) / seconds / 1e9:.1f} GB a second")


if __name__ == "__main__":
    main()
