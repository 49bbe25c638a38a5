"""Look-ups at a million series, in the head's index and in a block's.

`python -m benchmarks.micro.index [series]`; prints the median of several runs after a warm-up.
"""

from __future__ import annotations

import functools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.labels import METRIC_NAME
from narthex.model.matcher import Matcher, MatchType
from narthex.model.symbols import Symbols
from narthex.runtime.filesystem import OsFileSystem
from narthex.storage.block.order import sorted_columns
from narthex.storage.index.disk import DiskIndex
from narthex.storage.index.lookup import LabelIndex, find_rows, label_names, label_values
from narthex.storage.index.memory import MemoryIndex
from narthex.storage.index.sections import ByteCache
from narthex.storage.index.writer import WindowTimes, write_index

RUNS = 7
METRICS = 200
QUERIES = {
    "one series": [("=", METRIC_NAME, "metric_17"), ("=", "instance", "host-1234")],
    "one metric": [("=", METRIC_NAME, "metric_17")],
    "metric and job": [("=", METRIC_NAME, "metric_17"), ("=", "job", "job-3")],
    "one instance": [("=", "instance", "host-1234")],
    "one job": [("=", "job", "job-3")],
    "alternatives": [("=", METRIC_NAME, "metric_17"), ("=~", "instance", "host-12|host-1234")],
    "prefix": [("=", METRIC_NAME, "metric_17"), ("=~", "instance", "host-12.*")],
    "contains, unique label": [("=~", "id", ".*4242.*")],
    "regex, unique label": [("=~", "id", "id-4[0-9]+42")],
    "negative": [("=", METRIC_NAME, "metric_17"), ("!=", "job", "job-3")],
}


def milliseconds(work: Callable[[], object]) -> str:
    first_s = time.perf_counter()
    work()
    first_s = time.perf_counter() - first_s
    times = []
    for _ in range(RUNS):
        start_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - start_s)
    return f"first {first_s * 1e3:9.2f} ms   then {statistics.median(times) * 1e3:8.3f} ms"


def series(count: int, symbols: Symbols) -> LabelTable:
    """`count` series: metrics x instances, ten jobs, and a label that differs in every series."""
    numbers = np.arange(count)
    hosts = numbers // METRICS

    def column(prefix: str, of_row: NDArray[np.int64]) -> NDArray[np.int32]:
        ids = symbols.intern_many(f"{prefix}{k}" for k in range(int(of_row.max()) + 1))
        return np.take(ids, of_row)

    return LabelTable(
        symbols,
        {
            METRIC_NAME: column("metric_", numbers % METRICS),
            "instance": column("host-", hosts),
            "job": column("job-", hosts % 10),
            "id": column("id-", numbers),
        },
    )


def _find(index: Callable[[], LabelIndex], matchers: list[Matcher]) -> object:
    return find_rows(index(), matchers)


def report(name: str, index: Callable[[], LabelIndex]) -> None:
    for query, parts in QUERIES.items():
        matchers = [Matcher(MatchType(kind), label, value) for kind, label, value in parts]
        found = find_rows(index(), matchers).size
        took = milliseconds(functools.partial(_find, index, matchers))
        print(f"{name}  {query:24} {found:8} series   {took}")
    some = [Matcher.equal(METRIC_NAME, "metric_17")]
    took = milliseconds(lambda: label_values(index(), "instance", some))
    print(f"{name}  label values of a metric {took}")
    print(f"{name}  label names of a metric  {milliseconds(lambda: label_names(index(), some))}")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    symbols = Symbols()
    table = series(count, symbols)
    names = sorted(table.columns)
    name_ids = symbols.intern_many(names)
    values = table.matrix(names)
    memory = MemoryIndex(symbols)
    start_s = time.perf_counter()
    for first in range(0, count, 10_000):
        rows = min(10_000, count - first)
        starts = np.arange(rows + 1, dtype=np.int64) * len(names)
        memory.add(first, starts, np.tile(name_ids, rows), values[first : first + rows].reshape(-1))
    memory.view()
    print(
        f"memory: filled in {time.perf_counter() - start_s:.2f} s,"
        f" {memory.memory_bytes / count:.0f} bytes a series"
    )
    report("memory", memory.view)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        start_s = time.perf_counter()
        columns, _ = sorted_columns(table)
        file = OsFileSystem().open_append(path)
        cells = WindowTimes(np.full(count, 2, np.uint32), [1], [b"\x02"])
        write_index(file, columns, [cells], np.zeros(0, np.int64), start_ms=0, window_ms=1)
        size = file.size()
        file.close()
        print(
            f"block: written in {time.perf_counter() - start_s:.2f} s,"
            f" {size / count:.2f} bytes a series"
        )

        def open_index() -> DiskIndex:
            reader = OsFileSystem().open_range(path)
            return DiskIndex(path, reader, size, Symbols(), ByteCache(256 << 20))

        print(f"block:  open   {milliseconds(open_index)}")
        index = open_index()
        report("block ", lambda: index)


if __name__ == "__main__":
    main()
