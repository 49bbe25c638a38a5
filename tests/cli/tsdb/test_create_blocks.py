"""Blocks from OpenMetrics files, and the list of blocks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from narthex.cli.tool.tsdb import openmetrics, spill
from narthex.cli.tool.tsdb.create_blocks import CreatedBlocks, create_blocks
from narthex.cli.tool.tsdb.listing import blocks_folder, find_blocks, table_of_blocks
from narthex.cli.tool.tsdb.openmetrics import NoTimestampError
from narthex.exposition.errors import BadExposition
from narthex.model.labels import Labels
from narthex.model.symbols import Symbols
from narthex.runtime.filesystem import OsFileSystem
from narthex.runtime.rng import seeded
from narthex.storage.block.meta import new_ulid
from narthex.storage.block.reader import BlockReader
from tests.storage.block.samples import read_all

START_S = 1_700_006_400
HOUR_S = 3600


def create(tmp_path: Path, text: str, **labels: str) -> CreatedBlocks:
    source = tmp_path / "samples.om"
    source.write_text(text)
    random = seeded(1)
    return create_blocks(
        source,
        tmp_path / "blocks",
        OsFileSystem(),
        new_name=lambda: new_ulid(START_S * 1000, random),
        labels=labels,
        progress=lambda _what, _done, _all: None,
    )


def content(tmp_path: Path, created: CreatedBlocks) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for meta in created.blocks:
        reader = BlockReader.open(tmp_path / "blocks" / meta.ulid, OsFileSystem(), Symbols())
        held = read_all(reader.select_all(), meta.min_time_ms, meta.max_time_ms)
        for labels, samples in held.items():
            values = [(t, float(np.uint64(word).view(np.float64))) for t, word in samples]
            found.setdefault(str(labels), []).extend(values)
        reader.close()
    return found


def test_samples_go_to_two_hour_blocks(tmp_path: Path) -> None:
    lines = [f'a_total{{x="{x}"}} {k + x} {START_S + k * 1800}' for x in (1, 2) for k in range(9)]
    created = create(tmp_path, "\n".join(["# TYPE a counter", *lines, "# EOF\n"]), job="import")
    assert [meta.stats.samples for meta in created.blocks] == [8, 8, 2]
    assert content(tmp_path, created) == {
        f'a_total{{job="import", x="{x}"}}': [
            ((START_S + k * 1800) * 1000, float(k + x)) for k in range(9)
        ]
        for x in (1, 2)
    }
    assert not [path for path in (tmp_path / "blocks").iterdir() if path.suffix == ".tmp"]


def test_a_file_larger_than_memory_is_cut_into_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces of 100 bytes, buckets of 10 samples: the same blocks."""
    lines = [
        f'h_bucket{{i="{k % 13}",le="1"}} {k} {START_S + (k * 7919) % 20_000}' for k in range(400)
    ]
    text = "\n".join(["# TYPE h histogram", *lines, "# EOF\n"])
    whole = content(tmp_path, create(tmp_path, text))
    monkeypatch.setattr(openmetrics, "PIECE_BYTES", 100)
    monkeypatch.setattr(spill, "HELD_BYTES_MAX", 240)
    for module in (spill, __import__("narthex.cli.tool.tsdb.create_blocks", fromlist=["x"])):
        monkeypatch.setattr(module, "BUCKET_BYTES_MAX", 240)
    other = tmp_path / "other"
    other.mkdir()
    assert content(other, create(other, text)) == whole
    assert all('le="1.0"' in name for name in whole)
    assert sum(map(len, whole.values())) == 400


def test_of_two_samples_at_one_time_the_first_stays(tmp_path: Path) -> None:
    created = create(tmp_path, f"a 1 {START_S}\na 2 {START_S}\na 3 {START_S - 1}\n# EOF\n")
    assert created.duplicates == 1
    assert content(tmp_path, created) == {"a": [((START_S - 1) * 1000, 3.0), (START_S * 1000, 1.0)]}


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("a 1\n# EOF\n", NoTimestampError, "no timestamp"),
        (f"a 1 {START_S}\n", BadExposition, "# EOF"),
        (f"a 1 {START_S}\n" * 20 + "b{ 1 1\n# EOF\n", BadExposition, "line 21"),
        (f"a 1 {START_S}\n# EOF\na 2 {START_S + 1}\n", BadExposition, "EOF"),
    ],
)
@pytest.mark.parametrize("piece_bytes", [30, 4 << 20])
def test_a_bad_file_makes_no_block(
    tmp_path: Path, text: str, error: type[Exception], words: str, piece_bytes: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(openmetrics, "PIECE_BYTES", piece_bytes)
    with pytest.raises(error, match=words):
        create(tmp_path, text)
    assert not list((tmp_path / "blocks").iterdir())


def test_blocks_are_listed_as_promtool_does(tmp_path: Path) -> None:
    created = create(tmp_path, f"a 1 {START_S}\n# EOF\n")
    block = created.blocks[0]
    found = find_blocks(tmp_path / "blocks", OsFileSystem())
    assert found == [block]
    heading, line = table_of_blocks(found, human_readable=False).splitlines()
    assert heading.split("  ")[0] == "BLOCK ULID"
    assert line.split() == [
        block.ulid, str(block.min_time_ms), str(block.max_time_ms), "2h0m0s", "1", "1", "1",
        str(block.stats.bytes),
    ]  # fmt: skip
    readable = table_of_blocks(found, human_readable=True)
    assert "2023-11-15 00:00:00 +0000 UTC" in readable
    data = tmp_path / "data"
    blocks_folder(data).parent.mkdir(parents=True)
    (tmp_path / "blocks").rename(blocks_folder(data))
    assert find_blocks(data, OsFileSystem()) == [block]
    with pytest.raises(FileNotFoundError):
        find_blocks(tmp_path / "none", OsFileSystem())


def test_labels_of_the_command_replace_those_of_the_file(tmp_path: Path) -> None:
    created = create(tmp_path, f'a{{job="x"}} 1 {START_S}\n# EOF\n', job="y")
    assert list(content(tmp_path, created)) == [str(Labels.of({"__name__": "a", "job": "y"}))]
