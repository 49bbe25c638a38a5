"""A vector on its way: all its labels at once, its cells batch by batch.

Operators that look at one series at a time compose themselves onto a stream (`map`), and the whole
chain of a batch, from reading to the last of them, runs on one kernel thread. What needs all
series at once collects the stream. Labels come first, so grouping and matching are settled once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import FLOAT, Frame
from narthex.promql.execute.histogram_cells import below_each_other

Partial = TypeVar("Partial")

BATCH_VALUES = 1 << 20
"""Samples read and cells made by a batch, together: 8 MB, small beside what threads share."""


def batches_of(series: int, values_per_series: float) -> tuple[slice, ...]:
    """Consecutive slices of rows that keep a batch near `BATCH_VALUES`."""
    size = max(1, int(BATCH_VALUES / max(1.0, values_per_series)))
    return tuple(slice(at, min(at + size, series)) for at in range(0, series, size))


@dataclass(frozen=True, slots=True)
class Stream:
    """`produce(rows)` makes the frame of one of `batches`; it is called from any thread, and again
    when a stream is run again. Rows of the batches follow each other and cover `labels`."""

    labels: LabelTable
    drop_name: NDArray[np.bool_]
    batches: tuple[slice, ...]
    produce: Callable[[slice], Frame]

    @classmethod
    def of(cls, frame: Frame) -> Stream:
        """A frame that is there already."""
        batches = (slice(0, frame.series),) if frame.series else ()
        return cls(frame.labels, frame.drop_name, batches, lambda _: frame)

    def map(self, function: Callable[[Frame], Frame]) -> Stream:
        """The same series with cells made from theirs."""
        produce = self.produce
        return Stream(
            self.labels, self.drop_name, self.batches, lambda rows: function(produce(rows))
        )

    def named(self, labels: LabelTable, drop_name: NDArray[np.bool_]) -> Stream:
        """The same cells under other labels."""
        produce = self.produce

        def renamed(rows: slice) -> Frame:
            return replace(produce(rows), labels=labels.take(rows), drop_name=drop_name[rows])

        return Stream(labels, drop_name, self.batches, renamed)

    def run(
        self, function: Callable[[slice, Frame], Partial], context: EvalContext
    ) -> Iterator[Partial]:
        """`function(rows, frame)` of every batch, in order, on kernel threads when several."""
        guard, produce = context.guard, self.produce

        def work(rows: slice) -> Partial:
            guard.check()
            # Threads do not inherit it: NaN and infinities are ordinary values here.
            with np.errstate(all="ignore"):
                frame = produce(rows)
                guard.hold(frame.values.size)
                answer = function(rows, frame)
                guard.release(frame.values.size)
            return answer

        if len(self.batches) == 1:
            return iter((work(self.batches[0]),))
        return context.executor.map(work, self.batches)

    def collect(self, context: EvalContext) -> Frame:
        """All series together. Batches are copied to their place as they come, then forgotten.

        The cells are counted as held before there is room for them, until the operator that needs
        them is done (`Guard.settle`). Raises TooManySamples.
        """
        shape = (len(self.labels), context.steps.count)
        context.guard.hold(shape[0] * shape[1])
        if len(self.batches) == 1:
            return next(self.run(lambda _, frame: frame, context))
        values = np.empty(shape)
        kind: NDArray[np.uint8] | None = None
        native: list[tuple[slice, Frame]] = []
        for rows, frame in self.run(lambda rows, frame: (rows, frame), context):
            values[rows] = frame.values
            if frame.kind is not None and kind is None:
                kind = np.full(shape, FLOAT, np.uint8)
            if frame.kind is not None and kind is not None:
                kind[rows] = frame.kind
            if frame.histograms is not None:
                native.append((rows, frame))
        whole = Frame(self.labels, values, kind, self.drop_name)
        return below_each_other(whole, native) if native else whole
