"""What is the same at every step: evaluated at one of them and repeated."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from narthex.promql.execute.context import Scalar
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream, batches_of


def repeated_scalar(scalar: Scalar, steps: int) -> Scalar:
    """The one number at every step."""
    return np.full(steps, scalar[0])


def repeated(frame: Frame, steps: int) -> Stream:
    """The one cell of each series at every step, batch by batch."""

    def repeat(rows: slice) -> Frame:
        some = frame.take(rows)
        kind = None if some.kind is None else np.repeat(some.kind, steps, axis=1)
        number = None if some.histogram is None else np.repeat(some.histogram, steps, axis=1)
        return replace(
            some, values=np.repeat(some.values, steps, axis=1), kind=kind, histogram=number
        )

    return Stream(frame.labels, frame.drop_name, batches_of(frame.series, steps), repeat)
