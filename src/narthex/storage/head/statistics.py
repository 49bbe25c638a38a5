"""Cardinality of the head, for `/api/v1/status/tsdb`: how many series, by metric and by label."""

from __future__ import annotations

import numpy as np

from narthex.model.labels import METRIC_NAME
from narthex.storage.head.head import Head
from narthex.storage.interface import HeadStatistics, Statistics

Counts = list[tuple[str, int]]


def head_statistics(head: Head, limit: int) -> Statistics:
    """Counts over the series in the head, at most `limit` rows a list, largest first."""
    live = np.flatnonzero(head.registry.refs).astype(np.int32)
    table = head.registry.table(live)
    symbols = head.symbols
    _, offsets = symbols.packed()
    by_metric: Counts = []
    values: Counts = []
    memory: Counts = []
    pairs: Counts = []
    pair_count = 0
    for name, column in table.columns.items():
        ids, counts = np.unique(column[column != 0], return_counts=True)
        pair_count += ids.size
        sizes = (offsets[ids + 1] - offsets[ids] + len(name.encode())) * counts
        values.append((name, int(ids.size)))
        memory.append((name, int(sizes.sum())))
        top = np.argsort(-counts, kind="stable")[:limit]
        named = [
            (symbols.text(i), n)
            for i, n in zip(ids[top].tolist(), counts[top].tolist(), strict=True)
        ]
        pairs += [(f"{name}={text}", n) for text, n in named]
        if name == METRIC_NAME:
            by_metric = named
    return Statistics(
        HeadStatistics(
            head.live_series, pair_count, head.run_count, head.min_time_ms, head.max_time_ms
        ),
        *(_largest(counts, limit) for counts in (by_metric, values, memory, pairs)),
    )


def _largest(counts: Counts, limit: int) -> Counts:
    return sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:limit]
