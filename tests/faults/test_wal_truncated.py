"""A log that lost its end: what is whole is there, what was cut is counted, the store goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.storage.interface import Batch
from narthex.storage.metrics import StorageMetrics
from narthex.storage.store import UNLIMITED, Store
from narthex.storage.tsdb import Machine

SERIES = [Labels.of({"__name__": "kept", "n": str(n)}) for n in range(20)]
ROWS = 40


def commit(store: Store, rows: range) -> None:
    appender = store.appender(DEFAULT_TENANT)
    refs = appender.resolve(PackedLabels.from_labels(SERIES)).refs
    for row in rows:
        values = np.arange(row * 100.0, row * 100.0 + len(SERIES))
        appender.commit(Batch(DEFAULT_TENANT, refs, np.array([row * 1000]), values))


def rows_held(store: Store) -> list[int]:
    """The rows that every series holds, after a look at each value."""
    selection = store.select(DEFAULT_TENANT, (), 0, ROWS * 2000)
    columns = selection.read(np.arange(len(selection.labels)), 0, ROWS * 2000)
    held: set[tuple[int, ...]] = set()
    for i, labels in enumerate(selection.labels.to_labels()):
        values = columns.values[columns.starts[i] : columns.starts[i + 1]]
        assert (values % 100 == int(labels.get("n"))).all()
        held.add(tuple((values // 100).astype(int).tolist()))
    assert len(held) == 1, "a scrape is there whole or not at all"
    return list(held.pop())


@pytest.mark.parametrize("cut", [1, 7, 100, 1000])
def test_the_end_of_the_log_is_lost(tmp_path: Path, cut: int) -> None:
    store = Store.open(tmp_path, options=UNLIMITED)
    commit(store, range(ROWS))
    store.close()
    (segment,) = (tmp_path / "tenants/default/0/wal").iterdir()
    segment.write_bytes(segment.read_bytes()[:-cut])
    registry = CollectorRegistry()
    machine = Machine(metrics=StorageMetrics(registry))
    store = Store.open(tmp_path, machine=machine, options=UNLIMITED)
    held = rows_held(store)
    assert held == list(range(len(held)))
    assert 0 < len(held) < ROWS
    assert registry.get_sample_value("narthex_tsdb_wal_torn_bytes_total")
    commit(store, range(ROWS, 2 * ROWS))
    assert rows_held(store) == [*held, *range(ROWS, 2 * ROWS)]
    store.close()
