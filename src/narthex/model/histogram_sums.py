"""The arithmetic of native histograms: every operation on several of them is one weighted sum.

`sum`, `rate`, `increase`, `delta`, `+` and `-` say which rows count with which weight and leave the
rest to `combined`; averages and scaling build on it. Results have all buckets of what went in, also
those that came out as 0.0, so that the outputs of one series share a layout.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram_columns import (
    HINT_GAUGE,
    BucketLayouts,
    Histograms,
    interned,
    joined_tables,
    run_bounds,
)
from narthex.model.kernels import histogram_plans as plans
from narthex.model.kernels.histogram_plans import plan_outputs
from narthex.model.kernels.histogram_sums import add_outputs

MIXED = plans.MIXED
"""Exponential and custom buckets do not add up: the output is to be dropped."""
BOUNDS_RECONCILED = plans.BOUNDS_RECONCILED
"""Custom bounds differed; the output has those that all had."""
HINT_COLLISION = plans.HINT_COLLISION
"""One row says that the counter was reset, another that it was not."""
NOTHING = plans.NOTHING
"""The list is empty."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lists:
    """For each of k outputs, rows of histograms and what each counts: weight times row.

    Those of output i are `rows[starts[i]:starts[i + 1]]` (int64, int64[k + 1]) and `weights`
    (float64) at the same places.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    weights: Floats

    @classmethod
    def unweighted(cls, starts: NDArray[np.int64], rows: NDArray[np.int64]) -> Lists:
        """Every row counts once."""
        return cls(starts, rows, np.ones(rows.size))

    @classmethod
    def pairs(cls, left: NDArray[np.integer], right: NDArray[np.integer], weight: float) -> Lists:
        """For each output a row, and another times `weight`."""
        rows = np.stack([left, right], axis=1).astype(np.int64).reshape(-1)
        starts = np.arange(0, rows.size + 1, 2, dtype=np.int64)
        return cls(starts, rows, np.tile(np.array([1.0, weight]), left.size))

    def __len__(self) -> int:
        return self.starts.size - 1

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each output, int64[k]."""
        return np.diff(self.starts)


@dataclass(frozen=True, slots=True)
class Combined:
    """k histograms, one for each list, and uint8[k] of the bits that this module names.

    An output that is `MIXED` or has `NOTHING` is an empty histogram.
    """

    histograms: Histograms
    status: NDArray[np.uint8]

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which outputs are to be kept, bool[k]."""
        unusable: NDArray[np.uint8] = self.status & np.uint8(MIXED | NOTHING)
        return np.equal(unusable, 0)


def combined(histograms: Histograms, lists: Lists, factors: Floats | None = None) -> Combined:
    """The weighted sums of `lists` over `histograms`, each times its factor (float64[k]) after all.

    Resolutions, zero buckets and custom bounds are brought to what all rows of a list have in
    common. A gauge among them, or a negative weight, makes a gauge; equal reset hints stay.
    """
    table, layout, schema, fields, status = _planned(histograms, lists)
    starts = run_bounds(table.sizes[layout])
    hint, buckets = np.empty(len(lists), np.uint8), np.empty(starts[-1])
    add_outputs(
        histograms.schema, histograms.hint, histograms.fields(),
        histograms.layout, histograms.starts, histograms.buckets,
        table.starts, table.positives, table.indices, table.bound_starts, table.bounds,
        lists.starts, lists.rows, lists.weights,
        np.ones(len(lists)) if factors is None else factors,
        schema, layout, starts, hint, fields, buckets, status,
    )  # fmt: skip
    if table is not histograms.layouts:
        used, place = np.unique(layout, return_inverse=True)
        ids, table = interned(table.take(used.astype(np.int64)))
        layout = ids[place]
    threshold, zero_count, count, total = fields
    sums = Histograms(
        schema, hint, threshold, zero_count, count, total, layout, starts, buckets, table
    )
    return Combined(sums, status)


def _planned(
    histograms: Histograms, lists: Lists
) -> tuple[BucketLayouts, NDArray[np.int32], NDArray[np.int8], Floats, NDArray[np.uint8]]:
    """A table with all layouts; layout, schema, fields (the first is known) and status of sums."""
    outputs, table = len(lists), histograms.layouts
    schema, layout = np.empty(outputs, np.int8), np.empty(outputs, np.int32)
    fields, status = np.empty((4, outputs)), np.empty(outputs, np.uint8)
    added = plan_outputs(
        histograms.schema, histograms.fields(),
        histograms.layout, histograms.starts, histograms.buckets,
        table.starts, table.positives, table.indices, table.bound_starts, table.bounds,
        lists.starts, lists.rows, schema, fields[0], layout, status,
    )  # fmt: skip
    if added[1].size:
        table = joined_tables([table, BucketLayouts(*added)])
    return table, layout, schema, fields, status


def averaged(histograms: Histograms, lists: Lists) -> Combined:
    """The mean of each list's rows; where a sum overflows, the sum of each row's share."""
    whole = combined(histograms, lists)
    means = divided(whole.histograms, np.maximum(lists.sizes, 1).astype(np.float64))
    chosen = np.flatnonzero(~_finite(whole.histograms))
    if chosen.size == 0:
        return Combined(means, whole.status)
    shares = combined(histograms, _shares(lists, chosen)).histograms
    order = np.arange(len(lists))
    order[chosen] = len(lists) + np.arange(chosen.size)
    return Combined(Histograms.concat([means, shares]).take(order), whole.status)


def scaled(histograms: Histograms, factors: Floats) -> Histograms:
    """Each histogram times its factor, float64[h]; a negative one makes a gauge."""
    return replace(
        histograms,
        hint=_signed_hint(histograms, factors),
        zero_count=histograms.zero_count * factors,
        count=histograms.count * factors,
        sum=histograms.sum * factors,
        buckets=histograms.buckets * _each_bucket(histograms, factors),
    )


def divided(histograms: Histograms, divisors: Floats) -> Histograms:
    """Each histogram divided by its divisor, float64[h]; a negative one makes a gauge.

    Division by zero leaves infinities or NaN as counts and no regular bucket.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        each = _each_bucket(histograms, divisors)
        return replace(
            histograms,
            hint=_signed_hint(histograms, divisors),
            zero_count=histograms.zero_count / divisors,
            count=histograms.count / divisors,
            sum=histograms.sum / divisors,
            buckets=np.where(each == 0, 0.0, histograms.buckets / each),
        )


def _signed_hint(histograms: Histograms, factors: Floats) -> NDArray[np.uint8]:
    return np.where(factors < 0, np.uint8(HINT_GAUGE), histograms.hint)


def _each_bucket(histograms: Histograms, values: Floats) -> Floats:
    return np.repeat(values, np.diff(histograms.starts))


def _finite(histograms: Histograms) -> NDArray[np.bool_]:
    fields = histograms.zero_count, histograms.count, histograms.sum
    finite: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(np.stack(fields)), axis=0)
    broken = np.flatnonzero(~np.isfinite(histograms.buckets))
    finite[np.searchsorted(histograms.starts, broken, side="right") - 1] = False
    return finite


def _shares(lists: Lists, chosen: NDArray[np.int64]) -> Lists:
    sizes = lists.sizes[chosen]
    starts = run_bounds(sizes)
    places = np.arange(starts[-1]) + np.repeat(lists.starts[chosen] - starts[:-1], sizes)
    shares = lists.weights[places] / np.repeat(sizes, sizes)
    return Lists(starts, lists.rows[places], shares)
