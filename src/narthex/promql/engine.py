"""A query's whole way: text, tree, plan, value, answer.

The engine is synchronous: it runs in a worker thread of whoever asks, and hands ranges of series to
the kernel threads. Between queries it keeps the plans of their texts, never an answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from prometheus_client import CollectorRegistry

from narthex.model.symbols import ScratchSymbols, Symbols
from narthex.model.tenant import TenantId
from narthex.promql.annotations import Annotations
from narthex.promql.errors import QueryCanceled, QueryTimeout, WrongResultType
from narthex.promql.execute.answer import instant_answer, range_answer, windows_answer
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.evaluate import evaluate, whole_windows
from narthex.promql.features import Features
from narthex.promql.limits import Cancellation, Guard
from narthex.promql.metrics import EngineMetrics
from narthex.promql.plan.nodes import PlanNode
from narthex.promql.plan.plan import Prepared, prepare
from narthex.promql.result import Result
from narthex.promql.statistics import Statistics
from narthex.promql.steps import QueryRange
from narthex.promql.syntax.nodes import ValueType
from narthex.promql.syntax.parser import parse
from narthex.runtime.clock import Clock
from narthex.runtime.executor import Executor
from narthex.storage.interface import Queryable

QUEUE_CHECK_S = 0.05
"""How often a query that waits for its turn looks whether it was cancelled."""


REMEMBERED_QUERIES = 1024
"""Texts whose plans are kept: dashboards and rules ask the same again and again."""

REMEMBERED_TEXT_MAX = 4096
"""Longer texts are parsed each time, so that what is kept stays a few MB."""


def one_minute(_range_ms: int) -> int:
    """The step of `[5m:]` unless the configuration says otherwise."""
    return 60_000


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The `--query.*` flags, and the `--enable-feature` names.

    `default_subquery_step_ms` gives the step of a subquery without one, for its range in ms.
    """

    lookback_ms: int = 300_000
    timeout_s: float = 120.0
    max_samples: int = 50_000_000
    max_concurrency: int = 20
    default_subquery_step_ms: Callable[[int], int] = one_minute
    features: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """What one query may ask to be different. None: as the engine's options say."""

    lookback_ms: int | None = None
    timeout_s: float | None = None


USUAL = QueryOptions()

Finish = Callable[[PlanNode, EvalContext], Callable[[], Result]]
"""Evaluates a plan, and then makes the answer of its value: two parts, so that each is timed."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The answer of `text`, the doubts about it, and what it cost."""

    text: str
    result: Result
    annotations: Annotations
    statistics: Statistics

    def warnings(self) -> list[str]:
        """As the API shows them."""
        return self.annotations.rendered_warnings(self.text)

    def infos(self) -> list[str]:
        """As the API shows them."""
        return self.annotations.rendered_infos(self.text)


