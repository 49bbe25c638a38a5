"""Pages to commits: layouts reused, vanished series ended, refused samples counted."""

from __future__ import annotations

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from narthex.exposition.errors import BadExposition
from narthex.exposition.negotiation import Format
from narthex.exposition.parse import parse
from narthex.model.labels import Labels
from narthex.model.relabel import RelabelConfig
from narthex.model.tenant import DEFAULT_TENANT
from narthex.scrape.errors import SampleLimitExceeded
from narthex.scrape.layout import REFUSED_RETRY_MS, occurrences
from narthex.scrape.limits import Limits
from narthex.scrape.metrics import ScrapeMetrics
from narthex.scrape.report import REPORT_NAMES, Report
from narthex.scrape.rewrite import Rewrite
from narthex.scrape.series import Destination, TargetSeries, TimePolicy
from tests.scrape.fakes import STALE, FakeAppender

SEED = 3


class Scraped:
    """The series of one target, fed with pages."""

    def __init__(self, rewrite: Rewrite | None = None, times: TimePolicy | None = None) -> None:
        self.appender = FakeAppender()
        self.registry = CollectorRegistry()
        self.series = TargetSeries(
            Destination(DEFAULT_TENANT, self.appender),
            ScrapeMetrics(self.registry),
            rewrite or Rewrite(Labels()),
            times or TimePolicy(),
            REPORT_NAMES,
        )

    def page(self, body: bytes, at_ms: int) -> Report:
        return self.series.store(
            parse(body, Format.TEXT, SEED),
            at_ms,
            lambda scraped, kept, added: Report(
                up=True,
                duration_s=0.5,
                samples_scraped=scraped,
                samples_kept=kept,
                series_added=added,
            ),
        )

    def count(self, name: str) -> float:
        return self.registry.get_sample_value(name) or 0.0


def counts(report: Report) -> tuple[int, int, int]:
    return report.samples_scraped, report.samples_kept, report.series_added


def test_a_page_and_its_report_are_one_commit() -> None:
    scraped = Scraped(Rewrite(Labels.of({"job": "j"})))
    report = scraped.page(b'a 1\nb{x="y"} 2\n', 1000)
    assert counts(report) == (2, 2, 2)
    assert len(scraped.appender.batches) == 1
    assert scraped.appender.of('a{job="j"}') == [(1000, 1.0)]
    assert scraped.appender.of('b{job="j", x="y"}') == [(1000, 2.0)]
    assert scraped.appender.of('up{job="j"}') == [(1000, 1.0)]
    assert scraped.appender.of('scrape_duration_seconds{job="j"}') == [(1000, 0.5)]
    assert scraped.appender.of('scrape_samples_scraped{job="j"}') == [(1000, 2.0)]


def test_a_known_layout_reuses_its_refs_whole() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\nb 2\n", 1000)
    resolved = scraped.appender.resolved
    assert counts(scraped.page(b"a 3\nb 4\n", 2000)) == (2, 2, 0)
    first, second = scraped.appender.batches
    assert second.refs is first.refs
    assert scraped.appender.resolved == resolved
    assert scraped.appender.of("b") == [(1000, 2.0), (2000, 4.0)]


def test_series_of_the_report_share_the_layout_of_the_page() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\n", 1000)
    assert scraped.appender.batches[0].refs.tolist() == [1, 2, 3, 4, 5, 6]


def test_the_report_is_the_last_that_a_full_store_refuses() -> None:
    scraped = Scraped()
    scraped.appender.series_max = 6
    assert counts(scraped.page(b"a 1\nb 1\n", 1000)) == (2, 2, 1)
    assert scraped.appender.of("up") == [(1000, 1.0)]
    assert scraped.appender.names() == {"a"}


def test_a_target_may_have_an_up_of_its_own() -> None:
    scraped = Scraped()
    scraped.page(b"up 7\na 1\n", 1000)
    scraped.page(b"a 2\n", 2000)
    assert scraped.appender.of("up") == [(1000, 7.0), (2000, 1.0)]


