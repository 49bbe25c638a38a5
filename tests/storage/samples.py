"""What the tests of storage write and read: small series, whole stores as dictionaries."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from narthex.model.labels import Labels
from narthex.model.matcher import Matcher
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.storage.interface import Appender, Batch, Queryable, Receipt, Refs

EVER = (-(2**62), 2**62)

Contents = dict[Labels, dict[int, int]]
"""Bits of each sample by time, by series."""


def named(*instances: object, metric: str = "m") -> list[Labels]:
    """One series for each instance."""
    return [Labels.of({"__name__": metric, "instance": str(one)}) for one in instances]


def resolve(appender: Appender, series: Sequence[Labels]) -> Refs:
    """Refs of series, all of which must be taken."""
    resolution = appender.resolve(PackedLabels.from_labels(series))
    assert not resolution.rejected.any()
    return resolution.refs


def commit(
    appender: Appender, refs: Refs, times: int | Sequence[int], values: Sequence[float]
) -> Receipt:
    """One batch, at one time or at one time a sample."""
    at = [times] if isinstance(times, int) else times
    batch = Batch(
        DEFAULT_TENANT, np.array(refs, np.uint64), np.array(at, np.int64), np.array(values, float)
    )
    return appender.commit(batch)


def bits(value: float) -> int:
    """A float64 as its bits."""
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def contents(
    store: Queryable,
    matchers: Sequence[Matcher] = (),
    start_ms: int = EVER[0],
    end_ms: int = EVER[1],
) -> Contents:
    """All samples that a select shows; series without any are left out."""
    selection = store.select(DEFAULT_TENANT, matchers, start_ms, end_ms)
    labels = selection.labels.to_labels()
    assert len(set(labels)) == len(labels), "each label set once"
    columns = selection.read(np.arange(len(labels)), start_ms, end_ms)
    words = columns.values.view(np.uint64)
    found: Contents = {}
    for i, one in enumerate(labels):
        start, end = int(columns.starts[i]), int(columns.starts[i + 1])
        at = int(columns.times_at[i])
        times = columns.times[at : at + end - start].tolist()
        assert times == sorted(set(times)), "ascending, each time once"
        if times:
            found[one] = dict(zip(times, words[start:end].tolist(), strict=True))
    return found
