"""The `*_over_time` functions where histograms are among the samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from narthex.model.histogram_columns import Histograms
from narthex.model.histogram_sums import BOUNDS_RECONCILED, HINT_COLLISION, MIXED, Combined, Lists
from narthex.promql.execute import histogram_doubts as doubts
from narthex.promql.execute.context import EvalContext, Scalar
from narthex.promql.execute.frame import ABSENT, FLOAT, HISTOGRAM, Frame, Windows
from narthex.promql.execute.functions.calling import MixedEvaluation, RangeEvaluation
from narthex.promql.execute.functions.mixed import Doubts, Mixed, Spans, rows_with
from narthex.promql.execute.histogram_cells import with_histograms
from narthex.promql.syntax.nodes import Call

Reduce = Callable[[Histograms, Lists], Combined]


def every_sample(evaluate: RangeEvaluation) -> MixedEvaluation:
    """A function that only asks when samples were, whatever they are."""
    return lambda mixed, *arguments: evaluate(mixed.whole, *arguments)


def floats_alone(evaluate: RangeEvaluation) -> MixedEvaluation:
    """A function of floats: histograms are left out, which is told where floats were beside."""

    def evaluate_floats(
        mixed: Mixed, scalars: Sequence[Scalar], call: Call, context: EvalContext
    ) -> Frame:
        told = Doubts(mixed.whole, call, context)
        told.inform(doubts.ignored_in_range, rows_with(mixed.both))
        return evaluate(mixed.floats, scalars, call, context)

    return evaluate_floats


def first_sample(
    mixed: Mixed, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
) -> Frame:
    """The oldest of each window."""
    windows = mixed.whole
    return _edge(windows, windows.lower)


def last_sample(
    mixed: Mixed, _scalars: Sequence[Scalar], _call: Call, _context: EvalContext
) -> Frame:
    """The newest of each window."""
    windows = mixed.whole
    return _edge(windows, windows.upper - 1)


def _edge(windows: Windows, place: np.ndarray) -> Frame:
    columns, line = windows.columns, windows.timeline
    assert columns.histogram is not None
    present = (windows.upper > windows.lower)[line]
    at = np.where(present, columns.starts[:-1, None] + place[line], 0)
    histogram = np.where(present, columns.histogram[at], np.int32(-1))
    floats = np.where(present, np.uint8(FLOAT), np.uint8(ABSENT))
    kind = np.where(histogram >= 0, np.uint8(HISTOGRAM), floats)
    values = np.where(present, columns.values[at], 0.0)
    return Frame(
        windows.labels,
        values,
        kind,
        windows.drop_name,
        histogram=histogram,
        histograms=columns.histograms,
    )


def reduced(evaluate: RangeEvaluation, reduce: Reduce) -> MixedEvaluation:
    """A sum or mean: `reduce` for histograms, nothing where floats are beside them."""

    def evaluate_mixed(
        mixed: Mixed, scalars: Sequence[Scalar], call: Call, context: EvalContext
    ) -> Frame:
        told = Doubts(mixed.whole, call, context)
        told.warn(doubts.mixed_samples, rows_with(mixed.both))
        apart = mixed.apart()
        floats = evaluate(apart.floats, scalars, call, context)
        spans = Spans.of(apart.histograms, 1)
        combined = reduce(spans.histograms, spans.lists())
        _tell(combined, spans, told)
        kept = combined.usable
        return with_histograms(
            floats, spans.row[kept], spans.step[kept], combined.histograms.take(kept)
        )

    return evaluate_mixed


def _tell(combined: Combined, spans: Spans, told: Doubts) -> None:
    status = combined.status
    told.warn(doubts.mixed_buckets, spans.row[(status & MIXED) != 0])
    told.warn_where(doubts.resets_collide(doubts.AGGREGATION), (status & HINT_COLLISION) != 0)
    told.inform_where(
        doubts.bounds_reconciled(doubts.AGGREGATION), (status & BOUNDS_RECONCILED) != 0
    )
