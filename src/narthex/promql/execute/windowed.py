"""A range vector on its way to the function that takes it: labels at once, windows by batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.promql.execute.frame import Frame, Windows
from narthex.promql.execute.stream import Stream


@dataclass(frozen=True, slots=True)
class WindowStream:
    """As `Stream`, of windows."""

    labels: LabelTable
    drop_name: NDArray[np.bool_]
    batches: tuple[slice, ...]
    produce: Callable[[slice], Windows]

    def rowwise(self, function: Callable[[Windows], Frame]) -> Stream:
        """The instant vectors that a rowwise function makes of the batches."""
        produce = self.produce
        return Stream(
            self.labels, self.drop_name, self.batches, lambda rows: function(produce(rows))
        )

    def whole(self) -> Windows:
        """All series in one batch."""
        return self.produce(slice(0, len(self.labels)))
