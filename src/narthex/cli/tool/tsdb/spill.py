"""Samples set aside on disk until their range of time is complete, and read back as a selection.

Samples of a file come in any order; a block is written in the order of its series. In between they
lie in one file for each range of time, cut into buckets of neighbouring series that fit in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from narthex.model.label_table import LabelTable
from narthex.model.value import is_stale
from narthex.runtime.filesystem import FileSystem
from narthex.storage.interface import Columns, Want

SAMPLE = np.dtype([("series", "<i8"), ("time", "<i8"), ("value", "<f8")])
HELD_BYTES_MAX = 32 << 20
BUCKET_BYTES_MAX = 16 << 20

SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")

Samples = NDArray[np.void]


class Spill:
    """Appends samples to a file for each key (a range of time)."""

    def __init__(self, folder: Path, filesystem: FileSystem) -> None:
        self._folder, self._filesystem = folder, filesystem
        self._held: dict[int, list[Samples]] = {}
        self._held_bytes = 0
        self.keys: set[int] = set()
        filesystem.make_directory(folder)

    def add(self, keys: NDArray[np.int64], samples: Samples) -> None:
        """Set samples aside; sample `i` belongs to `keys[i]`."""
        if not keys.size:
            return
        order = np.argsort(keys, kind="stable")
        distinct, starts = np.unique(keys[order], return_index=True)
        for key, part in zip(distinct.tolist(), np.split(samples[order], starts[1:]), strict=True):
            self._held.setdefault(key, []).append(part)
            self._held_bytes += part.nbytes
        self.keys.update(distinct.tolist())
        if self._held_bytes > HELD_BYTES_MAX:
            self.flush()

    def flush(self) -> None:
        """Bring what is held in memory to disk. Raises OSError."""
        for key, parts in self._held.items():
            file = self._filesystem.open_append(self._path(key))
            try:
                for part in parts:
                    file.write(part.tobytes())
            finally:
                file.close()
        self._held.clear()
        self._held_bytes = 0

    def size_bytes(self, key: int) -> int:
        """Bytes on disk of one key."""
        return self._filesystem.size(self._path(key))

    def read(self, key: int) -> Iterator[Samples]:
        """The samples of one key in the order they came, a bounded number at a time."""
        path = self._path(key)
        reader = self._filesystem.open_range(path)
        try:
            step = BUCKET_BYTES_MAX // SAMPLE.itemsize * SAMPLE.itemsize
            for offset in range(0, reader.size(), step):
                yield np.frombuffer(reader.read(offset, step), SAMPLE)
        finally:
            reader.close()

    def remove(self, key: int) -> None:
        """Forget one key."""
        self._filesystem.remove(self._path(key))

    def _path(self, key: int) -> Path:
        return self._folder / f"{key}.spill"


class SpilledSelection:
    """A `Selection` over one key of a spill: bucket `b` holds the series from `b * width` on.

    Samples of a series are sorted; of those of equal time the first that came stays, the others
    are counted in `dropped`.
    """

    def __init__(self, labels: LabelTable, buckets: Spill, width: int, samples: int) -> None:
        self._labels, self._buckets, self._width = labels, buckets, width
        self._samples = samples
        self._loaded: tuple[int, Samples] = (-1, np.zeros(0, SAMPLE))
        self._dropped: dict[int, int] = {}

    @property
    def labels(self) -> LabelTable:
        return self._labels

    @property
    def samples_per_series(self) -> float:
        return self._samples / max(1, self._labels.size)

    @property
    def dropped(self) -> int:
        """Samples left out so far, for the time of another one of the same series."""
        return sum(self._dropped.values())

    def read(
        self, rows: NDArray[np.int64], start_ms: int, end_ms: int, want: Want = Want.VALUES
    ) -> Columns:
        chosen: list[Samples] = []
        starts = np.zeros(rows.size + 1, np.int64)
        bucket_of_row = rows // self._width
        for bucket in np.unique(bucket_of_row).tolist():
            part = bucket_of_row == bucket
            samples = self._bucket(bucket)
            samples = samples[(samples["time"] >= start_ms) & (samples["time"] <= end_ms)]
            bounds = [np.searchsorted(samples["series"], rows[part], s) for s in SIDES]
            starts[1:][part] = bounds[1] - bounds[0]
            chosen.append(samples[np.isin(samples["series"], rows[part])])
        np.cumsum(starts, out=starts)
        joined = np.concatenate([*chosen, np.zeros(0, SAMPLE)])
        values = np.ascontiguousarray(joined["value"])
        if want is Want.PRESENCE:
            values[~is_stale(values)] = 0.0
        return Columns(starts, values, starts[:-1], np.ascontiguousarray(joined["time"]))

    def _bucket(self, bucket: int) -> Samples:
        if self._loaded[0] != bucket:
            parts = list(self._buckets.read(bucket)) if bucket in self._buckets.keys else []
            samples = np.concatenate([*parts, np.zeros(0, SAMPLE)])
            order = np.lexsort((samples["time"], samples["series"]))
            samples = samples[order]
            same = (samples["series"][1:] == samples["series"][:-1]) & (
                samples["time"][1:] == samples["time"][:-1]
            )
            kept = np.concatenate([np.ones(min(1, samples.size), np.bool_), ~same])
            self._dropped[bucket] = int(samples.size - np.count_nonzero(kept))
            self._loaded = (bucket, samples[kept])
        return self._loaded[1]
