"""The two ways in which the engine calls a function.

Rows that come in as a `Frame` or `Windows` may be one batch of a longer stream: a function that
declares itself `rowwise` must not compare rows with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from narthex.promql.execute.context import EvalContext, Scalar, Value
from narthex.promql.execute.frame import Frame, Windows
from narthex.promql.execute.functions.mixed import Mixed
from narthex.promql.syntax.nodes import Call
from narthex.storage.interface import Want

RangeEvaluation = Callable[[Windows, Sequence[Scalar], Call, EvalContext], Frame]
"""(the range vector, the scalar arguments in order, the call, the query) -> an instant vector."""

MixedEvaluation = Callable[[Mixed, Sequence[Scalar], Call, EvalContext], Frame]
"""As `RangeEvaluation`, of windows that hold native histograms."""

VectorEvaluation = Callable[[Sequence[Value], Call, EvalContext], Value]
"""(all arguments given, in order, the call, the query) -> an instant vector or a scalar."""


@dataclass(frozen=True, slots=True)
class RangeFunction:
    """A function of a range vector, called with at least one scalar a step for each other argument.

    `rowwise`: row i of the answer comes from series i alone, with its labels and `drop_name` as
    they were; it is then called on kernel threads, batch by batch. A function that is not
    (`absent_over_time`) is called once with all series. `keeps_name`: the metric name stays
    (`last_over_time`). `evaluate` is given windows of floats alone, `of_mixed` those in whose batch
    are histograms. `want`: PRESENCE when values are not looked at (`count_over_time`).
    """

    evaluate: RangeEvaluation
    of_mixed: MixedEvaluation
    keeps_name: bool = False
    rowwise: bool = True
    want: Want = Want.VALUES

    def __call__(
        self, windows: Windows, scalars: Sequence[Scalar], call: Call, context: EvalContext
    ) -> Frame:
        """The answer for a batch, whatever its samples are."""
        if windows.columns.histogram is None:
            return self.evaluate(windows, scalars, call, context)
        return self.of_mixed(Mixed.of(windows), scalars, call, context)


@dataclass(frozen=True, slots=True)
class VectorFunction:
    """A function of instant vectors, scalars and strings.

    Arguments left out in the query are left out here: the function knows its defaults.
    `rowwise`: the first vector argument's rows are the answer's rows, each from itself alone.
    `keeps_name`: the engine leaves the metric name and `drop_name` as the function made them.
    `want`: PRESENCE when values of the vector are not looked at (`absent`).
    `evaluated_arguments`: only so many, the function reads the others from the call (`info`).
    """

    evaluate: VectorEvaluation
    keeps_name: bool = False
    rowwise: bool = False
    want: Want = Want.VALUES
    evaluated_arguments: int | None = None
