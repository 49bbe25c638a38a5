"""The folder that holds a TSDB's blocks: what is there after a start, and how a block leaves it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from narthex.runtime.filesystem import FileSystem
from narthex.storage.block.meta import TEMPORARY_SUFFIX, BlockMeta, is_ulid, read_meta
from narthex.storage.block.verify import verify_block
from narthex.storage.errors import Corruption


@dataclass(frozen=True, slots=True)
class FoundBlocks:
    """Whole blocks by time, and the damaged ones, which were left in place."""

    blocks: list[BlockMeta]
    damaged: list[Corruption]


def recover_blocks(folder: Path, filesystem: FileSystem) -> FoundBlocks:
    """Finish what a crash interrupted, and return the metas of all blocks.

    Removes folders that were never finished or whose removal was, and blocks that were merged
    into another one, once that one was read whole: a damaged merge is set aside and its sources
    stay. Nothing else may be writing below `folder`. Raises OSError.
    """
    blocks, damaged = [], []
    for name in filesystem.list(folder):
        if name.endswith(TEMPORARY_SUFFIX) and is_ulid(name.removesuffix(TEMPORARY_SUFFIX)):
            filesystem.remove_tree(folder / name)
        elif is_ulid(name):
            try:
                blocks.append(read_meta(folder / name, filesystem))
            except FileNotFoundError:
                damaged.append(Corruption(folder / name, 0, "a block without meta"))
            except Corruption as error:
                damaged.append(error)
    for merge in [block for block in blocks if obsolete(blocks, by=[block])]:
        try:
            verify_block(folder / merge.ulid, filesystem)
        except Corruption as error:
            damaged.append(error)
            blocks.remove(merge)
    merged = obsolete(blocks, by=blocks)
    for block in merged:
        delete_block(folder, block.ulid, filesystem)
    left = [block for block in blocks if block not in merged]
    return FoundBlocks(sorted(left, key=lambda block: block.min_time_ms), damaged)


def obsolete(blocks: Sequence[BlockMeta], by: Sequence[BlockMeta]) -> list[BlockMeta]:
    """Blocks whose samples are all in one of `by`: a crash came before they were removed."""
    return [
        block
        for block in blocks
        if any(
            other.level > block.level and set(block.sources) <= set(other.sources) for other in by
        )
    ]


def delete_block(folder: Path, ulid: str, filesystem: FileSystem) -> None:
    """Remove a block: gone at once, by a rename, so that a crash never leaves half of it."""
    condemned = folder / f"{ulid}{TEMPORARY_SUFFIX}"
    filesystem.remove_tree(condemned)
    filesystem.rename(folder / ulid, condemned)
    filesystem.sync_directory(folder)
    filesystem.remove_tree(condemned)
