"""What can go wrong in storage.

StorageError
├── Corruption        bytes on disk are not what was written (path, offset, reason)
├── DataFolderInUse   another process holds the folder's lock
├── ForeignData       the folder holds another program's data
└── StorageClosed     the call came after `close`
"""

from __future__ import annotations

from pathlib import Path


class StorageError(Exception):
    """Root of all errors of this room."""


class Corruption(StorageError, ValueError):
    """Bytes on disk fail their checksum or cannot be what their place says they are."""

    def __init__(self, path: Path, offset: int, reason: str) -> None:
        super().__init__(f"{path}: corrupt at byte {offset}: {reason}")
        self.path, self.offset, self.reason = path, offset, reason


class DataFolderInUse(StorageError, OSError):
    """Another process writes to this data folder."""


class ForeignData(StorageError):
    """The data folder holds blocks of another program; nothing was touched."""


class StorageClosed(StorageError):
    """The store was closed."""
