"""When a scrape is due and which time its samples get.

Ticks follow the monotonic clock, timestamps the wall clock. Timestamps that are almost on the
grid of the interval are put on it: equal steps compress better, and functions over ranges see the
same number of samples in every window.
"""

from __future__ import annotations

TOLERANCE_MS = 2.0
"""How far a scrape may be off its grid and still be put on it, as in Prometheus."""

TOLERANCE_SHARE = 0.01
"""The same as a share of the interval; the smaller of the two holds."""

BEAT_MS = 100
"""Targets whose places are in the same tenth of a second are scraped together. Measured: ten
scrapes at one waking cost half of ten wakings, since code and data are still in the caches."""


class TimestampGrid:
    """The timestamps of one target: the wall clock, put on the grid where it is close to it.

    The grid is laid anew when the wall clock is set or drifts away from the monotonic one, so a
    clock that steps back gives earlier timestamps at once and never a frozen one.
    """

    def __init__(self, interval_ms: int) -> None:
        self._interval_ms = interval_ms
        self._tolerance_ms = min(interval_ms * TOLERANCE_SHARE, TOLERANCE_MS)
        self._anchor_ms: int | None = None
        self._skew_ms = 0.0

    def timestamp_ms(self, now_ms: int, monotonic_s: float) -> int:
        """The time for the samples of a scrape that starts now."""
        skew_ms = now_ms - monotonic_s * 1000
        # Wall time comes in whole milliseconds, so one of them may be rounding.
        if self._anchor_ms is None or abs(skew_ms - self._skew_ms) > self._tolerance_ms + 1:
            self._anchor_ms, self._skew_ms = now_ms, skew_ms
            return now_ms
        steps = round((now_ms - self._anchor_ms) / self._interval_ms)
        on_grid_ms = self._anchor_ms + steps * self._interval_ms
        return on_grid_ms if abs(now_ms - on_grid_ms) <= self._tolerance_ms else now_ms


def first_wait_ms(interval_ms: int, target_hash: int, seed: int, now_ms: int) -> int:
    """How long a target waits for its first scrape: its own place in the interval.

    The place depends on the target and on the server's seed alone, so a restart keeps it, two
    servers of a pair differ, and the targets of a job are spread evenly over the beats.
    """
    place_ms = (target_hash ^ seed) % interval_ms
    place_ms -= place_ms % BEAT_MS
    return (place_ms - now_ms) % interval_ms


def next_due_s(due_s: float, interval_s: float, monotonic_s: float) -> float:
    """The tick after the one of `due_s`; ticks that have passed meanwhile are left out."""
    missed = int((monotonic_s - due_s) // interval_s)
    return due_s + interval_s * (max(missed, 0) + 1)
