"""The rules of what a target leaves behind hold in the real store as they do in the model."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from narthex.exposition.negotiation import Format
from narthex.exposition.parse import parse
from narthex.model.labels import Labels
from narthex.model.matcher import Matcher
from narthex.model.tenant import DEFAULT_TENANT
from narthex.model.value import is_stale
from narthex.scrape.metrics import ScrapeMetrics
from narthex.scrape.report import REPORT_NAMES, Report
from narthex.scrape.rewrite import Rewrite
from narthex.scrape.series import Destination, TargetSeries, TimePolicy
from narthex.storage.tsdb import Tsdb
from tests.scrape.fakes import STALE
from tests.scrape.test_series_model import PAGES, STEP_MS, Samples, expected

START_MS = 1_700_000_000_000


def stored(events: list[list[str] | None], folder: Path) -> Samples:
    """What the real store gives back."""
    tsdb = Tsdb.open(folder)
    series = TargetSeries(
        Destination(DEFAULT_TENANT, tsdb),
        ScrapeMetrics(CollectorRegistry()),
        Rewrite(Labels()),
        TimePolicy(),
        REPORT_NAMES,
    )
    for number, event in enumerate(events):
        at_ms = START_MS + number * STEP_MS
        if event is None:
            series.fail(at_ms, Report(up=False, duration_s=0.0))
        else:
            body = "".join(f"{name} {number}.{i}\n" for i, name in enumerate(event)).encode()
            page = parse(body, Format.TEXT, 1)
            series.store(page, at_ms, lambda *_: Report(up=True, duration_s=0.0))
    found = read_all(tsdb)
    tsdb.close()
    return found


def read_all(tsdb: Tsdb) -> Samples:
    """Every series but those of reports, with its samples."""
    found: dict[str, list[tuple[int, float | str]]] = {}
    selection = tsdb.select([Matcher.equal("absent", "")], 0, 2**60)
    columns = selection.read(np.arange(len(selection.labels), dtype=np.int64), 0, 2**60)
    for row, labels in enumerate(selection.labels.to_labels()):
        start, end = columns.starts[row : row + 2]
        values = columns.values[start:end]
        at = columns.times_at[row]
        times = columns.times[at : at + end - start] - START_MS
        if not labels.metric_name.startswith("scrape_"):
            found[str(labels)] = [
                (time, STALE if stale else value)
                for time, stale, value in zip(
                    times.tolist(), is_stale(values), values.tolist(), strict=True
                )
            ]
    return found


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(PAGES, st.none()), min_size=1, max_size=12))
def test_the_store_gives_back_what_the_rules_say(events: list[list[str] | None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert stored(events, Path(folder)) == expected(list(events))
