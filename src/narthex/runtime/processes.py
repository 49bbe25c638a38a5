"""The only place that starts processes of our own: where work holds the GIL from end to end."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def process_pool() -> ProcessPoolExecutor:
    """A process a core, each started afresh: nothing of this one's threads or locks is copied."""
    return ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn"))
