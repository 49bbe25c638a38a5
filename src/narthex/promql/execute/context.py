"""What every operator is handed beside its node: where the samples are, and when to look.

A query has one `Query` (its storage, limits, symbols, annotations) and one or more moments: a
subquery or a step-invariant part is evaluated with the same query at steps of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.symbols import ScratchSymbols, Symbols
from narthex.model.tenant import TenantId
from narthex.promql.annotations import Annotation, Annotations
from narthex.promql.execute.frame import Frame, Steps
from narthex.promql.features import Features
from narthex.promql.limits import Guard
from narthex.promql.position import Span
from narthex.promql.steps import QueryRange
from narthex.promql.syntax.nodes import Expr
from narthex.runtime.executor import Executor
from narthex.storage.interface import Queryable

Scalar = NDArray[np.float64]
"""One number a step, float64[T]."""

Value = Frame | Scalar | str
"""What an expression evaluates to; range vectors are `Windows` and exist only as an argument."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a shared part of a query gave at some steps, and the doubts that came up with it."""

    value: Value
    span: Span
    warnings: tuple[Annotation, ...]
    infos: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True)
class EvalContext:
    """One query at some steps.

    `query` is what was asked for (`start()`, `end()`, `step()`, `range()`), `steps` the moments of
    this evaluation. `remembered` holds the shared parts
    that are done. `default_subquery_step_ms` gives the step of `[5m:]` for its range.
    `detects_resets`: unknown reset hints are made out as histograms are read.
    """

    storage: Queryable
    tenant: TenantId
    query: QueryRange
    steps: Steps
    lookback_ms: int
    default_subquery_step_ms: Callable[[int], int]
    executor: Executor
    symbols: ScratchSymbols
    annotations: Annotations
    guard: Guard
    features: Features
    remembered: dict[tuple[Expr, Steps, bool], Remembered] = field(default_factory=dict)
    detects_resets: bool = False

    def at(self, steps: Steps) -> EvalContext:
        """The same query at other moments."""
        return replace(self, steps=steps)

    def detecting_resets(self, wanted: bool) -> EvalContext:  # noqa: FBT001 - what it is set to
        """The same query, reset hints made out or not."""
        return self if wanted is self.detects_resets else replace(self, detects_resets=wanted)

    def start_ms(self) -> int:
        """`start()`: the first moment of the query."""
        return self.query.start_ms

    def end_ms(self) -> int:
        """`end()`: the end of the query's range, which may lie behind its last step."""
        return self.query.end_ms

    def constant(self, value: float) -> Scalar:
        """The same number at every step."""
        return np.full(self.steps.count, value)

    def adopt(self, table: LabelTable) -> LabelTable:
        """A table from storage, over the symbols of this query."""
        symbols = self.symbols
        if table.symbols is symbols:
            return table
        if len(symbols.base) <= 1 and isinstance(table.symbols, Symbols):
            symbols.base = table.symbols
        if table.symbols is symbols.base:
            columns = {name: symbols.adopt(ids) for name, ids in table.columns.items()}
        else:
            columns = {
                name: _translated(ids, table, symbols) for name, ids in table.columns.items()
            }
        return LabelTable(symbols, columns, table.size)


def _translated(
    ids: NDArray[np.int32], table: LabelTable, symbols: ScratchSymbols
) -> NDArray[np.int32]:
    distinct, at = np.unique(ids, return_inverse=True)
    known = np.array([symbols.intern(table.symbols.text(i)) for i in distinct.tolist()], np.int32)
    return known[at]
