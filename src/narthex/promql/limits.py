"""What a query may use: time, samples held at once, and the right to go on at all.

One `Guard` a query. It is asked between batches, so a query stops within one batch of being told
to. Samples are counted as they are held, not as they are read: what an operator has handed on and
forgotten is given back.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from narthex.promql.errors import QueryCanceled, QueryTimeout, TooManySamples
from narthex.runtime.clock import Clock


class Cancellation:
    """The right of one query to go on; taken away once, from any thread."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """Stop the query at its next batch."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was told to stop."""
        return self._cancelled.is_set()


@dataclass(slots=True)
class Guard:
    """The limits of one query and how near it is to them. Counting is safe from any thread.

    `deadline_s` is monotonic. `read` counts samples read from storage, `seen` those that steps and
    windows looked at (a sample counts in each), `held` those in memory now, `peak` the most that
    were held at once.
    """

    clock: Clock
    deadline_s: float
    samples_max: int
    cancellation: Cancellation
    read: int = 0
    seen: int = 0
    held: int = 0
    peak: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def check(self) -> None:
        """Raise QueryCanceled or QueryTimeout when the query must stop."""
        if self.cancellation.cancelled:
            raise QueryCanceled
        if self.clock.monotonic_s() >= self.deadline_s:
            raise QueryTimeout

    def count_read(self, read: int, seen: int) -> None:
        """Samples that a selector read, and how often steps looked at one."""
        with self._counting:
            self.read += read
            self.seen += seen

    def hold(self, samples: int) -> None:
        """Samples now in memory. Raises TooManySamples past the limit."""
        with self._counting:
            self.held += samples
            self.peak = max(self.peak, self.held)
            if self.held > self.samples_max:
                raise TooManySamples(self.held, self.samples_max)

    def require_room(self, samples: int) -> None:
        """Raise TooManySamples if these many more could not be held, before anything is made."""
        if self.held + samples > self.samples_max:
            raise TooManySamples(self.held + samples, self.samples_max)

    def settle(self, before: int, samples: int) -> None:
        """An operator is done: of all it held since `before`, its answer's `samples` remain."""
        with self._counting:
            self.held = before
        self.hold(samples)

    def release(self, samples: int) -> None:
        """Samples no longer in memory."""
        with self._counting:
            self.held -= samples
