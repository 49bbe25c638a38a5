"""Blocks from an OpenMetrics file of any size, in bounded memory.

One pass over the file numbers its series and sets the samples aside by block; then each block is
written from its own samples. In memory are the labels and at most a few buckets of samples.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from narthex.cli.tool.tsdb.openmetrics import OpenMetricsReader, SampleRun
from narthex.cli.tool.tsdb.spill import BUCKET_BYTES_MAX, SAMPLE, Spill, SpilledSelection
from narthex.model.label_table import LabelTable
from narthex.runtime.filesystem import FileSystem
from narthex.runtime.rng import process_seed
from narthex.storage.block.meta import TEMPORARY_SUFFIX, BlockMeta
from narthex.storage.block.order import sorted_columns
from narthex.storage.block.writer import WINDOW_MS, write_block

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class CreatedBlocks:
    """The new blocks by time, and how many samples had the time of another of their series."""

    blocks: list[BlockMeta]
    duplicates: int


def create_blocks(
    source: Path,
    folder: Path,
    filesystem: FileSystem,
    *,
    new_name: Callable[[], str],
    labels: Mapping[str, str],
    progress: Progress,
) -> CreatedBlocks:
    """Write the samples of the OpenMetrics file `source` to two-hour blocks in `folder`.

    `labels` are put on every series; `new_name` gives ULIDs. Blocks are only made once the whole
    file was read and found good. Raises OSError, BadExposition, NoTimestampError.
    """
    filesystem.make_directory(folder)
    temporary = folder / f"{new_name()}{TEMPORARY_SUFFIX}"
    try:
        spill = Spill(temporary / "ranges", filesystem)
        reader = OpenMetricsReader(labels, process_seed())
        table = _read_source(source, spill, reader, progress)
        blocks: list[BlockMeta] = []
        duplicates = 0
        _, order = sorted_columns(table)
        writer = _BlockMaker(table.take(order), np.argsort(order), spill, temporary, filesystem)
        for k, number in enumerate(sorted(spill.keys)):
            progress("writing blocks", k, len(spill.keys))
            meta, dropped = writer.make(number, folder, new_name())
            blocks.append(meta)
            duplicates += dropped
        progress("writing blocks", len(spill.keys), len(spill.keys))
    finally:
        filesystem.remove_tree(temporary)
    return CreatedBlocks(blocks, duplicates)


def _read_source(
    source: Path, spill: Spill, reader: OpenMetricsReader, progress: Progress
) -> LabelTable:
    size = source.stat().st_size
    with source.open("rb") as file:
        for run in reader.runs(file):
            spill.add(run.times // WINDOW_MS, _records(run))
            progress("reading samples", file.tell(), size)
    spill.flush()
    return reader.labels()


def _records(run: SampleRun) -> NDArray[np.void]:
    records = np.empty(run.series.size, SAMPLE)
    records["series"], records["time"], records["value"] = run.series, run.times, run.values
    return records


class _BlockMaker:
    """Writes the block of one range: its samples are sorted into buckets of series first."""

    def __init__(
        self,
        labels: LabelTable,
        rank_of_series: NDArray[np.int64],
        spill: Spill,
        temporary: Path,
        filesystem: FileSystem,
    ) -> None:
        """`labels` are in the order of blocks; series `s` of the spill is their row `rank[s]`."""
        self._labels, self._rank, self._spill = labels, rank_of_series, spill
        self._temporary, self._filesystem = temporary, filesystem

    def make(self, number: int, folder: Path, ulid: str) -> tuple[BlockMeta, int]:
        """Write the block of range `number`; its meta, and how many samples were left out."""
        with self._sorted_into_buckets(number) as selection:
            start_ms = number * WINDOW_MS
            meta = write_block(
                selection, start_ms, start_ms + WINDOW_MS, folder, self._filesystem, ulid=ulid
            )
            assert meta is not None, "a range has samples"
            return meta, selection.dropped

    @contextlib.contextmanager
    def _sorted_into_buckets(self, number: int) -> Iterator[SpilledSelection]:
        size = self._spill.size_bytes(number)
        buckets = 1 + size // BUCKET_BYTES_MAX
        width = -(-self._labels.size // buckets)
        path = self._temporary / f"buckets-{number}"
        sorted_spill = Spill(path, self._filesystem)
        for samples in self._spill.read(number):
            ranked = samples.copy()
            ranked["series"] = self._rank[samples["series"]]
            sorted_spill.add(ranked["series"] // width, ranked)
        sorted_spill.flush()
        self._spill.remove(number)
        yield SpilledSelection(self._labels, sorted_spill, width, size // SAMPLE.itemsize)
        self._filesystem.remove_tree(path)