def test_a_series_that_gets_times_of_its_own_goes_on() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\n", 1000)
    scraped.page(b"a 2 1500\n", 2000)
    assert scraped.appender.of("a") == [(1000, 1.0), (1500, 2.0)]


def test_vanished_series_end_and_come_back_under_their_refs() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\nb 1\n", 1000)
    resolved = scraped.appender.resolved
    assert counts(scraped.page(b"a 2\n", 2000)) == (1, 1, 0)
    assert counts(scraped.page(b"b 3\na 3\n", 3000)) == (2, 2, 0)
    assert scraped.appender.of("b") == [(1000, 1.0), (2000, STALE), (3000, 3.0)]
    assert scraped.appender.resolved == resolved


def test_new_series_join() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\n", 1000)
    assert counts(scraped.page(b"new 1\na 2\n", 2000)) == (2, 2, 1)
    assert scraped.appender.of("new") == [(2000, 1.0)]
    assert scraped.appender.beside == [0, scraped.appender.refs[Labels.of({"__name__": "up"})]]
    assert scraped.appender.of("a") == [(1000, 1.0), (2000, 2.0)]


def test_a_failed_scrape_ends_every_series_once() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\n", 1000)
    for at_ms in (2000, 3000):
        scraped.series.fail(at_ms, Report(up=False, duration_s=1.0))
    scraped.page(b"a 2\n", 4000)
    assert scraped.appender.of("a") == [(1000, 1.0), (2000, STALE), (4000, 2.0)]
    assert scraped.appender.of("up") == [(1000, 1.0), (2000, 0.0), (3000, 0.0), (4000, 1.0)]


def test_a_retired_target_ends_its_report_too() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\n", 1000)
    scraped.series.retire(2000)
    assert scraped.appender.of("a")[-1] == (2000, STALE)
    assert scraped.appender.of("up")[-1] == (2000, STALE)


def test_dropped_series_are_counted_and_never_looked_at_again() -> None:
    rules = [RelabelConfig(source_labels=("__name__",), regex="go_.*", action="drop")]
    scraped = Scraped(Rewrite(Labels(), metric_relabel_configs=rules))
    assert counts(scraped.page(b"go_a 1\na 1\n", 1000)) == (2, 1, 1)
    assert counts(scraped.page(b"go_a 2\na 2\n", 2000)) == (2, 1, 0)
    assert counts(scraped.page(b"a 3\ngo_a 3\n", 3000)) == (2, 1, 0)
    assert scraped.appender.names() == {"a"}


def test_series_named_twice_keep_their_first_sample() -> None:
    scraped = Scraped()
    assert counts(scraped.page(b"a 1\nb 5\na{} 2\na 3\n", 1000)) == (4, 4, 3)
    assert scraped.appender.of("a") == [(1000, 1.0)]
    assert scraped.count("prometheus_target_scrapes_sample_duplicate_timestamp_total") == 2


def test_own_timestamps() -> None:
    scraped = Scraped()
    scraped.page(b"a 1 500\nb 2\na 3 700\n", 1000)
    assert scraped.appender.of("a") == [(500, 1.0), (700, 3.0)]
    assert scraped.appender.of("b") == [(1000, 2.0)]
    scraped.page(b"", 2000)
    assert scraped.appender.of("a") == [(500, 1.0), (700, 3.0)]
    assert scraped.appender.of("b") == [(1000, 2.0), (2000, STALE)]


def test_own_timestamps_are_followed_or_left_out_as_asked() -> None:
    followed = Scraped(times=TimePolicy(track_staleness=True))
    followed.page(b"a 1 500\n", 1000)
    followed.page(b"", 2000)
    assert followed.appender.of("a") == [(500, 1.0), (2000, STALE)]
    ignored = Scraped(times=TimePolicy(honor_timestamps=False))
    ignored.page(b"a 1 500\n", 1000)
    assert ignored.appender.of("a") == [(1000, 1.0)]


