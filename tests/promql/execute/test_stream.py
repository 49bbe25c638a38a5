"""Batches: they cover all series in order, join to the whole, and bound what is held at once."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.symbols import Symbols
from narthex.model.tenant import DEFAULT_TENANT
from narthex.promql.engine import Engine, EngineOptions
from narthex.promql.execute import stream
from narthex.promql.execute.stream import batches_of
from narthex.promql.result import MatrixResult
from narthex.runtime.clock import ManualClock
from narthex.runtime.executor import Executor
from narthex.storage.interface import Columns, Want
from tests.promql.functions.asking import Asking

SERIES, STEPS = 20_000, 241
MINUTE_MS = 60_000


@given(st.integers(0, 5000), st.floats(0.1, 1e7))
def test_batches_cover_all_series(series: int, values: float) -> None:
    batches = batches_of(series, values)
    covered = [row for rows in batches for row in range(rows.start, rows.stop)]
    assert covered == list(range(series))
    longest = max((rows.stop - rows.start for rows in batches), default=1)
    assert longest == 1 or longest * values <= stream.BATCH_VALUES


@pytest.mark.parametrize(
    "text", ["x", "x * 2 > 7", "-x", "rate(x[2m])", "max_over_time(rate(x[2m])[3m:1m])", "x + x"]
)
def test_batches_join_to_the_whole(ask: Asking, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(9):
        values = " ".join("_" if i % 2 and t % 3 == 0 else str(i + t) for t in range(12))
        ask.load_labelled(60, {"__name__": "x", "i": str(i)}, values)
    whole = ask.over(600, 60, text)
    monkeypatch.setattr(stream, "BATCH_VALUES", 45)
    assert ask.over(600, 60, text) == whole
    assert whole


@dataclass(frozen=True)
class Generated:
    """Many counters that are made when they are read and held by nobody."""

    labels: LabelTable
    samples_per_series: float = STEPS

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want = Want.VALUES
    ) -> Columns:
        times = np.arange(start_ms // MINUTE_MS + 1, end_ms // MINUTE_MS + 1) * MINUTE_MS
        values = np.tile((times // MINUTE_MS).astype(np.float64), rows.size)
        starts = np.arange(rows.size + 1, dtype=np.int64) * times.size
        return Columns(starts, values, np.zeros(rows.size, np.int64), times)


@dataclass
class GeneratingStore:
    """A store of `SERIES` series of ten jobs."""

    selection: Generated = field(init=False)

    def __post_init__(self) -> None:
        symbols = Symbols()
        names = symbols.intern_many(f"{i}" for i in range(SERIES))
        columns = {"__name__": np.full(SERIES, symbols.intern("x"), np.int32)}
        columns |= {"job": names[np.arange(SERIES) % 10], "pod": names}
        self.selection = Generated(LabelTable(symbols, columns))

    def select(self, *_: object) -> Generated:
        return self.selection

    def label_names(self, *_: object) -> list[str]:
        raise NotImplementedError

    def label_values(self, *_: object) -> list[str]:
        raise NotImplementedError


@pytest.fixture
def executor() -> Iterator[Executor]:
    executor = Executor(jobs=1, kernels=2)
    yield executor
    executor.close()


def test_an_aggregation_needs_memory_for_its_batches_only(executor: Executor) -> None:
    store = GeneratingStore()
    engine = Engine(store, executor, ManualClock(), EngineOptions())
    end_ms = 300 * MINUTE_MS
    start_ms = end_ms - (STEPS - 1) * MINUTE_MS
    tracemalloc.start()
    try:
        found = engine.range(
            DEFAULT_TENANT, "sum by (job) (rate(x[5m]))", start_ms, end_ms, MINUTE_MS
        ).result
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(found, MatrixResult)
    np.testing.assert_allclose(found.values, SERIES / 10 / 60)
    assert found.values.size == 10 * STEPS
    all_cells_bytes = SERIES * STEPS * 8
    batches_under_way = executor.kernel_threads + 1
    assert peak_bytes < batches_under_way * 2 * stream.BATCH_VALUES * 8 < 2 * all_cells_bytes
