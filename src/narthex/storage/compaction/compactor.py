"""Merges blocks into one; the caller swaps them in what it reads from and deletes the sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from narthex.runtime.filesystem import FileSystem
from narthex.storage.block.meta import BlockMeta
from narthex.storage.block.reader import BlockReader
from narthex.storage.block.writer import WINDOW_MS, write_block
from narthex.storage.interface import Selection

Merge = Callable[[Sequence[Selection]], Selection]
"""Several selections, oldest first, as one: at equal times the later one's sample wins."""


def compact(
    readers: Sequence[BlockReader],
    folder: Path,
    filesystem: FileSystem,
    *,
    ulid: str,
    merge: Merge,
) -> BlockMeta | None:
    """Write the samples of these blocks to the block `ulid`, one level above the highest of them.

    Returns None when there is no sample in them. The sources stay: whoever reads from them may go
    on; delete them with `block.folder.delete_block` afterwards. A crash in between is mended at the
    next start, since the new block names its sources. Raises Corruption, OSError.
    """
    metas = [reader.meta for reader in readers]
    start_ms = min(meta.min_time_ms for meta in metas)
    sources = sorted({source for meta in metas for source in meta.sources})
    return write_block(
        merge([reader.select_all() for reader in readers]),
        start_ms // WINDOW_MS * WINDOW_MS,
        max(meta.max_time_ms for meta in metas),
        folder,
        filesystem,
        ulid=ulid,
        level=1 + max(meta.level for meta in metas),
        sources=sources,
    )
