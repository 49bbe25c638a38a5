"""`-expr`: the sign turned; a vector loses its name with it. `+expr` is the expression."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from narthex.model.histogram_sums import scaled
from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.names import without_name
from narthex.promql.execute.stream import Stream


def negated(vector: Stream, context: EvalContext) -> Stream:
    """Every value times -1."""
    return without_name(vector.map(_turned), context)


def _turned(frame: Frame) -> Frame:
    negative = replace(frame, values=-frame.values)
    if frame.histograms is None:
        return negative
    minus = np.full(len(frame.histograms), -1.0)
    return replace(negative, histograms=scaled(frame.histograms, minus))
