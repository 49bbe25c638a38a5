"""What a block says of itself: its name, range, sizes and origin."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from narthex.runtime.filesystem import FileSystem
from narthex.runtime.rng import Random
from narthex.storage.checksum import crc32c
from narthex.storage.errors import Corruption

META_FILE = "meta"
INDEX_FILE = "index"
PAGES_FILE = "pages"
TEMPORARY_SUFFIX = ".tmp"
VERSION = 1

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ULID_CHARACTERS = 26


def new_ulid(now_ms: int, chance: Random) -> str:
    """48 bits of time and 80 of chance in Crockford's base 32: names sort by time of making."""
    number = (now_ms << 80) | chance.getrandbits(80)
    return "".join(
        _CROCKFORD[number >> (5 * place) & 31] for place in reversed(range(ULID_CHARACTERS))
    )


def is_ulid(name: str) -> bool:
    """Whether a folder's name is that of a block."""
    return len(name) == ULID_CHARACTERS and all(character in _CROCKFORD for character in name)


@dataclass(frozen=True, slots=True)
class BlockStats:
    """Counts over the whole block; `bytes` are those of `index` and `pages`."""

    series: int
    samples: int
    chunks: int
    bytes: int


@dataclass(frozen=True, slots=True)
class BlockMeta:
    """The range is [min, max) ms; `sources` are the blocks of level 1 that went in."""

    ulid: str
    min_time_ms: int
    max_time_ms: int
    stats: BlockStats
    index_bytes: int
    pages_bytes: int
    level: int
    sources: tuple[str, ...]

    def overlaps(self, start_ms: int, end_ms: int) -> bool:
        """Whether any time of [start, end] (inclusive) is in the range."""
        return self.min_time_ms <= end_ms and start_ms < self.max_time_ms

    def to_json(self) -> bytes:
        """The file `meta`."""
        fields: dict[str, object] = {
            "version": VERSION,
            "ulid": self.ulid,
            "min_time_ms": self.min_time_ms,
            "max_time_ms": self.max_time_ms,
            "stats": asdict(self.stats),
            "files": {INDEX_FILE: self.index_bytes, PAGES_FILE: self.pages_bytes},
            "compaction": {"level": self.level, "sources": self.sources},
        }
        fields["crc32c"] = crc32c(orjson.dumps(fields))
        return orjson.dumps(fields, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def from_json(cls, data: bytes) -> BlockMeta:
        """Raises ValueError, KeyError, TypeError."""
        fields = orjson.loads(data)
        if fields.pop("crc32c") != crc32c(orjson.dumps(fields)):
            raise ValueError("the checksum does not match")
        if fields["version"] != VERSION:
            raise ValueError(f"version {fields['version']} is not known here, only {VERSION}")
        numbers = (
            fields["min_time_ms"], fields["max_time_ms"], fields["files"][INDEX_FILE],
            fields["files"][PAGES_FILE], fields["compaction"]["level"],
        )  # fmt: skip
        if not all(isinstance(number, int) for number in numbers):
            raise TypeError("a time or a size is not a whole number")
        start, end, index_bytes, pages_bytes, level = numbers
        return cls(
            ulid=fields["ulid"], min_time_ms=start, max_time_ms=end,
            stats=BlockStats(**fields["stats"]), index_bytes=index_bytes, pages_bytes=pages_bytes,
            level=level, sources=tuple(fields["compaction"]["sources"]),
        )  # fmt: skip


def read_meta(folder: Path, filesystem: FileSystem) -> BlockMeta:
    """The meta of the block in `folder`. Raises Corruption; OSError when it cannot be read."""
    path = folder / META_FILE
    try:
        return BlockMeta.from_json(filesystem.read_file(path))
    except (ValueError, KeyError, TypeError) as error:
        raise Corruption(path, 0, f"not the meta of a block: {error!r}") from error
