"""Quantiles and fractions of classic histograms within queries."""

from __future__ import annotations

import math

import pytest

from narthex.promql.execute.functions.histograms import openmetrics_float, parse_bound
from tests.promql.functions.asking import EXPERIMENTAL, Asking, asking

LINK = "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile"


def load_buckets(ask: Asking, name: str, counts: dict[str, str], **labels: str) -> None:
    for bound, text in counts.items():
        ask.load_labelled(60, {"__name__": name, "le": bound, **labels}, text)


def test_groups_by_all_labels_but_the_bound(ask: Asking) -> None:
    load_buckets(ask, "h_bucket", {"1": "1", "2": "3", "+Inf": "4"}, job="a")
    load_buckets(ask, "h_bucket", {"+Inf": "4", "1.0": "4", "0.5": "0"}, job="b")
    assert ask.vector(0, "histogram_quantile(0.5, h_bucket)") == {
        '{job="a"}': 1.5,
        '{job="b"}': 0.75,
    }
    assert ask.vector(0, "histogram_fraction(1, 2, h_bucket)") == {
        '{job="a"}': 0.5,
        '{job="b"}': 0.0,
    }


def test_several_quantiles_by_a_label(ask: Asking) -> None:
    load_buckets(ask, "h_bucket", {"1": "1", "2": "3", "+Inf": "4"})
    assert ask.vector(0, 'histogram_quantiles(h_bucket, "q", 0.5, 1, 0)') == {
        '{q="0.5"}': 1.5,
        '{q="1.0"}': 2.0,
        '{q="0.0"}': 0.0,
    }


def test_tells_how_buckets_were_repaired(ask: Asking) -> None:
    load_buckets(ask, "h_bucket", {"1": "5 1", "2": "3 0", "10": "8 2", "+Inf": "9 2"})
    result = ask.ranging(60, 60, "histogram_quantile(0.5, h_bucket)")
    assert result.infos() == [
        (
            "PromQL info: input to histogram_quantile needed to be fixed for monotonicity "
            f"(see {LINK})"
            ' for metric name "h_bucket", from buckets 2 to 2, with a max diff of 2, over 2 samples'
            " from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z (1:25)"
        )
    ]


def test_does_not_name_a_metric_whose_name_goes_at_once() -> None:
    with asking(EXPERIMENTAL) as ask:
        load_buckets(ask, "h_bucket", {"1": "5", "2": "3", "+Inf": "9"})
        (info,) = ask.at(0, "histogram_quantile(0.5, h_bucket)").infos()
        assert f"(see {LINK}), from buckets 2 to 2" in info


def test_warns_of_bounds_that_are_no_numbers(ask: Asking) -> None:
    load_buckets(ask, "h_bucket", {"1": "1", "+Inf": "4", "many": "5"})
    result = ask.at(0, "histogram_quantile(NaN, h_bucket)")
    assert result.warnings() == [
        "PromQL warning: quantile value should be between 0 and 1, got NaN (1:20)",
        (
            'PromQL warning: bucket label "le" is missing or has a malformed value of "many" for '
            'metric name "h_bucket" (1:25)'
        ),
    ]
    assert ask.vector(0, "histogram_quantile(0.5, {__name__='h_bucket', le='many'})") == {}


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("1", 1.0), ("+Inf", math.inf), ("-1.5e3", -1500.0), (".5", 0.5), ("5.", 5.0),
        ("0x1p-2", 0.25), ("", None), (" 1", None), ("1_0", None), ("٣", None),
    ],
)  # fmt: skip
def test_bounds_are_read_as_go_reads_them(text: str, bound: float | None) -> None:
    assert parse_bound(text) == bound


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"), (1.0, "1.0"), (0.99, "0.99"), (5.0, "5.0"), (math.inf, "+Inf"),
        (math.nan, "NaN"), (1e7, "1e+07"),
    ],
)  # fmt: skip
def test_openmetrics_floats(value: float, text: str) -> None:
    assert openmetrics_float(value) == text
