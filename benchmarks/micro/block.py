"""Pages and blocks of recorded scrapes: bytes a sample, and what writing and reading cost.

`python -m benchmarks.micro.block RECORDING [hosts] [steps] [interval_ms]`; the recording is as
`benchmarks.workload` reads it. Sizes are those of all files of the block.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.workload import Recording
from narthex.exposition.negotiation import Format
from narthex.exposition.parse import parse
from narthex.model.label_table import LabelTable
from narthex.model.labels import METRIC_NAME, Labels
from narthex.model.matcher import Matcher
from narthex.model.symbols import Symbols
from narthex.runtime.filesystem import OsFileSystem
from narthex.storage.block.reader import BlockReader
from narthex.storage.block.selection import BlockSelection
from narthex.storage.block.writer import WINDOW_MS, write_block
from narthex.storage.interface import Columns, Want
from narthex.storage.page.chunk import Chunk, encode_columns

RUNS = 7
START_MS = 1_700_006_400_000
ULID = "0" * 26
METRIC = "node_cpu_seconds_total"


@dataclass(frozen=True)
class Hosts:
    """A `Selection` of hosts that were all scraped at the same interval, each at its own moment."""

    labels: LabelTable
    values: NDArray[np.float64]
    host_of_row: NDArray[np.int64]
    times: NDArray[np.int64]

    @property
    def samples_per_series(self) -> float:
        return float(self.times.shape[1])

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want = Want.VALUES
    ) -> Columns:
        steps = self.times.shape[1]
        lows = np.array([np.searchsorted(times, start_ms) for times in self.times])
        highs = np.array([np.searchsorted(times, end_ms, side="right") for times in self.times])
        host = self.host_of_row[rows]
        low, length = lows[host], (highs - lows)[host]
        starts = np.concatenate([[0], np.cumsum(length)])
        if want is Want.PRESENCE:
            values = np.zeros(starts[-1])
        else:
            first = np.repeat(rows * steps + low - starts[:-1], length)
            values = self.values.reshape(-1)[first + np.arange(starts[-1])]
        return Columns(starts, values, host * steps + low, self.times.reshape(-1))


def hosts_of(recording: Recording, hosts: int, steps: int, interval_ms: int) -> Hosts:
    """Every series of the recording on every host."""
    symbols = Symbols()
    page = "".join(f"{name} 1\n" for name in recording.names).encode()
    shown = parse(page, Format.TEXT, 0).labels()
    labels = [
        Labels([*one, ("instance", f"host-{h}:9100"), ("job", "node")])
        for h in range(hosts)
        for one in shown
    ]
    values = np.concatenate([recording.host(h, steps) for h in range(hosts)])
    offsets = (np.arange(hosts) * 137) % interval_ms
    times = START_MS + np.arange(steps) * interval_ms + offsets[:, None]
    host_of_row = np.repeat(np.arange(hosts), len(recording.names))
    return Hosts(LabelTable.from_labels(symbols, labels), values, host_of_row, times)


def seconds(work: Callable[[], object]) -> float:
    """The median of some runs after one that warms up."""
    work()
    times = []
    for _ in range(RUNS):
        start_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - start_s)
    return statistics.median(times)


def report_pages(values: NDArray[np.float64], name: str) -> None:
    """One chunk of series: encode and decode."""
    data = encode_columns(values)
    chunk = Chunk.open(data, Path("chunk"), 0)
    one = np.zeros(1, np.int64)
    out = np.empty(values.shape[1])
    encode_s, decode_s = seconds(lambda: encode_columns(values)), seconds(chunk.decode_all)
    open_s = seconds(lambda: Chunk.open(data, Path("chunk"), 0))
    page_s = seconds(lambda: chunk.decode(one, out, one))
    encode_ns, decode_ns = encode_s / values.size * 1e9, decode_s / values.size * 1e9
    print(
        f"page   {name:34} {values.shape[0]:3} x {values.shape[1]:4}"
        f"   {len(data) / values.size:6.3f} bytes a sample"
        f"   encode {encode_ns:6.2f} ns   decode {decode_ns:5.2f} ns"
        f"   open {open_s * 1e6:5.1f} us   one page {page_s * 1e6:5.1f} us"
    )


def report_reads(reader: BlockReader, end_ms: int) -> None:
    """Queries as they cost a warm reader."""

    def ask(*matchers: Matcher, want: Want = Want.VALUES) -> Columns:
        selection: BlockSelection = reader.select(matchers, START_MS, end_ms)
        return selection.read(np.arange(selection.labels.size), START_MS, end_ms, want)

    node = Matcher.equal("job", "node")
    metric = Matcher.equal(METRIC_NAME, METRIC)
    one = [metric, *(Matcher.equal(*p) for p in (("cpu", "0"), ("mode", "idle")))]
    one.append(Matcher.equal("instance", "host-0:9100"))
    for name, work in {
        "one series": lambda: ask(*one),
        METRIC: lambda: ask(metric),
        "every series": lambda: ask(node),
        "every series, presence only": lambda: ask(node, want=Want.PRESENCE),
    }.items():
        columns = work()
        took_s = seconds(work)
        print(
            f"read   {name:34} {columns.series:6} series {columns.samples:9} samples"
            f"   {took_s * 1e3:8.3f} ms   {took_s / columns.samples * 1e9:7.2f} ns a sample"
        )


def main() -> None:
    recording = Recording.read(Path(sys.argv[1]))
    hosts, steps, interval_ms = [*map(int, sys.argv[2:5]), *(20, 480, 15_000)[len(sys.argv) - 2 :]]
    selection = hosts_of(recording, hosts, steps, interval_ms)
    end_ms = START_MS + -(-steps * interval_ms // WINDOW_MS) * WINDOW_MS
    cpu = [k for k, name in enumerate(recording.names) if name.startswith(METRIC)]
    rows = [h * len(recording.names) + k for k in cpu for h in range(hosts)][:64]
    report_pages(np.ascontiguousarray(selection.values[rows]), METRIC)
    report_pages(np.ascontiguousarray(selection.values[rows[:1]]), f"{METRIC}, one")
    filesystem = OsFileSystem()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cpu_s, start_s = time.process_time(), time.perf_counter()
        meta = write_block(selection, START_MS, end_ms, folder, filesystem, ulid=ULID)
        assert meta is not None
        samples = meta.stats.samples
        print(
            f"write  {meta.stats.series} series, {samples} samples, {meta.stats.chunks} chunks:"
            f" {time.perf_counter() - start_s:.2f} s,"
            f" {(time.process_time() - cpu_s) / samples * 1e9:.0f} ns CPU a sample"
        )
        print(
            f"size   {filesystem.size(folder / ULID) / samples:.4f} bytes a sample, all files;"
            f" index {meta.index_bytes / meta.stats.series:.2f} bytes a series"
        )
        open_s = seconds(lambda: BlockReader.open(folder / ULID, filesystem, Symbols()).close())
        print(f"open   {open_s * 1e3:.2f} ms")
        reader = BlockReader.open(folder / ULID, filesystem, Symbols())
        report_reads(reader, end_ms)
        reader.close()


if __name__ == "__main__":
    main()
