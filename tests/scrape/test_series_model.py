"""Any run of pages and failures leaves in storage what a plain reading of the rules leaves."""

from __future__ import annotations

from collections.abc import Mapping

import hypothesis.strategies as st
from hypothesis import given, settings
from prometheus_client import CollectorRegistry

from narthex.exposition.negotiation import Format
from narthex.exposition.parse import parse
from narthex.model.labels import Labels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.scrape.metrics import ScrapeMetrics
from narthex.scrape.report import REPORT_NAMES, Report
from narthex.scrape.rewrite import Rewrite
from narthex.scrape.series import Destination, TargetSeries, TimePolicy
from tests.scrape.fakes import STALE, FakeAppender

STEP_MS = 1000
NAMES = ("a", "b", "c", "d", "e")

PAGES = st.lists(st.sampled_from(NAMES), max_size=7)
"""The series of a page in order; one may stand twice."""
EVENTS = st.lists(
    st.one_of(PAGES, st.none(), st.just("forget")),  # a page, a failed scrape, a head that forgets
    max_size=12,
)
Samples = Mapping[str, list[tuple[int, float | str]]]


def stored(events: list[list[str] | str | None]) -> Samples:
    """What the code under test stores."""
    appender = FakeAppender()
    series = TargetSeries(
        Destination(DEFAULT_TENANT, appender),
        ScrapeMetrics(CollectorRegistry()),
        Rewrite(Labels()),
        TimePolicy(),
        REPORT_NAMES,
    )
    for number, event in enumerate(events):
        at_ms = number * STEP_MS
        if event is None:
            series.fail(at_ms, Report(up=False, duration_s=0.0))
        elif isinstance(event, str):
            if appender.refs:
                appender.forget_series()
        else:
            body = "".join(f"{name} {number}.{i}\n" for i, name in enumerate(event)).encode()
            page = parse(body, Format.TEXT, 1)
            series.store(page, at_ms, lambda *_: Report(up=True, duration_s=0.0))
    return {str(labels): samples for labels, samples in appender.samples.items()}


def expected(events: list[list[str] | str | None]) -> Samples:
    """The rules: the first sample of a series counts; a series that vanishes gets one marker."""
    samples: dict[str, list[tuple[int, float | str]]] = {}
    present: set[str] = set()
    forgotten: set[str] = set()
    for number, event in enumerate(events):
        at_ms = number * STEP_MS
        if isinstance(event, str):
            forgotten |= present  # markers of series that left the store are not needed any more
            continue
        seen: set[str] = set()
        for i, name in enumerate(event or ()):
            if name not in seen:
                seen.add(name)
                samples.setdefault(name, []).append((at_ms, float(f"{number}.{i}")))
        for name in present - seen - forgotten:
            samples[name].append((at_ms, STALE))
        samples.setdefault("up", []).append((at_ms, float(event is not None)))
        present, forgotten = seen, forgotten - seen
    return samples


@settings(max_examples=300, deadline=None)
@given(EVENTS)
def test_what_is_stored_follows_the_rules(events: list[list[str] | str | None]) -> None:
    found = stored(events)
    assert {name: found[name] for name in found if not name.startswith("scrape_")} == expected(
        events
    )
