"""Blocks that come into a running store's folder from outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from narthex.model.labels import Labels
from narthex.model.packed_labels import PackedLabels
from narthex.model.tenant import DEFAULT_TENANT
from narthex.runtime.filesystem import OsFileSystem
from narthex.storage.interface import Batch
from narthex.storage.store import UNLIMITED, Store

SERIES = [Labels.of({"__name__": "imported", "n": str(n)}) for n in range(3)]


def a_block(folder: Path) -> Path:
    """The folder of one block with three samples a series."""
    store = Store.open(folder, options=UNLIMITED)
    appender = store.appender(DEFAULT_TENANT)
    refs = appender.resolve(PackedLabels.from_labels(SERIES)).refs
    for time_ms in (1000, 2000, 3000):
        appender.commit(Batch(DEFAULT_TENANT, refs, np.array([time_ms]), np.arange(3.0)))
    store.tsdb(DEFAULT_TENANT).cut_all()
    store.close()
    (block,) = (folder / "tenants/default/0/blocks").iterdir()
    return block


def test_a_block_put_into_the_folder_is_shown(tmp_path: Path) -> None:
    block = a_block(tmp_path / "other")
    store = Store.open(tmp_path / "data", options=UNLIMITED)
    blocks = store.tsdb(DEFAULT_TENANT).blocks
    assert not len(store.select(DEFAULT_TENANT, (), 0, 5000).labels)
    OsFileSystem().rename(block, blocks.folder / block.name)
    store.maintain()
    selection = store.select(DEFAULT_TENANT, (), 0, 5000)
    assert sorted(selection.labels.to_labels()) == SERIES
    assert selection.read(np.arange(3), 0, 5000).samples == 9
    store.maintain()
    assert len(blocks.all) == 1
    store.close()


def test_a_damaged_one_is_left_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    block = a_block(tmp_path / "other")
    index = block / "index"
    index.write_bytes(index.read_bytes()[:-10])
    store = Store.open(tmp_path / "data", options=UNLIMITED)
    blocks = store.tsdb(DEFAULT_TENANT).blocks
    OsFileSystem().rename(block, blocks.folder / block.name)
    store.maintain()
    store.maintain()
    assert not blocks.all
    assert (blocks.folder / block.name / "index").exists()
    store.close()
