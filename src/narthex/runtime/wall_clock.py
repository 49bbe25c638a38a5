"""Notices that the wall clock was set, or that the machine slept.

Nothing depends on it: intervals are measured by monotonic time, and storage judges each sample's
time. An operator who looks at a gap in a graph wants the line in the log.
"""

from __future__ import annotations

STEP_MS_MIN = 2_000
"""Smaller differences are how clocks are disciplined and how late a busy process looks."""


class WallClockWatch:
    """Compares wall time with monotonic time from look to look."""

    def __init__(self, now_ms: int, monotonic_s: float) -> None:
        self._ahead_ms = now_ms - monotonic_s * 1000

    def step_ms(self, now_ms: int, monotonic_s: float) -> int:
        """How far the wall clock ran away from monotonic time since the last look; 0 if little.

        Negative when it was set back.
        """
        ahead_ms = now_ms - monotonic_s * 1000
        step_ms = round(ahead_ms - self._ahead_ms)
        self._ahead_ms = ahead_ms
        return step_ms if abs(step_ms) >= STEP_MS_MIN else 0