@dataclass(slots=True)
class Engine:
    """Answers queries over a store. Thread-safe."""

    storage: Queryable
    executor: Executor
    clock: Clock
    options: EngineOptions
    registry: CollectorRegistry | None = None
    """Where its metrics go; None: nowhere."""
    _metrics: EngineMetrics = field(init=False)
    _features: Features = field(init=False)
    _turns: threading.Semaphore = field(init=False)
    _remembered: Callable[[str], Prepared] = field(init=False)
    _no_symbols: Symbols = field(init=False, default_factory=Symbols)

    def __post_init__(self) -> None:
        self._remembered = lru_cache(REMEMBERED_QUERIES)(self._prepare)
        self._features = Features.from_names(self.options.features)
        self._turns = threading.Semaphore(self.options.max_concurrency)
        self._metrics = EngineMetrics(self.clock, self.options.max_concurrency, self.registry)

    def instant(
        self,
        tenant: TenantId,
        text: str,
        time_ms: int,
        options: QueryOptions = USUAL,
        cancellation: Cancellation | None = None,
    ) -> QueryResult:
        """The value of `text` at one moment. Raises ParseError and QueryError."""
        asked_s = self.clock.monotonic_s()
        prepared = self._prepared(text)
        query = QueryRange(time_ms, time_ms, 0)
        context = self._context(tenant, query, options, cancellation)
        range_vector = prepared.kind is ValueType.MATRIX
        finish = _range_vector_result if range_vector else _instant_result
        return self._answered(prepared, context, asked_s, finish)

    def range(  # noqa: PLR0913, PLR0917 - as the API hands them on
        self,
        tenant: TenantId,
        text: str,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        options: QueryOptions = USUAL,
        cancellation: Cancellation | None = None,
    ) -> QueryResult:
        """The value of `text` from start to end inclusive. Raises ParseError and QueryError."""
        asked_s = self.clock.monotonic_s()
        prepared = self._prepared(text)
        if prepared.kind not in (ValueType.SCALAR, ValueType.VECTOR):
            raise WrongResultType(prepared.kind.described)
        query = QueryRange(start_ms, end_ms, step_ms)
        context = self._context(tenant, query, options, cancellation)
        return self._answered(prepared, context, asked_s, _range_result)

    def _prepared(self, text: str) -> Prepared:
        if len(text) > REMEMBERED_TEXT_MAX:
            return self._prepare(text)
        return self._remembered(text)

    def _prepare(self, text: str) -> Prepared:
        with self.executor.python_lane():
            return prepare(parse(text, self.options.features), text)

    def _answered(
        self, prepared: Prepared, context: EvalContext, asked_s: float, finish: Finish
    ) -> QueryResult:
        now = self.clock.monotonic_s
        guard = context.guard
        with self._metrics.running(), self._turn(guard), np.errstate(all="ignore"):
            began_s = now()
            plan = prepared.settled(context.query)
            prepared_s = now()
            value = finish(plan, context)
            evaluated_s = now()
            with self.executor.python_lane():
                result = value()
            sorted_s = now()
        statistics = Statistics(
            queue_s=began_s - asked_s,
            preparation_s=prepared_s - began_s,
            evaluation_s=evaluated_s - prepared_s,
            sorting_s=sorted_s - evaluated_s,
            samples_read=guard.read,
            samples_seen=guard.seen,
            samples_peak=guard.peak,
        )
        self._metrics.answered(statistics)
        return QueryResult(prepared.text, result, context.annotations, statistics)

    def _context(
        self,
        tenant: TenantId,
        query: QueryRange,
        options: QueryOptions,
        cancellation: Cancellation | None,
    ) -> EvalContext:
        own = self.options
        timeout_s = own.timeout_s if options.timeout_s is None else options.timeout_s
        deadline_s = self.clock.monotonic_s() + min(timeout_s, own.timeout_s)
        return EvalContext(
            storage=self.storage,
            tenant=tenant,
            query=query,
            steps=query.steps(),
            lookback_ms=own.lookback_ms if options.lookback_ms is None else options.lookback_ms,
            default_subquery_step_ms=own.default_subquery_step_ms,
            executor=self.executor,
            symbols=ScratchSymbols(self._no_symbols),
            annotations=Annotations(),
            guard=Guard(self.clock, deadline_s, own.max_samples, cancellation or Cancellation()),
            features=self._features,
        )

    @contextmanager
    def _turn(self, guard: Guard) -> Iterator[None]:
        while not self._turns.acquire(timeout=QUEUE_CHECK_S):
            if guard.cancellation.cancelled:
                raise QueryCanceled("query queue")
            if self.clock.monotonic_s() >= guard.deadline_s:
                raise QueryTimeout("query queue")
        try:
            yield
        finally:
            self._turns.release()


def _instant_result(plan: PlanNode, context: EvalContext) -> Callable[[], Result]:
    value = evaluate(plan, context)
    return lambda: instant_answer(value, context)


def _range_vector_result(plan: PlanNode, context: EvalContext) -> Callable[[], Result]:
    windows = whole_windows(plan, context)
    return lambda: windows_answer(windows)


def _range_result(plan: PlanNode, context: EvalContext) -> Callable[[], Result]:
    value = evaluate(plan, context)
    return lambda: range_answer(value, context)
