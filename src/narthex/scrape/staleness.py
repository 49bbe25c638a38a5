"""Which series a target no longer has: they get the stale marker, so that queries end them at once.

Series with timestamps of the target's own are not followed unless the job asks for it: their
samples may belong to the past, and a marker now would cut them off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Refs = NDArray[np.uint64]
NO_REFS: Refs = np.empty(0, np.uint64)
NO_REFS.flags.writeable = False


class StalenessTracker:
    """The series that the last scrape of a target showed: refs, ascending, each once."""

    def __init__(self) -> None:
        self._present = NO_REFS

    def vanished(self, present: Refs) -> Refs:
        """The refs of the last scrape that are not among `present`; a failed one shows none."""
        if self._present is present or self._present.size == 0:
            return NO_REFS
        return np.setdiff1d(self._present, present, assume_unique=True)

    def saw(self, present: Refs) -> None:
        """`present` is stored: it is what may vanish next."""
        self._present = present
