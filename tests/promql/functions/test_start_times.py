"""Start times within queries: only where the feature is on, and as far as selectors bring them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from narthex.promql.features import USE_START_TIMESTAMPS
from tests.promql.functions.asking import DELAYED, Asking, asking


def fill(ask: Asking) -> None:
    """A counter of deltas, each of which counts from the one before it; one that began at 20 s."""
    samples = [(15 * i, 2.0 + i, 15 * i - 15) for i in range(1, 5)]
    ask.store.add_started({"__name__": "deltas_total"}, samples)
    ask.store.add_started({"__name__": "fresh_total"}, [(30, 7.0, 20), (45, 9.0, 20)])


@pytest.fixture
def started() -> Iterator[Asking]:
    with asking(DELAYED | {USE_START_TIMESTAMPS}) as ask:
        fill(ask)
        yield ask


@pytest.fixture
def unaware() -> Iterator[Asking]:
    with asking(DELAYED) as ask:
        fill(ask)
        yield ask


def test_rates_begin_where_samples_say(started: Asking) -> None:
    assert started.vector(30, "increase(fresh_total[1m])") == {"{}": 7.0}
    assert started.vector(45, "increase(fresh_total[1m])") == {"{}": 9.0}
    assert started.vector(60, "increase(deltas_total[30s])") == {"{}": 11.0}
    assert started.vector(60, "irate(deltas_total[1m])") == {"{}": 0.4}
    assert started.vector(60, "resets(deltas_total[40s])") == {"{}": 2.0}


def test_without_the_feature_they_do_not(unaware: Asking) -> None:
    assert unaware.vector(30, "increase(fresh_total[1m])") == {}
    assert unaware.vector(45, "increase(fresh_total[1m])") == {"{}": 3.0}
    assert unaware.vector(60, "increase(deltas_total[30s])") == {"{}": 2.0}
    assert unaware.vector(60, "irate(deltas_total[1m])") == {"{}": 1 / 15}
    assert unaware.vector(60, "resets(deltas_total[40s])") == {"{}": 0.0}
    assert unaware.vector(60, "start_timestamp(deltas_total)") == {}


def test_the_start_of_the_sample_that_a_step_sees(started: Asking) -> None:
    assert started.over(60, 15, "start_timestamp(deltas_total)") == {"{}": [0.0, 15.0, 30.0, 45.0]}
    assert started.vector(60, "start_timestamp(deltas_total + 0)") == {}
    assert started.vector(60, "start_timestamp(last_over_time(deltas_total[1m]))") == {}


def test_a_store_without_start_times_knows_none() -> None:
    with asking(DELAYED | {USE_START_TIMESTAMPS}) as ask:
        ask.load(15, a_total="1 2 3")
        assert ask.vector(30, "start_timestamp(a_total)") == {"{}": 0.0}
        assert ask.vector(30, "resets(a_total[1m])") == {"{}": 0.0}


def test_a_subquery_takes_values_alone(started: Asking) -> None:
    assert started.vector(60, "resets(deltas_total[40s:15s])") == {"{}": 0.0}


def test_overlaps_are_told_once_for_each_name(started: Asking) -> None:
    for host in "ab":
        labels = {"__name__": "torn_total", "host": host}
        started.store.add_started(labels, [(15, 1.0, 1), (30, 2.0, 2), (45, 3.0, 3)])
    query = "rate({__name__=~'deltas_total|torn_total'}[1m])"
    told = started.at(60, query).annotations.rendered_warnings("", 0)
    (text,) = told
    assert "start time that overlaps" in text
    assert 'for metric "torn_total" (' in text
    assert started.at(60, "delta(torn_total[1m])").annotations.rendered_warnings("", 0) == []
