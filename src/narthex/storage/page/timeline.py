"""Timelines: the times that many series share, as differences of differences.

A block and the head keep each distinct vector of times once; a regular one costs a few bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.storage.page.kernels import read_timeline, write_timeline


def encode_timeline(times: NDArray[np.int64]) -> bytes:
    """`times` int64[k] in ms, strictly ascending, k >= 1. The reader must be told k."""
    buffer = np.empty(20 * (times.size + 1), np.uint8)
    return buffer[: write_timeline(times, 0, times.size, buffer)].tobytes()


def decode_timeline(data: bytes, count: int) -> NDArray[np.int64]:
    """The `count` times of one timeline. Raises ValueError when `data` is not exactly them."""
    times = np.empty(count, np.int64)
    array = np.frombuffer(data, np.uint8)
    if read_timeline(array, 0, count, times, 0) != array.size:
        raise ValueError(f"not a timeline of {count} times")
    return times
