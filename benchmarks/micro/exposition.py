"""CPU of one page on its way from bytes to storage, step by step.

`python -m benchmarks.micro.exposition` makes pages of a node_exporter's shape and size; medians of
seven rounds after three that are thrown away.
"""

from __future__ import annotations

import gzip
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from prometheus_client import CollectorRegistry

from narthex.exposition.negotiation import Format
from narthex.exposition.parse import parse
from narthex.httpclient.decompress import gunzip
from narthex.model.labels import Labels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.runtime.clock import SystemClock
from narthex.scrape.metrics import ScrapeMetrics
from narthex.scrape.report import REPORT_NAMES, Report
from narthex.scrape.rewrite import Rewrite
from narthex.scrape.series import Destination, TargetSeries, TimePolicy
from narthex.storage.tsdb import Tsdb

ROUNDS = 7
WARM_ROUNDS = 3
PAGES_PER_ROUND = 200
SEED = 1


def page_of(moment: int, series: int = 520) -> bytes:
    """A page with the shape of a node_exporter's: help, types, long names, values that move."""
    lines = []
    for i in range(series):
        if i % 4 == 0:
            lines.append(f"# HELP node_metric_{i}_bytes_total Some help text about this metric.")
            lines.append(f"# TYPE node_metric_{i}_bytes_total counter")
        name = f"node_metric_{i - i % 4}_bytes_total"
        lines.append(f'{name}{{device="sda{i}",mode="idle"}} {i * 1000.25 + moment * (i % 3)}')
    return "\n".join([*lines, ""]).encode()


def microseconds(work: Callable[[int], object], at: int) -> float:
    """CPU of one call, by a round of many; `at` numbers the calls."""
    started = time.thread_time_ns()
    for i in range(PAGES_PER_ROUND):
        work(at + i)
    return (time.thread_time_ns() - started) / PAGES_PER_ROUND / 1000


def measure(name: str, samples: int, work: Callable[[int], object]) -> None:
    """Print the median of the warm rounds."""
    rounds = [microseconds(work, r * PAGES_PER_ROUND) for r in range(WARM_ROUNDS + ROUNDS)]
    warm = rounds[WARM_ROUNDS:]
    median = statistics.median(warm)
    print(
        f"{name:<28} {median:8.1f} us  ({min(warm):.1f}-{max(warm):.1f})"
        f"  {median * 1000 / samples:7.1f} ns per sample"
    )


def main() -> None:
    """Measure each step alone, then the whole."""
    total = (WARM_ROUNDS + ROUNDS) * PAGES_PER_ROUND
    pages = [page_of(moment) for moment in range(total)]
    packed = [gzip.compress(page, 6) for page in pages[:PAGES_PER_ROUND]]
    samples = len(parse(pages[0], Format.TEXT, SEED))
    print(f"{samples} samples, {len(pages[0])} bytes, {len(packed[0])} packed")
    measure("gunzip", samples, lambda i: gunzip(packed[i % PAGES_PER_ROUND], 1 << 20))
    measure("parse", samples, lambda i: parse(pages[i], Format.TEXT, SEED))
    with tempfile.TemporaryDirectory() as folder:
        tsdb = Tsdb.open(Path(folder))
        series = TargetSeries(
            Destination(DEFAULT_TENANT, tsdb),
            ScrapeMetrics(CollectorRegistry()),
            Rewrite(Labels.of({"job": "node", "instance": "a:9100"})),
            TimePolicy(),
            REPORT_NAMES,
        )
        start_ms = SystemClock().now_ms()

        def store(i: int) -> None:
            page = parse(pages[i], Format.TEXT, SEED)
            series.store(page, start_ms + i * 1000, make_report)

        measure("parse, arrange, commit", samples, store)
        tsdb.seal()
        tsdb.close()


def make_report(scraped: int, kept: int, added: int) -> Report:
    """A report of a scrape that went well."""
    return Report(
        up=True, duration_s=0.01, samples_scraped=scraped, samples_kept=kept, series_added=added
    )


if __name__ == "__main__":
    main()
