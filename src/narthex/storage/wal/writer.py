"""The end of the log that grows: one write for each commit, a sync for all of them now and then.

Every segment is self-contained: a layout's names are written again at its first use there. A write
that fails leaves no trace, in the file or here, so that the next commit finds the log as it was.
"""

from __future__ import annotations

import contextlib
import errno
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from narthex.runtime.filesystem import AppendFile, FileSystem
from narthex.runtime.rng import process_seed
from narthex.storage.errors import StorageClosed
from narthex.storage.interface import Position
from narthex.storage.wal.record import (
    DELTA_ROW,
    LAYOUT_KIND,
    VALUES_KIND,
    LayoutRecord,
    LooseSamples,
    Part,
    RowSamples,
    Shape,
    delta_row,
    encode_layout,
    encode_values,
    full_row,
    loose,
    sparse_row,
)
from narthex.storage.wal.segment import (
    SEGMENT_HEADER_BYTES,
    encode_header,
    frame,
    salt_checksum,
    segment_path,
)

SEGMENT_BYTES = 32 << 20
VALUES_PER_LAYOUT_BYTE = 4
"""A segment is kept open until its values outweigh the names that it had to repeat."""
DELTA_ROWS_MAX = 63
"""How many rows may hang on one full row."""

_NEVER = -(2**63)
_WHOLE = 2**63 - 1
"""An offset behind every record of a segment."""


@dataclass(frozen=True, slots=True)
class WalOptions:
    """How a log is written; `on_sync` hears how long each sync of a file took, in seconds."""

    segment_bytes: int = SEGMENT_BYTES
    new_salt: Callable[[], int] = process_seed
    on_sync: Callable[[float], object] = float
    monotonic_s: Callable[[], float] = float


class LoggedLayout(Protocol):
    """What the log asks of a layout."""

    @property
    def shape(self) -> Shape:
        """Its number, columns and content hash now."""

    def record(self, first: int) -> LayoutRecord:
        """The names of its columns from `first` on."""


@dataclass(frozen=True, slots=True)
class RowEntry:
    """A new row; `before` is the layout's row before it, when that is at hand and as complete."""

    layout: LoggedLayout
    row: RowSamples
    before: RowSamples | None


@dataclass(frozen=True, slots=True)
class LooseEntry:
    """Samples of one layout that do not lie on a row."""

    layout: LoggedLayout
    samples: LooseSamples


Entry = RowEntry | LooseEntry


@dataclass(slots=True)
class _Known:
    """What the present segment holds of one layout."""

    columns: int
    last_row_ms: int = _NEVER
    deltas: int = 0


@dataclass(slots=True)
class _Segment:
    """The segment being written; `end` is that of its last whole record."""

    number: int
    file: AppendFile
    salt_crc: int
    end: int = SEGMENT_HEADER_BYTES
    layout_bytes: int = 0
    newest_ms: int = _NEVER
    layouts: dict[int, _Known] = field(default_factory=dict)


