"""Bodies as they were before `Content-Encoding`, never larger than a bound.

Inflating stops at the bound, so a page of 1 MB that would unpack to 1 GB costs the bound.
"""

from __future__ import annotations

import zlib

GZIP_WINDOW = 31
"""zlib's own window of 15 bits, plus 16: a gzip header and checksum are expected."""


class OverBound(Exception):
    """The content is larger than allowed."""


class BadGzip(ValueError):
    """Bytes that are not a whole gzip file."""


def gunzip(data: bytes, bytes_max: int) -> bytes:
    """The content of a gzip file of one or more members. Raises BadGzip, OverBound."""
    parts: list[bytes] = []
    room = bytes_max
    while data:
        part, data = _gunzip_member(data, room)
        parts.append(part)
        room -= len(part)
    if not parts:
        raise BadGzip("unexpected EOF")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _gunzip_member(data: bytes, bytes_max: int) -> tuple[bytes, bytes]:
    """The content of the first member, and what follows it."""
    inflater = zlib.decompressobj(GZIP_WINDOW)
    try:
        # One byte more than allowed tells "exactly at the bound" from "over it"; zlib takes 0
        # for "no bound", which the added byte rules out too.
        content = inflater.decompress(data, bytes_max + 1)
    except zlib.error as error:
        raise BadGzip(f"gzip: {error}") from error
    if len(content) > bytes_max:
        raise OverBound
    if not inflater.eof:
        raise BadGzip("unexpected EOF")
    return content, inflater.unused_data
