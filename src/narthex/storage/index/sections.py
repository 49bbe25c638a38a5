"""Sections of an index file: ranges that are read alone, each with its checksum behind it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

import cramjam
import numpy as np
from numpy.typing import NDArray

from narthex.runtime.filesystem import AppendFile, RangeReader
from narthex.storage.checksum import crc32c
from narthex.storage.errors import Corruption

CRC_BYTES = 4
ZSTD_LEVEL = 3

Place = tuple[int, int]
"""Offset of a section in its file, and its length without the checksum."""

Value = TypeVar("Value")


class SectionWriter:
    """Appends sections to a file."""

    def __init__(self, file: AppendFile) -> None:
        self._file = file

    def add(self, data: bytes) -> Place:
        """Write one section; returns its place."""
        place = (self._file.size(), len(data))
        self._file.write(data + crc32c(data).to_bytes(CRC_BYTES, "little"))
        return place


class SectionReader:
    """Reads sections and checks them."""

    def __init__(self, path: Path, reader: RangeReader) -> None:
        self.path, self._reader = path, reader

    def read(self, place: Place) -> bytes:
        """The bytes of one section. Raises Corruption."""
        offset, length = place
        data = self._reader.read(offset, length + CRC_BYTES)
        if len(data) != length + CRC_BYTES:
            raise Corruption(self.path, offset, "a section is cut short")
        body = data[:length]
        if crc32c(body) != int.from_bytes(data[length:], "little"):
            raise Corruption(self.path, offset, "the checksum of a section does not match")
        return body

    def unpack(self, place: Place, read: Callable[[bytes], Value]) -> Value:
        """What `read` makes of a section; its complaints become Corruption."""
        data = self.read(place)
        try:
            return read(data)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise Corruption(self.path, place[0], f"a section is malformed: {error}") from error


def compress(data: bytes) -> bytes:
    """One zstd frame."""
    return bytes(cramjam.zstd.compress(data, ZSTD_LEVEL))


def decompress(data: bytes) -> bytes:
    """The content of a zstd frame. Raises ValueError."""
    try:
        return bytes(cramjam.zstd.decompress(data))
    except cramjam.DecompressionError as error:
        raise ValueError(str(error)) from error


def numbers(data: bytes, dtype: str, count: int = -1) -> NDArray[Any]:
    """Little-endian numbers, `count` of them unless negative. Raises ValueError."""
    array = np.frombuffer(data, dtype)
    if count >= 0 and array.size != count:
        raise ValueError(f"{array.size} numbers where {count} belong")
    return array


class ByteCache:
    """Decoded parts of blocks, the latest used ones, up to a number of bytes. Thread-safe.

    Two threads that miss at once both make the part; one of them is kept. A part of more than half
    the room is not: it would drive out all others.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max, self._bytes = bytes_max, 0
        self._held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value], size: Callable[[Value], int]) -> Value:
        """The part of this key, made (and measured in bytes) when it is not held."""
        with self._lock:
            held = self._held.get(key)
            if held is not None:
                self._held.move_to_end(key)
                value: Value = held[0]
                return value
        value = make()
        bytes_used = size(value)
        if bytes_used > self._bytes_max // 2:
            return value
        with self._lock:
            if key not in self._held:
                self._held[key] = (value, bytes_used)
                self._bytes += bytes_used
            while self._bytes > self._bytes_max and len(self._held) > 1:
                self._bytes -= self._held.popitem(last=False)[1][1]
        return value

    @property
    def bytes_held(self) -> int:
        """Bytes of all parts."""
        return self._bytes

    def forget(self, owner: Hashable) -> None:
        """Drop all parts whose key is a tuple that begins with `owner`."""
        with self._lock:
            gone = [key for key in self._held if isinstance(key, tuple) and key[0] == owner]
            for key in gone:
                self._bytes -= self._held.pop(key)[1]