class WalWriter:
    """Appends commits to the last segment. `commit` is called by one thread at a time."""

    def __init__(
        self,
        folder: Path,
        filesystem: FileSystem,
        older: Mapping[int, int],
        options: WalOptions = WalOptions(),
    ) -> None:
        """Go on in `folder` with a new segment; `older` maps those there to their newest ms."""
        self._folder = folder
        self._filesystem = filesystem
        self._options = options
        self._next_number = max(older, default=0) + 1
        self._current: _Segment | None = None
        self._newest_ms = dict(older)
        self._sizes = {
            number: filesystem.size(segment_path(folder, number)) for number in self._newest_ms
        }
        self._syncing = threading.Lock()
        # What a process that was killed left is in the kernel; the first sync makes it durable.
        self._unsynced = {n: filesystem.open_append(segment_path(folder, n)) for n in sorted(older)}
        self._name_unsynced = bool(older)
        self._durable = Position(0, 0)
        self._distrusted = 0
        self._given_up: dict[int, AppendFile] = {}
        self._lost: list[tuple[Position, Position]] = []
        self._closed = False
        filesystem.make_directory(folder)

    @property
    def segment_number(self) -> int:
        """The segment that the next record goes to."""
        next_number, segment = self._next_number, self._current
        return segment.number if segment else next_number

    @property
    def position(self) -> Position:
        """The end of the log."""
        segment = self._current
        if segment is None:
            return Position(self._next_number, 0)
        return Position(segment.number, segment.end)

    @property
    def size_bytes(self) -> int:
        """Bytes of all segments."""
        segment = self._current
        return sum(list(self._sizes.values())) + (segment.end if segment else 0)

    def commit(self, entries: Sequence[Entry]) -> Position:
        """Write one commit, in the kernel on return.

        Raises OSError: then nothing is there; StorageClosed.
        """
        if self._closed:
            raise StorageClosed(f"{self._folder} was closed")
        segment = self._current
        if segment is None or segment.number <= self._distrusted or self._is_full(segment):
            segment = self._open_next()
        payloads, layout_bytes = self._layouts_missing(segment, entries)
        parts = [_part(segment, entry) for entry in entries]
        payloads.append((VALUES_KIND, encode_values(parts)))
        self._write(segment, payloads)
        segment.layout_bytes += layout_bytes
        for entry, part in zip(entries, parts, strict=True):
            _note(segment, entry, part)
        return Position(segment.number, segment.end)

    def _is_full(self, segment: _Segment) -> bool:
        values = segment.end - segment.layout_bytes
        return segment.end >= self._options.segment_bytes and values >= (
            VALUES_PER_LAYOUT_BYTE * segment.layout_bytes
        )

    def _layouts_missing(
        self, segment: _Segment, entries: Sequence[Entry]
    ) -> tuple[list[tuple[int, bytes]], int]:
        payloads = []
        size = 0
        seen: set[int] = set()
        for entry in entries:
            shape = entry.layout.shape
            known = segment.layouts.get(shape.layout)
            columns = known.columns if known else 0
            if columns < shape.columns and shape.layout not in seen:
                payload = encode_layout(entry.layout.record(columns))
                payloads.append((LAYOUT_KIND, payload))
                size += len(payload)
            seen.add(shape.layout)
        return payloads, size

    def _write(self, segment: _Segment, payloads: list[tuple[int, bytes]]) -> None:
        data = frame(payloads, segment.end, segment.salt_crc)
        try:
            segment.file.write(data)
        except OSError:
            try:
                segment.file.truncate(segment.end)
            except OSError:
                self.roll()  # the reader finds the next good record behind what is left here
            raise
        segment.end += len(data)

    def _open_next(self) -> _Segment:
        self.roll()
        number = self._next_number
        path = segment_path(self._folder, number)
        salt = self._options.new_salt()
        self._filesystem.remove(path)
        file = self._filesystem.open_append(path)
        try:
            file.write(encode_header(number, salt))
        except OSError:
            file.close()
            with contextlib.suppress(OSError):  # the name is tried again, and removed first
                self._filesystem.remove(path)
            raise
        assert file.size() == SEGMENT_HEADER_BYTES
        self._current = segment = _Segment(number, file, salt_checksum(salt))
        self._next_number = number + 1
        self._unsynced[number] = file
        self._name_unsynced = True
        return segment

    def roll(self) -> None:
        """End the present segment; the next commit opens a new one."""
        segment = self._current
        if segment is not None:
            self._newest_ms[segment.number] = segment.newest_ms
            self._sizes[segment.number] = segment.end
            self._current = None

    def sync(self) -> None:
        """Make durable all that was written before the call. Raises OSError.

        After a failed sync the kernel may have dropped what it could not write and will not say so
        again; the present segment is therefore ended, and what follows goes to a new one.
        """
        with self._syncing:
            self._sync_all()

    def wait_durable(self, position: Position) -> None:
        """Return once everything up to `position` is durable; one sync serves all who wait.

        Raises OSError, also when the sync that failed was another's.
        """
        with self._syncing:
            if any(first < position <= last for first, last in self._lost):
                raise OSError(errno.EIO, "the log could not be synced", str(self._folder))
            if self._durable < position:
                self._sync_all()

    def _sync_all(self) -> None:
        # A commit may open segments meanwhile. Seen in this order, a file before `growing` is
        # complete, and all that is written up to `reached` lies in `files` or was synced before.
        growing, current = self.segment_number, self._current
        reached = Position(growing, current.end if current and current.number == growing else 0)
        files = dict(self._unsynced)
        self._release(self._given_up, growing)
        try:
            if self._name_unsynced:
                self._name_unsynced = False
                self._filesystem.sync_directory(self._folder)
            for file in files.values():
                began_s = self._options.monotonic_s()
                file.sync()
                self._options.on_sync(self._options.monotonic_s() - began_s)
        except OSError:
            self._name_unsynced = True
            self._give_up(files)
            raise
        self._durable = reached
        for number in [number for number in files if number < growing]:
            self._unsynced.pop(number).close()

    def _give_up(self, files: Mapping[int, AppendFile]) -> None:
        """Nothing in `files` that is not durable will ever be; the last of them is ended."""
        if not files:
            return
        self._distrusted = max(files)
        if self._lost and self._lost[-1][0] == self._durable:
            self._lost.pop()
        self._lost.append((self._durable, Position(self._distrusted, _WHOLE)))
        for number in files:
            self._given_up[number] = self._unsynced.pop(number)

    def _release(self, files: dict[int, AppendFile], before: int) -> None:
        for number in [number for number in files if number < before]:
            files.pop(number).close()

    def drop_before(self, time_ms: int) -> int:
        """Remove the oldest segments whose samples are all before `time_ms`; return how many."""
        dropped = 0
        for number in sorted(self._newest_ms):
            if self._newest_ms[number] >= time_ms:
                break
            self._filesystem.remove(segment_path(self._folder, number))
            del self._newest_ms[number]
            del self._sizes[number]
            dropped += 1
        return dropped

    def close(self) -> None:
        """Sync and release the files; no commit may be under way. Raises OSError."""
        self._closed = True
        self.roll()
        try:
            self.sync()
        finally:
            self._release(self._unsynced, self._next_number)
            self._release(self._given_up, self._next_number)


def _part(segment: _Segment, entry: Entry) -> Part:
    shape = entry.layout.shape
    if isinstance(entry, LooseEntry):
        return loose(shape, entry.samples)
    row, before = entry.row, entry.before
    known = segment.layouts.get(shape.layout)
    if (
        before is not None
        and known is not None
        and known.columns == shape.columns
        and known.last_row_ms == before.time_ms
        and known.deltas < DELTA_ROWS_MAX
    ):
        return delta_row(shape, row, before)
    if row.present is not None:
        return sparse_row(shape, row.time_ms, row.present, row.values)
    return full_row(shape, row.time_ms, row.values)


def _note(segment: _Segment, entry: Entry, part: Part) -> None:
    shape = part.shape
    known = segment.layouts.setdefault(shape.layout, _Known(shape.columns))
    known.columns = shape.columns
    if isinstance(entry, LooseEntry):
        segment.newest_ms = max(segment.newest_ms, int(entry.samples.times.max()))
        return
    segment.newest_ms = max(segment.newest_ms, part.time_ms)
    known.last_row_ms = part.time_ms
    known.deltas = known.deltas + 1 if part.form == DELTA_ROW else 0
