"""Limits of a query, its statistics, and that what is asked at once does not interfere."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from prometheus_client import CollectorRegistry

from narthex.model.matcher import Matcher
from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.promql.engine import Engine, EngineOptions, QueryOptions
from narthex.promql.errors import QueryCanceled, QueryTimeout, TooManySamples
from narthex.promql.limits import Cancellation
from narthex.promql.result import MatrixResult, ScalarResult, VectorResult
from narthex.promql.syntax.errors import ParseError
from narthex.runtime.clock import ManualClock
from narthex.runtime.executor import Executor
from narthex.storage.interface import SelectHints
from tests.promql.memory_store import MemorySelection, MemoryStore


@dataclass
class Watched(MemoryStore):
    """Calls `when_selected` at every select."""

    def __post_init__(self) -> None:
        self.when_selected = lambda: None

    def select(
        self,
        tenant: TenantId,
        matchers: Sequence[Matcher],
        start_ms: int,
        end_ms: int,
        hints: SelectHints = SelectHints(),  # noqa: B008 - frozen
    ) -> MemorySelection:
        self.when_selected()
        return super().select(tenant, matchers, start_ms, end_ms, hints)


@pytest.fixture
def store() -> Watched:
    store = Watched()
    for i in range(10):
        store.add({"__name__": "x", "i": str(i)}, [(t * 60, float(t)) for t in range(20)])
    return store


@pytest.fixture
def executor() -> Iterator[Executor]:
    executor = Executor(jobs=1, kernels=2)
    yield executor
    executor.close()


def engine_over(
    store: MemoryStore, executor: Executor, clock: ManualClock | None = None, **options: int
) -> Engine:
    return Engine(store, executor, clock or ManualClock(), EngineOptions(**options))  # type: ignore[arg-type]


def test_instant_and_range(store: Watched, executor: Executor) -> None:
    engine = engine_over(store, executor)
    assert engine.instant(DEFAULT_TENANT, "1 + 1", 5).result == ScalarResult(5, 2.0)
    vector = engine.instant(DEFAULT_TENANT, "sum(x)", 600_000).result
    assert isinstance(vector, VectorResult)
    assert vector.values.tolist() == [100.0]
    matrix = engine.range(DEFAULT_TENANT, "sum(x)", 0, 120_000, 60_000).result
    assert isinstance(matrix, MatrixResult)
    assert matrix.values.tolist() == [0.0, 10.0, 20.0]


def test_what_does_not_parse_raises_parse_error(store: Watched, executor: Executor) -> None:
    with pytest.raises(ParseError):
        engine_over(store, executor).instant(DEFAULT_TENANT, "sum(", 0)


def test_floats_cannot_be_trimmed(store: Watched, executor: Executor) -> None:
    found = engine_over(store, executor).instant(DEFAULT_TENANT, "x </ 1", 0)
    assert isinstance(found.result, VectorResult)
    assert found.result.values.size == 0
    (info,) = found.infos()
    assert info == (
        "PromQL info: incompatible sample types encountered for binary operator"
        ' "</": float </ float (1:1)'
    )


def test_samples_held_at_once_are_limited(store: Watched, executor: Executor) -> None:
    engine = engine_over(store, executor, max_samples=100)
    assert engine.range(DEFAULT_TENANT, "x", 0, 240_000, 60_000).statistics.samples_peak <= 100
    with pytest.raises(TooManySamples, match="load too many samples into memory") as caught:
        engine.range(DEFAULT_TENANT, "x", 0, 900_000, 60_000)
    assert caught.value.allowed == 100
    assert caught.value.held > 100


def test_what_was_handed_on_is_given_back(store: Watched, executor: Executor) -> None:
    engine = engine_over(store, executor, max_samples=130)
    once = engine.range(DEFAULT_TENANT, "sum(x)", 0, 240_000, 60_000).statistics.samples_peak
    text = " + ".join(["sum(x)"] * 5)
    assert engine.range(DEFAULT_TENANT, text, 0, 240_000, 60_000).statistics.samples_peak < 2 * once


@pytest.mark.parametrize(
    "text", ["max_over_time(x[100y:1ms])", 'count_values("v", x)', "x + x", "sum by (i) (x)"]
)
def test_the_limit_is_seen_before_there_is_room(
    store: Watched, executor: Executor, text: str
) -> None:
    engine = engine_over(store, executor, max_samples=100)
    with pytest.raises(TooManySamples):
        engine.range(DEFAULT_TENANT, text, 0, 900_000, 60_000)


def test_a_cancelled_query_stops(store: Watched, executor: Executor) -> None:
    cancellation = Cancellation()
    store.when_selected = cancellation.cancel
    with pytest.raises(QueryCanceled, match="query was canceled in expression evaluation"):
        engine_over(store, executor).instant(
            DEFAULT_TENANT, "sum(x)", 600_000, QueryOptions(), cancellation
        )


def test_a_slow_query_times_out(store: Watched, executor: Executor) -> None:
    clock = ManualClock()

    def take_long() -> None:
        clock._monotonic_s += 3

    store.when_selected = take_long
    engine = engine_over(store, executor, clock)
    engine.instant(DEFAULT_TENANT, "sum(x)", 600_000)
    with pytest.raises(QueryTimeout, match="query timed out in expression evaluation"):
        engine.instant(DEFAULT_TENANT, "sum(x)", 600_000, QueryOptions(timeout_s=2))


def test_the_lookback_of_one_query(store: Watched, executor: Executor) -> None:
    engine = engine_over(store, executor)
    found = engine.instant(DEFAULT_TENANT, "x", 1_200_000, QueryOptions(lookback_ms=60_000)).result
    assert isinstance(found, VectorResult)
    assert found.values.size == 0


def test_queries_wait_for_their_turn(store: Watched, executor: Executor) -> None:
    engine = engine_over(store, executor, max_concurrency=1)
    inside, free = threading.Event(), threading.Event()

    def hold() -> None:
        inside.set()
        assert free.wait(30)

    store.when_selected = hold
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(engine.instant, DEFAULT_TENANT, "x", 0)
        assert inside.wait(30)
        cancellation = Cancellation()
        cancellation.cancel()
        with pytest.raises(QueryCanceled, match="query queue"):
            engine.instant(DEFAULT_TENANT, "1", 0, QueryOptions(), cancellation)
        with pytest.raises(QueryTimeout, match="query queue"):
            engine.instant(DEFAULT_TENANT, "1", 0, QueryOptions(timeout_s=0))
        free.set()
        first.result()
    engine.instant(DEFAULT_TENANT, "1", 0)


def test_statistics_have_prometheus_names(store: Watched, executor: Executor) -> None:
    found = engine_over(store, executor).range(
        DEFAULT_TENANT, "sum(sum_over_time(x[2m]))", 120_000, 240_000, 60_000
    )
    assert found.statistics.samples_seen == 10 * 3 * 2
    assert found.statistics.samples_read == 10 * 4
    assert found.statistics.as_dict(True)["samples"] == {
        "totalQueryableSamples": 60,
        "peakSamples": found.statistics.samples_peak,
        "samplesRead": 40,
    }
    timings = found.statistics.as_dict(False)["timings"]
    assert isinstance(timings, dict)
    assert set(timings) == {
        "evalTotalTime", "resultSortTime", "queryPreparationTime", "innerEvalTime",
        "execQueueTime", "execTotalTime",
    }  # fmt: skip


def test_a_query_shows_in_the_metrics_of_the_engine(store: Watched, executor: Executor) -> None:
    registry = CollectorRegistry()
    engine = Engine(store, executor, ManualClock(), EngineOptions(max_concurrency=7), registry)
    engine.instant(DEFAULT_TENANT, "sum(x)", 600_000)
    value = registry.get_sample_value
    assert value("prometheus_engine_queries_concurrent_max") == 7
    assert value("prometheus_engine_queries") == 0
    assert value("prometheus_engine_query_samples_total") == 10
    for part in ("queue_time", "prepare_time", "inner_eval", "result_sort"):
        assert value("prometheus_engine_query_duration_seconds_count", {"slice": part}) == 1
        labels = {"slice": part, "quantile": "0.99"}
        assert value("prometheus_engine_query_duration_seconds", labels) is not None


def test_a_query_that_fails_is_no_longer_running(store: Watched, executor: Executor) -> None:
    registry = CollectorRegistry()
    engine = Engine(store, executor, ManualClock(), EngineOptions(max_samples=0), registry)
    with pytest.raises(TooManySamples):
        engine.instant(DEFAULT_TENANT, "sum(x)", 600_000)
    assert registry.get_sample_value("prometheus_engine_queries") == 0
