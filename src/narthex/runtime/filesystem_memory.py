"""A disk in memory that knows what a power cut would leave.

Tests, and stores that need no disk, run the same code on it. Bytes survive `power_cut` up to the
last `sync` of their file, names if their folder was synced since they appeared; a file's first
sync does not keep its name.
"""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path, PurePath

Paths = list[PurePath]
Names = list[str]


class _Contents:
    """The bytes of one file: what is written, and how much of it is durable."""

    __slots__ = ("data", "durable")

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self.durable = b""


class InMemoryFileSystem:
    """A `FileSystem` over dictionaries; safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._files: dict[PurePath, _Contents] = {}
        self._folders: set[PurePath] = {PurePath("/")}
        self._durable_files: dict[PurePath, _Contents] = {}
        self._locks: set[PurePath] = set()

    def open_append(self, path: Path) -> MemoryAppendFile:
        with self._lock:
            self._require_folder(path)
            contents = self._files.setdefault(path, _Contents())
        return MemoryAppendFile(contents, self._lock)

    def open_range(self, path: Path) -> MemoryRangeReader:
        return MemoryRangeReader(self._contents(path), self._lock)

    def read_file(self, path: Path) -> bytes:
        with self._lock:
            return bytes(self._contents(path).data)

    def write_file(self, path: Path, data: bytes) -> None:
        with self._lock:
            self._require_folder(path)
            contents = _Contents(data)
            contents.durable = data
            self._files[path] = contents
            self._durable_files[path] = contents

    def rename(self, source: Path, target: Path) -> None:
        with self._lock:
            moved = self._below(source)
            if not moved and source not in self._folders:
                raise _missing(source)
            for path in self._below(target):
                del self._files[path]
            for path in moved:
                self._files[target / path.relative_to(source)] = self._files.pop(path)
            for folder in [f for f in self._folders if f == source or source in f.parents]:
                self._folders.discard(folder)
                self._folders.add(target / folder.relative_to(source))

    def remove(self, path: Path) -> None:
        with self._lock:
            self._files.pop(path, None)

    def remove_tree(self, path: Path) -> None:
        with self._lock:
            for file in self._below(path):
                del self._files[file]
            self._folders = {f for f in self._folders if f != path and path not in f.parents}

    def make_directory(self, path: Path) -> None:
        with self._lock:
            self._folders.update([path, *path.parents])

    def sync_directory(self, path: Path) -> None:
        with self._lock:
            gone = [p for p in self._durable_files if p.parent == path and p not in self._files]
            for file in gone:
                del self._durable_files[file]
            for file, contents in self._files.items():
                if path in file.parents:
                    self._durable_files[file] = contents

    def list(self, path: Path) -> Names:
        with self._lock:
            depth = len(path.parts)
            names = {p.parts[depth] for p in self._files if path in p.parents}
            names |= {f.parts[depth] for f in self._folders if path in f.parents}
            return sorted(names)

    def exists(self, path: Path) -> bool:
        with self._lock:
            return path in self._files or path in self._folders

    def size(self, path: Path) -> int:
        with self._lock:
            return sum(len(self._files[file].data) for file in self._below(path))

    def lock(self, path: Path) -> MemoryLock:
        with self._lock:
            self._require_folder(path)
            if path in self._locks:
                raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK), str(path))
            self._locks.add(path)
            self._files.setdefault(path, _Contents())
        return MemoryLock(self._locks, path)

    def release_locks(self) -> None:
        """What the end of a process does."""
        with self._lock:
            self._locks.clear()

    def power_cut(self) -> None:
        """Forget all that was not synced; open files of before are of no use any more."""
        with self._lock:
            self._locks.clear()
            self._files = {path: _Contents(c.durable) for path, c in self._durable_files.items()}
            for contents in self._files.values():
                contents.durable = bytes(contents.data)
            self._durable_files = dict(self._files)

    def _below(self, path: PurePath) -> Paths:
        return [file for file in self._files if file == path or path in file.parents]

    def _contents(self, path: Path) -> _Contents:
        with self._lock:
            if path not in self._files:
                raise _missing(path)
            return self._files[path]

    def _require_folder(self, path: Path) -> None:
        if path.parent not in self._folders:
            raise _missing(path)


class MemoryAppendFile:
    """An `AppendFile` in memory."""

    def __init__(self, contents: _Contents, lock: threading.RLock) -> None:
        self._contents = contents
        self._lock = lock

    def write(self, data: bytes | bytearray | memoryview) -> None:
        with self._lock:
            self._contents.data += data

    def sync(self) -> None:
        with self._lock:
            self._contents.durable = bytes(self._contents.data)

    def size(self) -> int:
        return len(self._contents.data)

    def truncate(self, size: int) -> None:
        with self._lock:
            del self._contents.data[size:]

    def close(self) -> None:
        pass


class MemoryRangeReader:
    """A `RangeReader` in memory."""

    def __init__(self, contents: _Contents, lock: threading.RLock) -> None:
        self._contents = contents
        self._lock = lock

    def read(self, offset: int, length: int) -> bytes:
        with self._lock:
            return bytes(self._contents.data[offset : offset + length])

    def size(self) -> int:
        return len(self._contents.data)

    def close(self) -> None:
        pass


class MemoryLock:
    """A `Lock` in memory."""

    def __init__(self, held: set[PurePath], path: PurePath) -> None:
        self._held = held
        self._path = path

    def close(self) -> None:
        self._held.discard(self._path)


def _missing(path: PurePath) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
