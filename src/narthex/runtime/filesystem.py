"""The only place that opens, syncs and renames data files.

Storage is handed a `FileSystem`; tests hand it one that fails, cuts writes short, or forgets all
that was not synced. Durability is spelled out: bytes are durable after `sync`, a new or renamed
name after `sync_directory` of its folder. Files are read by range and never mapped: a bad sector
under a map would kill the process.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from pathlib import Path
from typing import Protocol


class AppendFile(Protocol):
    """A file that only grows, with one writer."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Hand all of `data` to the kernel, or raise OSError; part of it may then be written."""

    def sync(self) -> None:
        """Return once everything written so far survives a power cut."""

    def size(self) -> int:
        """Bytes in the file."""

    def truncate(self, size: int) -> None:
        """Cut the file to `size` bytes: the cure of a write that failed half way."""

    def close(self) -> None:
        """Release the file; does not sync."""


class RangeReader(Protocol):
    """Random reads of an immutable or growing file; safe from several threads."""

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes at `offset`, or fewer at the end of the file."""

    def size(self) -> int:
        """Bytes in the file now."""

    def close(self) -> None:
        """Release the file."""


class Lock(Protocol):
    """A file held by this process alone."""

    def close(self) -> None:
        """Let go of it; it goes with the process too."""


class FileSystem(Protocol):
    """What storage needs of a disk. Paths are absolute or relative to the process's folder."""

    def open_append(self, path: Path) -> AppendFile:
        """Open for appending; made when missing."""

    def open_range(self, path: Path) -> RangeReader:
        """Open for reading; FileNotFoundError when missing."""

    def read_file(self, path: Path) -> bytes:
        """The whole file."""

    def write_file(self, path: Path, data: bytes) -> None:
        """Replace `path` by a synced file of `data`: temporary name, sync, rename, sync folder."""

    def rename(self, source: Path, target: Path) -> None:
        """Rename a file or folder over `target`; durable after `sync_directory`."""

    def remove(self, path: Path) -> None:
        """Remove a file; no error when it is gone already."""

    def remove_tree(self, path: Path) -> None:
        """Remove a folder and all below it; no error when it is gone already."""

    def make_directory(self, path: Path) -> None:
        """Make a folder and its parents, durable on return; no error when it exists."""

    def sync_directory(self, path: Path) -> None:
        """Return once the names in this folder survive a power cut."""

    def list(self, path: Path) -> list[str]:
        """Names in a folder, sorted; empty when there is no such folder."""

    def exists(self, path: Path) -> bool:
        """Whether a file or folder of this name is there."""

    def size(self, path: Path) -> int:
        """Bytes of a file, or of all files below a folder."""

    def lock(self, path: Path) -> Lock:
        """Hold `path`, made when missing. Raises BlockingIOError when someone else does."""


class _Descriptor:
    """A file descriptor that is of no use once it is closed.

    The system soon gives its number to another file, which a late write or read must not meet.
    """

    def __init__(self, path: Path, flags: int) -> None:
        self._fd = os.open(path, flags | os.O_CLOEXEC, 0o644)

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        os.close(fd)


class OsAppendFile(_Descriptor):
    """An `AppendFile` on the operating system."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._size = os.fstat(self._fd).st_size

    def write(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data).cast("B")
        while rest:
            written = os.write(self._fd, rest)
            self._size += written
            rest = rest[written:]

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def size(self) -> int:
        return self._size

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)
        self._size = size


class OsRangeReader(_Descriptor):
    """A `RangeReader` by `pread`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, os.O_RDONLY)

    def read(self, offset: int, length: int) -> bytes:
        return os.pread(self._fd, length, offset)

    def size(self) -> int:
        return os.fstat(self._fd).st_size


class OsLock(_Descriptor):
    """A `Lock` by `flock`, so that it never outlives the process."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise


class OsFileSystem:
    """The machine's disk."""

    def open_append(self, path: Path) -> AppendFile:
        return OsAppendFile(path)

    def open_range(self, path: Path) -> RangeReader:
        return OsRangeReader(path)

    def read_file(self, path: Path) -> bytes:
        return path.read_bytes()

    def write_file(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(f"{path.name}.tmp")
        self.remove(temporary)
        file = self.open_append(temporary)
        try:
            file.write(data)
            file.sync()
        finally:
            file.close()
        self.rename(temporary, path)
        self.sync_directory(path.parent)

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def remove_tree(self, path: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)

    def make_directory(self, path: Path) -> None:
        made = [folder for folder in (path, *path.parents) if not folder.exists()]
        path.mkdir(parents=True, exist_ok=True)
        for folder in made:
            self.sync_directory(folder.parent)

    def sync_directory(self, path: Path) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def list(self, path: Path) -> list[str]:
        try:
            return sorted(entry.name for entry in path.iterdir())
        except FileNotFoundError:
            return []

    def exists(self, path: Path) -> bool:
        return path.exists()

    def size(self, path: Path) -> int:
        if path.is_file():
            return path.stat().st_size
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())

    def lock(self, path: Path) -> OsLock:
        return OsLock(path)
