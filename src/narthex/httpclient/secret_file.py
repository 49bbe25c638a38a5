"""Secrets kept in files: read when first needed, and again when the file changes."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[int, int, int]


def stamp_of(path: str) -> Stamp:
    """What changes when a file is written or replaced: inode, time, size. Raises OSError."""
    about = Path(path).stat()
    return about.st_ino, about.st_mtime_ns, about.st_size


class SecretFile:
    """The text of one file without the white space around it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._stamp: Stamp | None = None
        self._text = ""

    def read(self) -> str:
        """The text as it is now. Raises OSError, and ValueError when it is no UTF-8."""
        stamp = stamp_of(self.path)
        if stamp != self._stamp:
            self._text = Path(self.path).read_text(encoding="utf-8").strip()
            self._stamp = stamp
        return self._text
