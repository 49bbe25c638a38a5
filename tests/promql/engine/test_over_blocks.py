"""What the engine counts over blocks without reading values is what it counts with them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from narthex.model.tenant import DEFAULT_TENANT
from narthex.model.value import STALE_NAN
from narthex.promql.engine import Engine, EngineOptions
from narthex.promql.result import MatrixResult
from narthex.runtime.clock import ManualClock
from narthex.runtime.executor import Executor
from narthex.storage.store import Store, memory_store
from tests.storage.samples import commit, named, resolve

STEP_MS = 60_000
BLOCK_STEPS = 120


@pytest.fixture(name="store")
def store_of_blocks() -> Iterator[Store]:
    """Two blocks and a half: series that begin late, end early, come and go."""
    store = memory_store()
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named(*range(8)))
    for k in range(2 * BLOCK_STEPS):
        there = [k > 9, k < 200, k % 30 < 11, True, True, k > 150, k > 150, k % 50 > 3]
        values = np.where([True] * 7 + [k % 70 > 3], float(k), STALE_NAN)
        commit(appender, refs[there], k * STEP_MS, values[there].tolist())
    store.tsdb(DEFAULT_TENANT).cut_all()
    yield store
    store.close()


@pytest.mark.parametrize("by", ["", " by (instance)"])
def test_presence_is_counted_alike_with_and_without_values(store: Store, by: str) -> None:
    assert len(store.tsdb(DEFAULT_TENANT).blocks.all) > 1
    engine = Engine(store, Executor(1), ManualClock(), EngineOptions())
    end_ms = 2 * BLOCK_STEPS * STEP_MS
    found, expected = (
        engine.range(DEFAULT_TENANT, text, -STEP_MS, end_ms, STEP_MS // 2).result
        for text in (f"count{by} (m)", f"sum{by} (m * 0 + 1)")
    )
    assert isinstance(found, MatrixResult)
    assert isinstance(expected, MatrixResult)
    assert found.labels.to_labels() == expected.labels.to_labels()
    assert found.starts.tolist() == expected.starts.tolist()
    assert found.times_ms.tolist() == expected.times_ms.tolist()
    assert found.values.tolist() == expected.values.tolist()
