"""Summaries with quantiles: of the last ten minutes, bounded, and NaN where nothing was seen."""

from __future__ import annotations

import math

from prometheus_client import CollectorRegistry, generate_latest

from narthex.telemetry.quantiles import OBSERVATIONS_MAX, WINDOW_S, QuantileSummary


class Summary:
    """One summary and what its registry says of it."""

    def __init__(self) -> None:
        self.now_s, self.registry = 1000.0, CollectorRegistry()
        self.summary = QuantileSummary(
            "took_seconds",
            "How long it took.",
            label="part",
            values=("a", "b"),
            quantiles=(0.5, 0.9),
            now_s=lambda: self.now_s,
            registry=self.registry,
        )

    def quantile(self, part: str, quantile: str) -> float | None:
        labels = {"part": part, "quantile": quantile}
        return self.registry.get_sample_value("took_seconds", labels)


def test_quantiles_are_values_that_were_observed() -> None:
    seen = Summary()
    seen.summary.observe(("a", value) for value in range(1, 11))
    assert (seen.quantile("a", "0.5"), seen.quantile("a", "0.9")) == (5, 9)
    assert b'took_seconds_count{part="a"} 10.0' in generate_latest(seen.registry)
    assert b'took_seconds_sum{part="a"} 55.0' in generate_latest(seen.registry)


def test_every_value_of_the_label_is_there_from_the_start() -> None:
    seen = Summary()
    assert math.isnan(seen.quantile("b", "0.5") or 0.0)
    assert seen.registry.get_sample_value("took_seconds_count", {"part": "b"}) == 0


def test_a_value_of_the_label_may_come_later() -> None:
    seen = Summary()
    seen.summary.labels("c").observe(3.0)
    assert seen.quantile("c", "0.5") == 3.0


def test_what_is_older_than_the_window_counts_and_shows_in_no_quantile() -> None:
    seen = Summary()
    seen.summary.observe([("a", 100.0)])
    seen.now_s += WINDOW_S
    assert math.isnan(seen.quantile("a", "0.5") or 0.0)
    seen.summary.observe([("a", 1.0)])
    assert seen.quantile("a", "0.9") == 1.0
    assert seen.registry.get_sample_value("took_seconds_count", {"part": "a"}) == 2


def test_the_newest_observations_are_kept() -> None:
    seen = Summary()
    seen.summary.observe([("a", 100.0)] * 10 + [("a", 1.0)] * OBSERVATIONS_MAX)
    assert seen.quantile("a", "0.9") == 1.0
