"""What is the same at every step: evaluated at one of them and repeated."""

from __future__ import annotations

import numpy as np

from narthex.promql.execute.context import Scalar
from narthex.promql.execute.frame import Frame
from narthex.promql.execute.stream import Stream


def repeated_scalar(scalar: Scalar, steps: int) -> Scalar:
    """The one number at every step."""
    return np.full(steps, scalar[0])


def repeated(stream: Stream, steps: int) -> Stream:
    """The one cell of each series at every step."""

    def repeat(frame: Frame) -> Frame:
        kind = None if frame.kind is None else np.repeat(frame.kind, steps, axis=1)
        return frame.with_values(np.repeat(frame.values, steps, axis=1), kind)

    return stream.map(repeat)
