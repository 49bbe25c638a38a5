"""What must hold for every query: neither batches nor the way it is asked change its answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.tenant import DEFAULT_TENANT
from narthex.promql.engine import Engine, EngineOptions
from narthex.promql.errors import QueryError
from narthex.promql.execute import stream
from narthex.promql.features import DELAYED_NAME_REMOVAL
from narthex.promql.result import MatrixResult, VectorResult
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.runtime.clock import ManualClock
from narthex.runtime.executor import Executor
from tests.promql.engine.queries import small_store, vectors

START_MS, STEP_MS, STEPS = 150_000, 77_000, 10

Cells = dict[tuple[str, int], float]
Answer = Cells | str
"""Values by series and time, or the text of an error."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    executor = Executor(jobs=1, kernels=2)
    options = EngineOptions(features=ALL_FEATURES | {DELAYED_NAME_REMOVAL})
    yield Engine(small_store(), executor, ManualClock(), options)
    executor.close()


def ranging(engine: Engine, text: str) -> Answer:
    end_ms = START_MS + (STEPS - 1) * STEP_MS
    try:
        result = engine.range(DEFAULT_TENANT, text, START_MS, end_ms, STEP_MS).result
    except QueryError as error:
        return str(error)
    assert isinstance(result, MatrixResult)
    names = [str(labels) for labels in result.labels.to_labels()]
    series = np.repeat(np.arange(len(names)), np.diff(result.starts))
    cells = zip(series.tolist(), result.times_ms.tolist(), result.values.tolist(), strict=True)
    return {(names[i], time_ms): value for i, time_ms, value in cells}


def at(engine: Engine, text: str, time_ms: int) -> Answer:
    try:
        result = engine.instant(DEFAULT_TENANT, text, time_ms).result
    except QueryError as error:
        return str(error)
    assert isinstance(result, VectorResult)
    names = map(str, result.labels.to_labels())
    return {(n, time_ms): v for n, v in zip(names, result.values.tolist(), strict=True)}


def agree(first: Cells, second: Cells) -> None:
    assert first.keys() == second.keys()
    wanted = [second[key] for key in first]
    np.testing.assert_allclose(list(first.values()), wanted, rtol=1e-9, atol=1e-9)


@given(vectors)
def test_batches_do_not_change_an_answer(engine: Engine, text: str) -> None:
    whole = ranging(engine, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "BATCH_VALUES", 60)
        batched = ranging(engine, text)
    if isinstance(whole, str) or isinstance(batched, str):
        assert whole == batched
    else:
        agree(whole, batched)


@given(vectors, st.integers(0, STEPS - 1))
def test_a_step_of_a_range_is_an_instant(engine: Engine, text: str, step: int) -> None:
    if "start()" in text or "end()" in text or "sort" in text:
        return
    time_ms = START_MS + step * STEP_MS
    over, once = ranging(engine, text), at(engine, text, time_ms)
    if isinstance(over, str):
        return
    assert not isinstance(once, str)
    agree(once, {key: value for key, value in over.items() if key[1] == time_ms})