def test_refused_samples_are_counted_by_reason() -> None:
    scraped = Scraped()
    scraped.page(b"a 1 900\nb 1 900\n", 1000)
    scraped.page(b"a 2 900\nb 1 800\n", 2000)
    assert scraped.count("prometheus_target_scrapes_sample_duplicate_timestamp_total") == 1
    assert scraped.count("prometheus_target_scrapes_sample_out_of_order_total") == 1
    assert scraped.appender.of("up")[-1] == (2000, 1.0)


def test_series_that_left_the_store_are_resolved_again_at_once() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\nb 1\n", 1000)
    scraped.appender.forget_series()
    scraped.page(b"a 2\nb 2\n", 2000)
    scraped.page(b"a 3\n", 3000)
    assert scraped.appender.of("a") == [(1000, 1.0), (2000, 2.0), (3000, 3.0)]
    assert scraped.appender.of("b") == [(1000, 1.0), (2000, 2.0), (3000, STALE)]
    assert scraped.appender.of("up") == [(1000, 1.0), (2000, 1.0), (3000, 1.0)]


def test_a_failed_scrape_whose_report_left_the_store() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\n", 1000)
    scraped.appender.forget_series()
    scraped.series.fail(2000, Report(up=False, duration_s=1.0))
    assert scraped.appender.of("up") == [(1000, 1.0), (2000, 0.0)]


def test_a_full_store_takes_no_new_series_but_keeps_the_old_ones_going() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\n", 1000)
    scraped.appender.series_max = len(scraped.appender.refs)
    assert counts(scraped.page(b"a 2\nb 2\nc 2\n", 2000)) == (3, 3, 0)
    resolved = scraped.appender.resolved
    scraped.page(b"a 3\nb 3\nc 3\n", 3000)
    assert scraped.appender.resolved == resolved
    assert scraped.count("narthex_scrape_series_refused_total") == 4
    assert scraped.appender.names() == {"a"}
    scraped.appender.series_max += 1
    assert counts(scraped.page(b"a 4\nb 4\nc 4\n", 2000 + REFUSED_RETRY_MS)) == (3, 3, 1)
    assert scraped.appender.names() == {"a", "b"}


def test_a_page_over_the_sample_limit_makes_no_series() -> None:
    rules = [RelabelConfig(source_labels=("__name__",), regex="drop", action="drop")]
    scraped = Scraped(Rewrite(Labels(), metric_relabel_configs=rules, limits=Limits(samples=2)))
    assert counts(scraped.page(b"a 1\nb 1\ndrop 1\na 2\n", 1000)) == (4, 3, 2)
    with pytest.raises(SampleLimitExceeded, match="3 samples after relabelling, limit 2") as caught:
        scraped.page(b"a 1\nb 1\nc 1\ndrop 1\n", 2000)
    assert (caught.value.scraped, caught.value.kept) == (4, 3)
    assert "c" not in {labels.metric_name for labels in scraped.appender.refs}
    assert scraped.appender.of("a") == [(1000, 1.0)]


def test_a_page_with_a_series_without_a_name_stores_nothing() -> None:
    scraped = Scraped()
    with pytest.raises(BadExposition, match=r"line 2.*missing metric name"):
        scraped.page(b'a 1\n{""} 1\n', 1000)
    assert scraped.appender.samples == {}


def test_a_store_that_fails_loses_no_stale_marker() -> None:
    scraped = Scraped()
    scraped.page(b"a 1\nb 1\n", 1000)
    scraped.appender.broken = True
    with pytest.raises(OSError, match="No space"):
        scraped.page(b"a 2\n", 2000)
    scraped.appender.broken = False
    scraped.page(b"a 3\n", 3000)
    assert scraped.appender.of("b") == [(1000, 1.0), (3000, STALE)]


def test_honored_empty_labels() -> None:
    scraped = Scraped(Rewrite(Labels.of({"job": "j", "instance": "i"}), honor_labels=True))
    scraped.page(b'a{instance="",job="x"} 1\n', 1000)
    assert scraped.appender.names() == {'a{job="x"}'}


def test_occurrences() -> None:
    refs = np.array([5, 3, 5, 5, 3, 9], np.uint64)
    assert occurrences(refs).tolist() == [0, 0, 1, 2, 1, 0]
