"""The blocks of a data folder as `narthex tool tsdb list` prints them: promtool's columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from narthex.runtime.filesystem import FileSystem
from narthex.storage.block.meta import BlockMeta, is_ulid, read_meta

HEADINGS = (
    "BLOCK ULID", "MIN TIME", "MAX TIME", "DURATION", "NUM SAMPLES", "NUM CHUNKS", "NUM SERIES",
    "SIZE",
)  # fmt: skip


def blocks_folder(data: Path, tenant: str = "default") -> Path:
    """Where a tenant's blocks lie below a data folder."""
    return data / "tenants" / tenant / "0" / "blocks"


def find_blocks(data: Path, filesystem: FileSystem) -> list[BlockMeta]:
    """The blocks of all tenants and shards, by time; of `data` itself when it holds blocks.

    Only reads. Raises FileNotFoundError when there is no such folder, Corruption.
    """
    if not filesystem.exists(data):
        raise FileNotFoundError(f"{data}: no such folder")
    found = [read_meta(folder, filesystem) for folder in _block_folders(data, filesystem)]
    return sorted(found, key=lambda meta: (meta.min_time_ms, meta.ulid))


def _block_folders(data: Path, filesystem: FileSystem) -> Iterator[Path]:
    holders = [data] + [
        data / "tenants" / tenant / shard / "blocks"
        for tenant in filesystem.list(data / "tenants")
        for shard in filesystem.list(data / "tenants" / tenant)
    ]
    for holder in holders:
        yield from (holder / name for name in filesystem.list(holder) if is_ulid(name))


def table_of_blocks(blocks: Sequence[BlockMeta], *, human_readable: bool) -> str:
    """A heading and a line a block, columns aligned; ends with a newline."""
    rows = [HEADINGS, *(_cells(block, human_readable=human_readable) for block in blocks)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEADINGS))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines)


def _cells(block: BlockMeta, *, human_readable: bool) -> tuple[str, ...]:
    times = (block.min_time_ms, block.max_time_ms)
    stats = block.stats
    return (
        block.ulid,
        *(_moment(time) if human_readable else str(time) for time in times),
        _duration(block.max_time_ms - block.min_time_ms),
        str(stats.samples),
        str(stats.chunks),
        str(stats.series),
        _size(stats.bytes) if human_readable else str(stats.bytes),
    )


def _moment(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S +0000 UTC")


def _duration(length_ms: int) -> str:
    """As Go prints a duration: `2h0m0s`, `1.5s`, `1ms`."""
    if length_ms < 1000:
        return f"{length_ms}ms"
    minutes, rest_ms = divmod(length_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest_ms / 1000:g}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _size(size_bytes: int) -> str:
    size, units = float(size_bytes), ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{size:.4g}{units[0]}"
