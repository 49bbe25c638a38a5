"""What native histograms say of their observations, against the buckets read one by one."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from narthex.model.histogram import Buckets, Histogram
from narthex.model.histogram_columns import Histograms
from narthex.promql.execute import histogram_shapes as shapes
from narthex.promql.kernels import histogram_quantile, histogram_spread, histogram_trim
from tests.histogram_strategies import histograms
from tests.promql.kernels.cases import both, same

Bucket = tuple[float, float, float]
"""Lower bound, upper bound, count."""


def buckets_of(histogram: Histogram) -> list[Bucket]:
    """Populated buckets in ascending order, the zero bucket on the side where others are."""
    positive, negative = histogram.positive.populated(), histogram.negative.populated()
    found = [
        (-histogram.upper_bound(i), -histogram.upper_bound(i - 1), count)
        for i, count in sorted(negative.items(), reverse=True)
    ]
    if histogram.zero_count:
        low = 0.0 if positive and not negative else -histogram.zero_threshold
        high = 0.0 if negative and not positive else histogram.zero_threshold
        found.append((low, high, histogram.zero_count))
    for index, count in positive.items():
        if not histogram.uses_custom_buckets:
            lower = histogram.upper_bound(index - 1)
        else:
            lower = histogram.custom_values[index - 1] if index else -math.inf
        found.append((lower, histogram.upper_bound(index), count))
    return found


def counted(histogram: Histogram) -> Histogram:
    """The same with the count that its buckets have, none of which overlap the zero bucket."""
    buckets = buckets_of(histogram)
    assume(all(before[1] <= after[0] for before, after in pairwise(buckets)))
    total = sum(count for *_, count in buckets)
    return Histogram(
        histogram.schema,
        total,
        histogram.sum,
        histogram.zero_threshold,
        histogram.zero_count,
        histogram.positive,
        histogram.negative,
        histogram.custom_values,
    )


def one(histogram: Histogram) -> Histograms:
    return Histograms.from_values([histogram])


def quantile(histogram: Histogram, phi: float) -> float:
    return float(shapes.quantiles(one(histogram), np.array([phi]))[0][0])


def fraction(histogram: Histogram, lower: float, upper: float) -> float:
    return float(shapes.fractions(one(histogram), np.array([lower]), np.array([upper]))[0][0])


def trimmed(histogram: Histogram, value: float, *, below: bool) -> Histogram:
    return shapes.trimmed(one(histogram), np.array([value]), below=below).value(0)


PROPER = histograms().map(counted)


@given(PROPER, st.floats(0, 1))
def test_a_quantile_has_its_fraction_below(histogram: Histogram, phi: float) -> None:
    buckets = buckets_of(histogram)
    found = quantile(histogram, phi)
    if not buckets:
        assert math.isnan(found)
        return
    bounded = all(math.isfinite(low) and math.isfinite(high) for low, high, _ in buckets)
    flat = any(low == high for low, high, _ in buckets)
    assume(bounded and not flat)
    assert buckets[0][0] <= found <= buckets[-1][1]
    assert fraction(histogram, -math.inf, found) == pytest.approx(phi, abs=1e-9)


@given(PROPER, st.floats(0, 1), st.floats(0, 1))
def test_quantiles_ascend(histogram: Histogram, one_phi: float, other_phi: float) -> None:
    low, high = sorted((one_phi, other_phi))
    below, above = quantile(histogram, low), quantile(histogram, high)
    assert math.isnan(below) or below <= above + 1e-9 * abs(above)


@given(PROPER, st.floats(-8, 8), st.floats(-8, 8), st.floats(-8, 8))
def test_fractions_add_up(histogram: Histogram, a: float, b: float, c: float) -> None:
    assume(histogram.count > 0)
    a, b, c = sorted((a, b, c))
    parts = fraction(histogram, a, b) + fraction(histogram, b, c)
    assert parts == pytest.approx(fraction(histogram, a, c), abs=1e-12)
    assert fraction(histogram, -math.inf, math.inf) == pytest.approx(1.0)


@given(PROPER, st.floats(-8, 8))
def test_trimming_keeps_the_fraction(histogram: Histogram, value: float) -> None:
    assume(histogram.count > 0 and not histogram.uses_custom_buckets)
    assume(all((low, high) != (value, value) for low, high, _ in buckets_of(histogram)))
    below = trimmed(histogram, value, below=True)
    above = trimmed(histogram, value, below=False)
    share = fraction(histogram, -math.inf, value)
    assert below.count == pytest.approx(share * histogram.count, abs=1e-9)
    assert below.count + above.count == pytest.approx(histogram.count)
    assert below.count == pytest.approx(sum(count for *_, count in buckets_of(below)), abs=1e-12)


@given(histograms())
def test_trimming_nothing_changes_nothing(histogram: Histogram) -> None:
    assert trimmed(histogram, math.inf, below=True) == histogram.compacted()
    assert trimmed(histogram, -math.inf, below=False) == histogram.compacted()


def test_the_open_ends_of_custom_buckets_are_kept_or_dropped_whole() -> None:
    histogram = Histogram(
        -53, 101.0, 33.0, positive=Buckets.run(0, (1.0, 100.0)), custom_values=(-5.0,)
    )
    found = [
        (below, value, trimmed(histogram, value, below=below))
        for below, value in ((True, 10.0), (True, -10.0), (False, -10.0), (False, 10.0))
    ]
    assert [(h.count, h.sum) for *_, h in found] == [
        (1.0, -5.0),
        (1.0, -10.0),
        (100.0, -500.0),
        (100.0, 1000.0),
    ]


def middle(histogram: Histogram, low: float, high: float) -> float:
    if histogram.uses_custom_buckets:
        return (low + high) / 2
    if low <= 0 <= high:
        return 0.0
    return math.copysign(math.sqrt(low * high), high)


@given(PROPER)
def test_variance_is_that_of_the_middles(histogram: Histogram) -> None:
    found = float(shapes.variances(one(histogram))[0])
    if not histogram.count:
        assert math.isnan(found)
        return
    mean = histogram.sum / histogram.count
    expected = sum(
        count * (middle(histogram, low, high) - mean) ** 2
        for low, high, count in buckets_of(histogram)
    )
    assert found == pytest.approx(expected / histogram.count, nan_ok=True)


def test_observations_of_nan_push_quantiles_up_and_are_in_no_fraction() -> None:
    histogram = Histogram(0, 15.0, math.nan, positive=Buckets.run(0, (12.0,)))
    phis = np.array([0.8, 0.81, 0.4])
    found, flags = shapes.quantiles(one(histogram).take(np.zeros(3, np.int64)), phis)
    same(found, np.array([1.0, math.nan, math.sqrt(0.5)]), 1e-12)
    assert flags.tolist() == [shapes.NAN_SKEW, shapes.NAN_RESULT, shapes.NAN_SKEW]
    assert fraction(histogram, -math.inf, math.inf) == pytest.approx(0.8)


def run(kernel: Callable[..., Any], columns: Histograms, *rest: object) -> None:
    table = columns.layouts
    kernel(
        columns.schema,
        columns.fields(),
        columns.layout,
        columns.starts,
        columns.buckets,
        table.starts,
        table.positives,
        table.indices,
        table.bound_starts,
        table.bounds,
        *rest,
    )


@given(st.lists(PROPER, max_size=4), st.floats(0, 1), st.floats(-4, 4))
def test_kernels_do_what_their_source_says(
    values: list[Histogram], phi: float, value: float
) -> None:
    columns, size = Histograms.from_values(values), len(values)
    phis, cuts = np.full(size, phi), np.full(size, value)
    found: list[list[np.ndarray]] = []
    for place in range(2):
        out = [np.empty(size) for _ in range(3)]
        flags, fields, buckets = np.empty(size, np.uint8), columns.fields(), columns.buckets.copy()
        run(both(histogram_quantile.native_quantiles)[place], columns, phis, out[0], flags)
        run(both(histogram_quantile.native_fractions)[place], columns, -cuts, cuts, out[1])
        with np.errstate(all="ignore"):
            run(both(histogram_spread.native_variances)[place], columns, out[2])
        run(both(histogram_trim.native_trimmed)[place], columns, cuts, True, fields, buckets)
        found.append([*out, flags.astype(float), fields, buckets])
    for compiled, plain in zip(*found, strict=True):
        same(compiled, plain, 1e-12)
