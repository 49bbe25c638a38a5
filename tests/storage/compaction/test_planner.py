"""Which blocks are merged and which are deleted."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narthex.storage.block.folder import obsolete
from narthex.storage.block.meta import BlockMeta, BlockStats
from narthex.storage.compaction.planner import compaction_ranges, next_merge
from narthex.storage.compaction.retention import beyond_age, beyond_size

HOUR_MS = 3_600_000
RANGES = [2 * HOUR_MS, 6 * HOUR_MS, 18 * HOUR_MS]


def block(start_h: float, end_h: float, level: int = 1, name: str = "", size: int = 1) -> BlockMeta:
    name = name or f"{start_h}-{end_h}"
    return BlockMeta(
        name, int(start_h * HOUR_MS), int(end_h * HOUR_MS), BlockStats(1, 1, 1, size), 1, 1, level,
        (name,),
    )  # fmt: skip


def spans(blocks: list[BlockMeta]) -> list[tuple[float, float]]:
    return [(b.min_time_ms / HOUR_MS, b.max_time_ms / HOUR_MS) for b in blocks]


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([], []),
        ([(0, 2)], []),
        ([(0, 2), (2, 4)], []),
        # The range is full, but the newest block is never merged.
        ([(0, 2), (2, 4), (4, 6)], []),
        ([(0, 2), (2, 4), (4, 6), (6, 8)], [(0, 2), (2, 4), (4, 6)]),
        # A gap: the range lies behind the newest block, so nothing more will come.
        ([(0, 2), (4, 6), (6, 8)], [(0, 2), (4, 6)]),
        ([(0, 2), (6, 8)], []),
        # The lowest level first, and the oldest range of it.
        ([(0, 2), (2, 6), (6, 8), (8, 10), (10, 12), (12, 14)], [(0, 2), (2, 6)]),
        ([(0, 6), (6, 12), (12, 18), (18, 20)], [(0, 6), (6, 12), (12, 18)]),
        ([(0, 6), (6, 12), (12, 14), (14, 16)], []),
        # Overlaps come before everything, even with the newest.
        ([(0, 2), (2, 4), (4, 6), (5, 7)], [(4, 6), (5, 7)]),
        ([(0, 6), (0, 2), (4, 6), (6, 8), (8, 10)], [(0, 2), (0, 6), (4, 6)]),
        # A block that fits into no range is left alone.
        ([(1, 7), (8, 10), (12, 14)], []),
    ],
)
def test_the_next_merge(
    held: list[tuple[float, float]], expected: list[tuple[float, float]]
) -> None:
    assert spans(next_merge([block(*span) for span in held], RANGES)) == expected


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=12),
    st.integers(1, 4),
)
def test_merging_comes_to_an_end(held: list[tuple[int, int]], levels: int) -> None:
    """Each merge lessens the blocks, and at the end none overlap."""
    ranges = compaction_ranges(2 * HOUR_MS)[:levels]
    blocks = [block(start, start + length) for start, length in held]
    while chosen := next_merge(blocks, ranges):
        assert len(chosen) > 1
        for one in chosen:
            blocks.remove(one)
        start = min(b.min_time_ms for b in chosen) / HOUR_MS
        blocks.append(block(start, max(b.max_time_ms for b in chosen) / HOUR_MS))
    ordered = sorted(spans(blocks))
    assert all(a[1] <= b[0] for a, b in pairwise(ordered))


def test_ranges_stop_at_a_tenth_of_the_retention() -> None:
    day_ms = 24 * HOUR_MS
    assert [r // HOUR_MS for r in compaction_ranges(2 * HOUR_MS, 15 * day_ms)] == [2, 6, 18]
    assert compaction_ranges(2 * HOUR_MS, HOUR_MS) == [2 * HOUR_MS]
    assert compaction_ranges(2 * HOUR_MS)[-1] <= 31 * day_ms


def test_a_source_is_obsolete_once_it_was_merged() -> None:
    one, two, three = block(0, 2, name="1"), block(2, 4, name="2"), block(6, 8, name="3")
    merged = BlockMeta(
        "m", one.min_time_ms, two.max_time_ms, BlockStats(1, 1, 1, 1), 1, 1, 2, ("1", "2")
    )
    blocks = [one, two, three, merged]
    assert obsolete(blocks, by=blocks) == [one, two]
    assert not obsolete([one, two, three], by=[one, two, three])


def test_blocks_beyond_the_retention_go() -> None:
    blocks = [block(0, 2), block(2, 4), block(10, 12)]
    now_ms = 100 * HOUR_MS
    assert spans(beyond_age(blocks, 9 * HOUR_MS, now_ms)) == [(0, 2)]
    assert spans(beyond_age(blocks, 8 * HOUR_MS, now_ms)) == [(0, 2), (2, 4)]
    assert not beyond_age(blocks, 0, now_ms)
    assert not beyond_age([], HOUR_MS, now_ms)


def test_a_block_of_the_future_does_not_age_the_others() -> None:
    blocks = [block(0, 2), block(8, 10), block(90_000, 90_002)]
    assert spans(beyond_age(blocks, 8 * HOUR_MS, 11 * HOUR_MS)) == [(0, 2)]
    assert not beyond_age(blocks, 8 * HOUR_MS, -HOUR_MS), "a clock that was set back"


def test_the_oldest_blocks_go_when_there_are_too_many_bytes() -> None:
    blocks = [block(0, 2, size=50), block(2, 4, size=30), block(4, 6, size=10)]
    assert not beyond_size(blocks, 90)
    assert spans(beyond_size(blocks, 89)) == [(0, 2)]
    assert spans(beyond_size(blocks, 89, other_bytes=50)) == [(2, 4), (0, 2)]
    assert not beyond_size(blocks, 0)
