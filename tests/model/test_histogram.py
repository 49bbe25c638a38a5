"""Native histograms as values."""

from __future__ import annotations

import math

import pytest

from narthex.model.histogram import (
    CUSTOM_BUCKETS_SCHEMA,
    Buckets,
    Histogram,
    IncompatibleHistograms,
    ResetHint,
)


def run(offset: int, *counts: float) -> Buckets:
    return Buckets.run(offset, counts)


def test_spans_say_where_buckets_are() -> None:
    buckets = Buckets(((-2, 2), (3, 1)), (1.0, 0.0, 5.0))
    assert list(buckets.items()) == [(-2, 1.0), (-1, 0.0), (3, 5.0)]
    assert Buckets.of(buckets.populated()) == Buckets(((-2, 1), (4, 1)), (1.0, 5.0))
    assert Buckets.of({}) == Buckets()
    assert run(4) == Buckets()


@pytest.mark.parametrize(
    ("schema", "index", "bound"),
    [(0, 0, 1.0), (0, 3, 8.0), (1, 1, math.sqrt(2)), (-2, 1, 16.0), (3, -8, 0.5)],
)
def test_exponential_bounds(schema: int, index: int, bound: float) -> None:
    assert Histogram(schema).upper_bound(index) == pytest.approx(bound)


def test_the_last_bounds() -> None:
    assert Histogram(0).upper_bound(1024) == 1.7976931348623157e308
    assert Histogram(0).upper_bound(1025) == math.inf
    custom = Histogram(CUSTOM_BUCKETS_SCHEMA, custom_values=(1.0, 5.0))
    assert [custom.upper_bound(i) for i in range(3)] == [1.0, 5.0, math.inf]


def test_sum_and_difference() -> None:
    a = Histogram(0, 5.0, 10.0, 0.5, 1.0, run(0, 1, 3), run(2, 1))
    b = Histogram(0, 2.0, -1.0, 0.5, 1.0, run(1, 1), run(2, 1))
    assert a.plus(b) == Histogram(0, 7.0, 9.0, 0.5, 2.0, run(0, 1, 4), run(2, 2))
    assert a.minus(b) == Histogram(0, 3.0, 11.0, 0.5, 0.0, run(0, 1, 2))


def test_the_coarser_resolution_wins() -> None:
    fine, coarse = (
        Histogram(1, 4.0, positive=run(1, 1, 1, 2)),
        Histogram(0, 1.0, positive=run(1, 1)),
    )
    total = fine.plus(coarse)
    assert (total.schema, total.count) == (0, 5.0)
    assert total.positive.populated() == {1: 3.0, 2: 2.0}


def test_a_wider_zero_bucket_swallows_what_it_reaches() -> None:
    narrow = Histogram(0, 6.0, 0.0, 0.25, 1.0, run(-1, 2, 3))
    wide = Histogram(0, 1.0, 0.0, 0.6, 1.0)
    total = narrow.plus(wide)
    assert total.zero_threshold == 1.0
    assert total.zero_count == 7.0 - 2.0 + 2.0
    assert total.positive == Buckets()


def test_custom_bounds_that_both_have_stay() -> None:
    schema = CUSTOM_BUCKETS_SCHEMA
    a = Histogram(schema, 6.0, positive=run(0, 1, 2, 3), custom_values=(1.0, 2.0))
    b = Histogram(schema, 4.0, positive=run(0, 4), custom_values=(2.0,))
    total = a.plus(b)
    assert total.custom_values == (2.0,)
    assert total.positive.populated() == {0: 7.0, 1: 3.0}
    with pytest.raises(IncompatibleHistograms):
        a.plus(Histogram())


@pytest.mark.parametrize(
    ("left", "right", "both"),
    [
        (ResetHint.RESET, ResetHint.RESET, ResetHint.RESET),
        (ResetHint.GAUGE, ResetHint.RESET, ResetHint.GAUGE),
        (ResetHint.UNKNOWN, ResetHint.GAUGE, ResetHint.GAUGE),
        (ResetHint.UNKNOWN, ResetHint.NOT_RESET, ResetHint.UNKNOWN),
        (ResetHint.RESET, ResetHint.NOT_RESET, ResetHint.UNKNOWN),
    ],
)
def test_reset_hints(left: ResetHint, right: ResetHint, both: ResetHint) -> None:
    assert Histogram(reset_hint=left).plus(Histogram(reset_hint=right)).reset_hint is both


def test_texts() -> None:
    histogram = Histogram(0, 1e6, -2.5, 0.001, 4.0, run(0, 1, 0, 2), run(1, 3))
    shown = "{count:1e+06, sum:-2.5, [-2,-1):3, [-0.001,0.001]:4, (0.5,1]:1, (2,4]:2}"
    assert str(histogram) == shown
    custom = Histogram(
        CUSTOM_BUCKETS_SCHEMA, 3.0, 1.0, positive=run(0, 1, 0, 2), custom_values=(1, 5)
    )
    assert str(custom) == "{count:3, sum:1, [-Inf,1]:1, (5,+Inf]:2}"
    assert custom.literal() == "{{schema:-53 count:3 sum:1 custom_values:[1 5] buckets:[1 0 2]}}"
    assert Histogram().literal() == "{{}}"


def test_compacted() -> None:
    histogram = Histogram(positive=run(-1, 0, 0, 3, 0))
    assert histogram.compacted().positive == run(1, 3)
