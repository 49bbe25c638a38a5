"""Many native histograms at once: a column for each field, and bucket counts run after run.

This is how storage hands histogram samples to the engine and how the engine computes on them; a
`Histogram` object is made only for one that leaves. Which buckets a histogram has is its layout,
and the histograms of one series mostly share one, so that layouts are a table of their own. A
bucket that is missing and one that counts 0.0 mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.histogram import CUSTOM_BUCKETS_SCHEMA, Buckets, Histogram, ResetHint
from narthex.model.kernels.histograms import gather_floats, gather_indices, intern_layouts

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

HINT_UNKNOWN, HINT_RESET, HINT_NOT_RESET, HINT_GAUGE = range(4)
HINTS = (ResetHint.UNKNOWN, ResetHint.RESET, ResetHint.NOT_RESET, ResetHint.GAUGE)
"""Reset hints by their number in a column."""


@dataclass(frozen=True, slots=True)
class BucketLayouts:
    """L layouts. Buckets of layout l are `indices[starts[l]:starts[l + 1]]` (int32, int64[L + 1]).

    The first `positives[l]` (int32[L]) of them are positive buckets in ascending order, the rest
    negative ones in ascending order; `bounds[bound_starts[l]:bound_starts[l + 1]]` (float64,
    int64[L + 1]) are custom upper bounds without the last, +Inf, and empty for exponential
    buckets. No two layouts of a table are equal.
    """

    starts: Rows
    positives: Ints
    indices: Ints
    bound_starts: Rows
    bounds: Floats

    @classmethod
    def empty(cls) -> BucketLayouts:
        """A table without layouts."""
        none = np.zeros(0, np.int32)
        return cls(np.zeros(1, np.int64), none, none, np.zeros(1, np.int64), np.zeros(0))

    def __len__(self) -> int:
        return self.positives.size

    @property
    def sizes(self) -> Rows:
        """Buckets of each layout, int64[L]."""
        return np.diff(self.starts)

    def take(self, layouts: Rows) -> BucketLayouts:
        """Some layouts, in that order; the caller names none twice."""
        starts = run_bounds(self.sizes[layouts])
        bound_starts = run_bounds(np.diff(self.bound_starts)[layouts])
        indices = np.empty(starts[-1], np.int32)
        bounds = np.empty(bound_starts[-1])
        gather_indices(self.starts, self.indices, layouts, starts, indices)
        gather_floats(self.bound_starts, self.bounds, layouts, bound_starts, bounds)
        return BucketLayouts(starts, self.positives[layouts], indices, bound_starts, bounds)


@dataclass(frozen=True, slots=True)
class Histograms:
    """h native histograms.

    `schema` int8[h], `hint` uint8[h] (an index into `HINTS`), `zero_threshold`, `zero_count`,
    `count`, `sum` float64[h]; `layout` int32[h] numbers a row of `layouts`, whose buckets count
    `buckets[starts[i]:starts[i + 1]]` (float64, int64[h + 1]), absolute. Arrays are never written
    to after the columns are made.
    """

    schema: NDArray[np.int8]
    hint: NDArray[np.uint8]
    zero_threshold: Floats
    zero_count: Floats
    count: Floats
    sum: Floats
    layout: Ints
    starts: Rows
    buckets: Floats
    layouts: BucketLayouts

    def __post_init__(self) -> None:
        assert self.starts.size == self.layout.size + 1
        assert self.schema.size == self.hint.size == self.count.size == self.layout.size

    @classmethod
    def empty(cls) -> Histograms:
        """No histogram."""
        none = np.zeros(0)
        return cls(
            np.zeros(0, np.int8),
            np.zeros(0, np.uint8),
            none,
            none,
            none,
            none,
            np.zeros(0, np.int32),
            np.zeros(1, np.int64),
            none,
            BucketLayouts.empty(),
        )

    @classmethod
    def from_values(cls, values: Sequence[Histogram]) -> Histograms:
        """Columns of these, in order."""
        sides = [(list(v.positive.items()), list(v.negative.items())) for v in values]
        sizes = np.array([len(p) + len(n) for p, n in sides], np.int64)
        indices = [index for p, n in sides for index, _ in (*p, *n)]
        counts = [count for p, n in sides for _, count in (*p, *n)]
        bounds = [bound for value in values for bound in value.custom_values]
        starts = run_bounds(sizes)
        every = BucketLayouts(
            starts,
            np.array([len(p) for p, _ in sides], np.int32),
            np.array(indices, np.int32),
            run_bounds(np.array([len(v.custom_values) for v in values], np.int64)),
            np.array(bounds, np.float64),
        )
        layout, layouts = interned(every)
        return cls(
            np.array([v.schema for v in values], np.int8),
            np.array([HINTS.index(v.reset_hint) for v in values], np.uint8),
            np.array([v.zero_threshold for v in values], np.float64),
            np.array([v.zero_count for v in values], np.float64),
            np.array([v.count for v in values], np.float64),
            np.array([v.sum for v in values], np.float64),
            layout,
            starts,
            np.array(counts, np.float64),
            layouts,
        )

    @classmethod
    def concat(cls, parts: Sequence[Histograms]) -> Histograms:
        """The rows of all parts, in order, over one table of layouts."""
        parts = [part for part in parts if len(part)]
        if len(parts) < 2:
            return parts[0] if parts else cls.empty()
        layout, layouts = _joined_layouts(parts)
        return cls(
            np.concatenate([p.schema for p in parts]),
            np.concatenate([p.hint for p in parts]),
            np.concatenate([p.zero_threshold for p in parts]),
            np.concatenate([p.zero_count for p in parts]),
            np.concatenate([p.count for p in parts]),
            np.concatenate([p.sum for p in parts]),
            layout,
            run_bounds(np.concatenate([np.diff(p.starts) for p in parts])),
            np.concatenate([p.buckets[p.starts[0] : p.starts[-1]] for p in parts]),
            layouts,
        )

    def __len__(self) -> int:
        return self.layout.size

    @property
    def custom(self) -> NDArray[np.bool_]:
        """Which have custom buckets, bool[h]."""
        return np.equal(self.schema, CUSTOM_BUCKETS_SCHEMA)

    def fields(self) -> Floats:
        """Zero threshold, zero count, count and sum, float64[4, h]: as kernels take them."""
        return np.stack([self.zero_threshold, self.zero_count, self.count, self.sum])

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_] | slice) -> Histograms:
        """Some rows (indices, a mask or a slice), in that order; a row may come repeatedly."""
        chosen = np.arange(len(self), dtype=np.int64)[rows]
        starts = run_bounds(np.diff(self.starts)[chosen])
        buckets = np.empty(starts[-1])
        gather_floats(self.starts, self.buckets, chosen, starts, buckets)
        return Histograms(
            self.schema[chosen],
            self.hint[chosen],
            self.zero_threshold[chosen],
            self.zero_count[chosen],
            self.count[chosen],
            self.sum[chosen],
            self.layout[chosen],
            starts,
            buckets,
            self.layouts,
        )

    def with_hint(self, hint: int) -> Histograms:
        """The same, all with one reset hint."""
        return replace(self, hint=np.full(len(self), hint, np.uint8))

    def value(self, row: int) -> Histogram:
        """One of them as an object; empty buckets are left out."""
        layout, start = int(self.layout[row]), int(self.starts[row])
        table = self.layouts
        indices = table.indices[table.starts[layout] : table.starts[layout + 1]].tolist()
        counts = self.buckets[start : start + len(indices)].tolist()
        positives = int(table.positives[layout])
        bounds = table.bounds[table.bound_starts[layout] : table.bound_starts[layout + 1]]
        return Histogram(
            int(self.schema[row]),
            float(self.count[row]),
            float(self.sum[row]),
            float(self.zero_threshold[row]),
            float(self.zero_count[row]),
            Buckets.of(dict(zip(indices[:positives], counts[:positives], strict=True))),
            Buckets.of(dict(zip(indices[positives:], counts[positives:], strict=True))),
            tuple(bounds.tolist()),
            HINTS[self.hint[row]],
        )

    def to_values(self) -> list[Histogram]:
        """All of them as objects."""
        return [self.value(row) for row in range(len(self))]


def run_bounds(sizes: Rows) -> Rows:
    """Where runs of these sizes begin and end, int64[n + 1]."""
    bounds = np.zeros(sizes.size + 1, np.int64)
    np.cumsum(sizes, out=bounds[1:])
    return bounds


def interned(every: BucketLayouts) -> tuple[Ints, BucketLayouts]:
    """For each of these layouts its number in a table of those that differ, and that table."""
    size = len(every)
    table = np.zeros(1 << (3 * size // 2 + 1).bit_length(), np.int32)
    ids, firsts = np.empty(size, np.int32), np.empty(size, np.int64)
    count = intern_layouts(
        every.starts,
        every.positives,
        every.indices,
        every.bound_starts,
        every.bounds.view(np.uint64),
        table,
        ids,
        firsts,
    )
    return ids, every if count == size else every.take(firsts[:count])


def joined_tables(tables: Sequence[BucketLayouts]) -> BucketLayouts:
    """The layouts of all tables, one after another; equal ones are to be `interned`."""
    return BucketLayouts(
        run_bounds(np.concatenate([table.sizes for table in tables])),
        np.concatenate([table.positives for table in tables]),
        np.concatenate([table.indices for table in tables]),
        run_bounds(np.concatenate([np.diff(table.bound_starts) for table in tables])),
        np.concatenate([table.bounds for table in tables]),
    )


def _joined_layouts(parts: Sequence[Histograms]) -> tuple[Ints, BucketLayouts]:
    if all(part.layouts is parts[0].layouts for part in parts):
        return np.concatenate([part.layout for part in parts]), parts[0].layouts
    tables = [part.layouts for part in parts]
    ids, layouts = interned(joined_tables(tables))
    firsts = run_bounds(np.array([len(table) for table in tables], np.int64))
    pairs = zip(parts, firsts[:-1], strict=True)
    return np.concatenate([ids[part.layout + first] for part, first in pairs]), layouts
