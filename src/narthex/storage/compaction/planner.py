"""Which blocks to merge next. Pure: metas in, metas out.

Levelled as Prometheus does it: ranges of 2 h, 6 h, 18 h, ... aligned to the epoch, each three of
the one below. A range is merged once all its time has passed into blocks; overlapping blocks
(imports, late samples) are merged whenever there are any.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from narthex.storage.block.meta import BlockMeta

LEVELS = 10
STEP = 3
RANGE_MAX_MS = 31 * 24 * 60 * 60 * 1000


def compaction_ranges(block_ms: int, retention_ms: int = 0) -> list[int]:
    """Ranges that blocks grow through: `block_ms` * 3^n, up to 31 days and a tenth of retention.

    A block much longer than that would keep samples far beyond `retention_ms` (0: for ever).
    """
    limit = min(RANGE_MAX_MS, retention_ms // 10) if retention_ms else RANGE_MAX_MS
    ranges = [block_ms * STEP**level for level in range(LEVELS)]
    return [length for length in ranges if length <= max(limit, block_ms)]


def next_merge(blocks: Sequence[BlockMeta], ranges_ms: Sequence[int]) -> list[BlockMeta]:
    """The blocks to merge into one now, by time; empty when there is nothing to do."""
    ordered = sorted(blocks, key=lambda block: (block.min_time_ms, block.max_time_ms))
    return _overlapping(ordered) or _full_range(ordered, ranges_ms)


def _overlapping(ordered: Sequence[BlockMeta]) -> list[BlockMeta]:
    group: list[BlockMeta] = []
    end_ms = 0
    for block in ordered:
        if group and block.min_time_ms < end_ms:
            group.append(block)
        elif len(group) > 1:
            break
        else:
            group = [block]
        end_ms = max(end_ms, block.max_time_ms) if len(group) > 1 else block.max_time_ms
    return group if len(group) > 1 else []


def _full_range(ordered: Sequence[BlockMeta], ranges_ms: Sequence[int]) -> list[BlockMeta]:
    # The newest block is left alone: what it would be merged with may still be on its way.
    settled = ordered[:-1]
    if not settled:
        return []
    newest_start_ms = ordered[-1].min_time_ms
    for _, length in pairwise(ranges_ms):
        for part in _aligned(settled, length):
            start, end = part[0].min_time_ms, part[-1].max_time_ms
            range_end = (start // length + 1) * length
            if len(part) > 1 and (end - start == length or range_end <= newest_start_ms):
                return part
    return []


def _aligned(ordered: Sequence[BlockMeta], length: int) -> list[list[BlockMeta]]:
    """Blocks by the range of `length` that holds them whole; others are left out."""
    parts: dict[int, list[BlockMeta]] = {}
    for block in ordered:
        number = block.min_time_ms // length
        if block.max_time_ms <= (number + 1) * length:
            parts.setdefault(number, []).append(block)
    return list(parts.values())
