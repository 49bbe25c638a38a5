"""Queries over a small store, asked of the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from narthex.model.tenant import TenantId
from narthex.promql.engine import Engine, EngineOptions, QueryResult
from narthex.promql.result import MatrixResult, ScalarResult, VectorResult
from narthex.runtime.clock import ManualClock
from narthex.runtime.executor import Executor
from tests.promql.memory_store import MemoryStore

TENANT = TenantId("default")
EXPERIMENTAL = frozenset({"promql-experimental-functions"})
DELAYED = EXPERIMENTAL | {"promql-delayed-name-removal"}


@dataclass
class Asking:
    """A store to fill and to ask."""

    store: MemoryStore
    engine: Engine

    def load(self, every_s: int, **series: str) -> None:
        """`load(15, up='1 2 _ 4')`: one value each `every_s` seconds, `_` for none."""
        for name, text in series.items():
            self.load_labelled(every_s, {"__name__": name}, text)

    def load_labelled(self, every_s: int, labels: dict[str, str], text: str) -> None:
        """As `load`, one series with labels."""
        values = enumerate(text.split())
        self.store.add(labels, [(i * every_s, float(v)) for i, v in values if v != "_"])

    def at(self, time_s: float, query: str) -> QueryResult:
        """An instant query."""
        return self.engine.instant(TENANT, query, int(time_s * 1000))

    def vector(self, time_s: float, query: str) -> dict[str, float]:
        """The instant vector of a query, by the text of its labels, in order."""
        result = self.at(time_s, query).result
        assert isinstance(result, VectorResult)
        return dict(zip(map(str, result.labels.to_labels()), result.values.tolist(), strict=True))

    def scalar(self, time_s: float, query: str) -> float:
        """The scalar of a query."""
        result = self.at(time_s, query).result
        assert isinstance(result, ScalarResult)
        return result.value

    def over(self, end_s: float, step_s: float, query: str) -> dict[str, list[float]]:
        """The samples of a range query from 0, by the text of their labels."""
        result = self.ranging(end_s, step_s, query).result
        assert isinstance(result, MatrixResult)
        samples = np.split(result.values, result.starts[1:-1])
        labels = map(str, result.labels.to_labels())
        return {label: values.tolist() for label, values in zip(labels, samples, strict=False)}

    def ranging(self, end_s: float, step_s: float, query: str) -> QueryResult:
        """A range query from 0."""
        return self.engine.range(TENANT, query, 0, int(end_s * 1000), int(step_s * 1000))


@contextmanager
def asking(features: frozenset[str] = DELAYED) -> Iterator[Asking]:
    """An empty store with an engine."""
    store, executor = MemoryStore(), Executor(jobs=1, kernels=1)
    options = EngineOptions(features=features)
    try:
        yield Asking(store, Engine(store, executor, ManualClock(), options))
    finally:
        executor.close()
