"""Operators that need all series at once are split over steps instead."""

from __future__ import annotations

from collections.abc import Callable

from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.frame import Frame

CELLS_PER_RANGE = 1 << 18
LINE = 8
"""Float64 in a cache line: ranges begin at whole lines, so that no two threads write to one."""


def over_steps(work: Callable[[int, int], None], frame: Frame, context: EvalContext) -> None:
    """Call `work(start, end)` for ranges that cover all steps, on kernel threads when several."""
    steps = frame.steps
    size = max(LINE, CELLS_PER_RANGE // max(1, frame.series) // LINE * LINE)
    if steps <= size:
        work(0, steps)
        return

    def checked(start: int) -> None:
        context.guard.check()
        work(start, min(start + size, steps))

    for _ in context.executor.map(checked, range(0, steps, size)):
        pass
