"""Complete rows out of memory, and the folder that they go to."""

from __future__ import annotations

from pathlib import Path

import pytest

from narthex.model.tenant import DEFAULT_TENANT
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.storage.errors import StorageClosed
from narthex.storage.store import Store
from narthex.storage.tsdb import Machine
from tests.storage.samples import commit, contents, named, resolve

DATA = Path("/data")


def test_a_closed_store_seals_nothing_into_a_folder_that_is_another_ones() -> None:
    machine = Machine(filesystem=InMemoryFileSystem())
    store = Store.open(DATA, machine=machine)
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("a", "b"))
    for t in range(200):
        commit(appender, refs, t, [t, t + 0.5])
    written = contents(store)
    store.close()
    following = Store.open(DATA, machine=machine)
    with pytest.raises(StorageClosed):
        store.seal()
    following.seal()
    assert contents(following) == written
