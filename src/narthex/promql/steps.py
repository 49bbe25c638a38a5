"""The range that a query asks for, and the moments at which it is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Steps:
    """The moments of evaluation: `start_ms + i * step_ms`, `count` of them (step 0 when one)."""

    start_ms: int
    step_ms: int
    count: int

    @classmethod
    def instant(cls, time_ms: int) -> Steps:
        """One moment."""
        return cls(time_ms, 0, 1)

    @classmethod
    def over(cls, start_ms: int, end_ms: int, step_ms: int) -> Steps:
        """From start to end inclusive."""
        return cls(start_ms, step_ms, (end_ms - start_ms) // step_ms + 1)

    @property
    def end_ms(self) -> int:
        """The last moment."""
        return self.start_ms + (self.count - 1) * self.step_ms

    def times_ms(self) -> NDArray[np.int64]:
        """All moments, int64[T]."""
        return self.start_ms + np.arange(self.count, dtype=np.int64) * self.step_ms


@dataclass(frozen=True, slots=True)
class QueryRange:
    """What was asked for: the last step may lie before `end_ms`. `step_ms` 0: one moment."""

    start_ms: int
    end_ms: int
    step_ms: int

    def steps(self) -> Steps:
        """The moments of evaluation."""
        if self.step_ms == 0:
            return Steps.instant(self.start_ms)
        return Steps.over(self.start_ms, self.end_ms, self.step_ms)
