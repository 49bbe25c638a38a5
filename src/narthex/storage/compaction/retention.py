"""Which blocks to delete: by age, then by size. Pure; only whole blocks go, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence

from narthex.storage.block.meta import BlockMeta


def beyond_age(blocks: Sequence[BlockMeta], retention_ms: int, now_ms: int) -> list[BlockMeta]:
    """Blocks that end `retention_ms` or more before the newest block ends (0: none).

    Measured from the newest block, not from the clock: a server that was off for a month
    does not start by deleting its history. Nor does one block of a far future delete it: what is
    later than the clock counts as now.
    """
    if not retention_ms or not blocks:
        return []
    newest_ms = min(now_ms, max(block.max_time_ms for block in blocks))
    return [block for block in blocks if newest_ms - block.max_time_ms >= retention_ms]


def beyond_size(
    blocks: Sequence[BlockMeta], bytes_max: int, other_bytes: int = 0
) -> list[BlockMeta]:
    """The oldest blocks, without which the rest and `other_bytes` (log, head) fit (0: none)."""
    if not bytes_max:
        return []
    used, gone = other_bytes, []
    for block in sorted(blocks, key=lambda block: block.max_time_ms, reverse=True):
        used += block.stats.bytes
        if used > bytes_max:
            gone.append(block)
    return gone
