"""The checksum of every range of bytes that storage writes and can read alone: CRC-32C."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from narthex.storage.kernels.crc32c import crc32c_of

Bytes = bytes | bytearray | memoryview | NDArray[np.uint8]


def crc32c(data: Bytes, before: int = 0) -> int:
    """CRC-32C of `data` (RFC 3720, B.4), continued from the CRC `before` of what precedes it."""
    array = data if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8)
    return int(crc32c_of(array, 0, array.size, before))
