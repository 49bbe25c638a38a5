"""The open blocks of one shard: found at a start, added by compaction, removed by retention.

Readers take the tuple of blocks of one moment. A block that was removed loses its name at once;
its files stay open for those who still read it, and are released after a grace far beyond any
query.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from narthex.model.symbols import Symbols
from narthex.runtime.clock import Clock
from narthex.runtime.filesystem import FileSystem
from narthex.storage.block.folder import delete_block, recover_blocks
from narthex.storage.block.meta import is_ulid
from narthex.storage.block.reader import CACHE_BYTES, BlockReader
from narthex.storage.errors import Corruption
from narthex.storage.index.sections import ByteCache
from narthex.telemetry.log import Logger

GRACE_S = 900.0


class BlockSet:
    """Open blocks, oldest first."""

    def __init__(
        self, folder: Path, filesystem: FileSystem, symbols: Symbols, clock: Clock, log: Logger
    ) -> None:
        """Open every block in `folder`; one that is damaged is left aside, untouched, and named."""
        self.folder = folder
        self._filesystem = filesystem
        self._symbols = symbols
        self._clock = clock
        self._log = log
        self._cache = ByteCache(CACHE_BYTES)
        self._changing = threading.Lock()
        self._retired: list[tuple[float, BlockReader]] = []
        self._blocks: tuple[BlockReader, ...] = ()
        filesystem.make_directory(folder)
        self._open_all()

    def _open_all(self) -> None:
        found = recover_blocks(self.folder, self._filesystem)
        self.damaged = found.damaged
        opened = []
        for meta in found.blocks:
            try:
                opened.append(self._open(meta.ulid))
            except Corruption as error:
                self.damaged.append(error)
        for corruption in self.damaged:
            self._log.error("block left aside", err=str(corruption))
        self._blocks = _in_order(opened)
        shown = {block.meta.ulid for block in opened}
        self._aside = set(self._filesystem.list(self.folder)) - shown

    def _open(self, ulid: str) -> BlockReader:
        return BlockReader.open(self.folder / ulid, self._filesystem, self._symbols, self._cache)

    @property
    def all(self) -> tuple[BlockReader, ...]:
        """The blocks of this moment, oldest first, of equal range the newest last."""
        return self._blocks

    def between(self, start_ms: int, end_ms: int) -> list[BlockReader]:
        """Those whose range meets [start, end]."""
        return [block for block in self._blocks if block.meta.overlaps(start_ms, end_ms)]

    @property
    def size_bytes(self) -> int:
        """Bytes of all blocks."""
        return sum(block.meta.stats.bytes for block in self._blocks)

    def add(self, ulid: str) -> None:
        """Open a block that was just written. Raises Corruption, OSError."""
        self.replace((), [ulid])

    def replace(self, gone: Sequence[str], new: Sequence[str]) -> None:
        """Show `new` blocks instead of those `gone`, in one step, and remove these from disk."""
        opened = [self._open(ulid) for ulid in new]
        with self._changing:
            removed = [block for block in self._blocks if block.meta.ulid in gone]
            kept = [block for block in self._blocks if block.meta.ulid not in gone]
            self._blocks = _in_order([*kept, *opened])
            now_s = self._clock.monotonic_s()
            self._retired += [(now_s + GRACE_S, block) for block in removed]
        for block in removed:
            delete_block(self.folder, block.meta.ulid, self._filesystem)

    def adopt_new(self) -> None:
        """Show blocks that another program put into the folder since (`create-blocks-from`).

        A damaged one is left aside and named once. Raises OSError.
        """
        known = {block.meta.ulid for block in self._blocks} | self._aside
        for name in self._filesystem.list(self.folder):
            if not is_ulid(name) or name in known:
                continue
            try:
                self.add(name)
            except (Corruption, FileNotFoundError) as error:
                self._aside.add(name)
                self._log.error("block left aside", err=str(error))
            else:
                self._log.info("block found", ulid=name)

    def remove(self, ulids: Sequence[str]) -> None:
        """Remove blocks."""
        self.replace(ulids, ())

    def release_retired(self) -> None:
        """Close the files of blocks that were removed a while ago."""
        now_s = self._clock.monotonic_s()
        with self._changing:
            due = [block for at_s, block in self._retired if at_s <= now_s]
            self._retired = [item for item in self._retired if item[0] > now_s]
        for block in due:
            block.close()

    def close(self) -> None:
        """Release all files."""
        for block in (*self._blocks, *(block for _, block in self._retired)):
            block.close()
        self._blocks = ()
        self._retired = []


def _in_order(blocks: Sequence[BlockReader]) -> tuple[BlockReader, ...]:
    return tuple(sorted(blocks, key=lambda b: (b.meta.min_time_ms, b.meta.ulid)))
