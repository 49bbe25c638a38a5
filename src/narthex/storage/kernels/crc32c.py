"""CRC-32C (Castagnoli) of bytes, sixteen a step through tables (Kounavis and Berry).

The tables are frozen into the machine code. Measured: see `benchmarks/micro/head.py`.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

POLYNOMIAL = 0x82F63B78
STEP = 16


def _tables() -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    tables = np.zeros((STEP, 256), np.uint32)
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        odd = (values & np.uint32(1)).astype(bool)
        values = np.where(odd, values >> np.uint32(1) ^ np.uint32(POLYNOMIAL), values >> 1)
    tables[0] = values
    for k in range(1, STEP):
        before = tables[k - 1]
        tables[k] = tables[0][before & np.uint32(0xFF)] ^ (before >> np.uint32(8))
    return tables.reshape(-1)


TABLES = _tables()


@kernel("uint32(const uint8[::1], int64, int64, uint32)")
def crc32c_of(data, start, end, before):
    """The CRC of `data[start:end]`, continued from `before` (0 at the start)."""
    crc = ~np.uint32(before)
    size = np.uint64(end)
    at = np.uint64(start)
    low = np.uint32(0xFF)
    while at + np.uint64(16) <= size:
        word = crc ^ (
            np.uint32(data[at])
            | np.uint32(data[at + np.uint64(1)]) << np.uint32(8)
            | np.uint32(data[at + np.uint64(2)]) << np.uint32(16)
            | np.uint32(data[at + np.uint64(3)]) << np.uint32(24)
        )
        crc = (
            TABLES[np.uint64(3840) + (word & low)]
            ^ TABLES[np.uint64(3584) + ((word >> np.uint32(8)) & low)]
            ^ TABLES[np.uint64(3328) + ((word >> np.uint32(16)) & low)]
            ^ TABLES[np.uint64(3072) + (word >> np.uint32(24))]
            ^ TABLES[np.uint64(2816) + data[at + np.uint64(4)]]
            ^ TABLES[np.uint64(2560) + data[at + np.uint64(5)]]
            ^ TABLES[np.uint64(2304) + data[at + np.uint64(6)]]
            ^ TABLES[np.uint64(2048) + data[at + np.uint64(7)]]
            ^ TABLES[np.uint64(1792) + data[at + np.uint64(8)]]
            ^ TABLES[np.uint64(1536) + data[at + np.uint64(9)]]
            ^ TABLES[np.uint64(1280) + data[at + np.uint64(10)]]
            ^ TABLES[np.uint64(1024) + data[at + np.uint64(11)]]
            ^ TABLES[np.uint64(768) + data[at + np.uint64(12)]]
            ^ TABLES[np.uint64(512) + data[at + np.uint64(13)]]
            ^ TABLES[np.uint64(256) + data[at + np.uint64(14)]]
            ^ TABLES[np.uint64(data[at + np.uint64(15)])]
        )
        at += np.uint64(16)
    while at < size:
        crc = (crc >> np.uint32(8)) ^ TABLES[np.uint64((crc ^ data[at]) & low)]
        at += np.uint64(1)
    return ~np.uint32(crc)
