"""A block that was written once stays readable: the bytes of version 1 of the format are kept."""

from __future__ import annotations

from pathlib import Path

from narthex.model.symbols import Symbols
from narthex.runtime.filesystem import OsFileSystem
from narthex.storage.block.reader import BlockReader
from tests.faults.test_blocks import HOUR_MS, ULID, samples
from tests.storage.block.samples import read_all, samples_in

FOLDER = Path(__file__).parent / "blocks"


def test_a_block_of_version_1_is_read() -> None:
    reader = BlockReader.open(FOLDER / ULID, OsFileSystem(), Symbols())
    found = read_all(reader.select_all(), 0, HOUR_MS)
    reader.close()
    assert found == samples_in(samples(), 0, HOUR_MS)
