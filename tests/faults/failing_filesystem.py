"""A disk that fails at one chosen call: full, broken, or with half of a write done."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from narthex.runtime.filesystem import AppendFile
from narthex.runtime.filesystem_memory import InMemoryFileSystem

FAILURES = {"full": errno.ENOSPC, "broken": errno.EIO, "short": errno.ENOSPC}
CHANGING = {
    "open_append", "write_file", "rename", "remove", "remove_tree", "make_directory",
    "sync_directory", "write", "sync", "truncate",
}  # fmt: skip


class FailingFileSystem:
    """Passes calls on to `disk`; from call number `fails_at` on, `failures` of them fail.

    `short` writes half of the bytes before it fails.
    """

    def __init__(self, disk: InMemoryFileSystem) -> None:
        self.disk = disk
        self.calls = 0
        self.fails_at = -1
        self.failures = 0
        self.kind = "full"

    def arm(self, after: int, failures: int, kind: str) -> None:
        """Let `after` calls pass, then fail."""
        self.fails_at, self.failures, self.kind = self.calls + after, failures, kind

    def disarm(self) -> None:
        """No more failures; what is left of them is forgotten."""
        self.fails_at, self.failures = -1, 0

    def check(self, name: str) -> None:
        if name not in CHANGING:
            return
        self.calls += 1
        if 0 <= self.fails_at < self.calls and self.failures:
            self.failures -= 1
            number = FAILURES[self.kind]
            raise OSError(number, os.strerror(number), name)

    def open_append(self, path: Path) -> FailingFile:
        self.check("open_append")
        return FailingFile(self, self.disk.open_append(path))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self.disk, name)

        def checked(*arguments: Any) -> Any:
            self.check(name)
            return call(*arguments)

        return checked


class FailingFile:
    """An `AppendFile` on such a disk."""

    def __init__(self, filesystem: FailingFileSystem, file: AppendFile) -> None:
        self._filesystem = filesystem
        self._file = file

    def write(self, data: bytes | bytearray | memoryview) -> None:
        try:
            self._filesystem.check("write")
        except OSError:
            if self._filesystem.kind == "short":
                self._file.write(memoryview(data)[: len(data) // 2])
            raise
        self._file.write(data)

    def sync(self) -> None:
        self._filesystem.check("sync")
        self._file.sync()

    def truncate(self, size: int) -> None:
        self._filesystem.check("truncate")
        self._file.truncate(size)

    def size(self) -> int:
        return self._file.size()

    def close(self) -> None:
        self._file.close()
