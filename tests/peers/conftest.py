"""Both programs, started on the same data. A missing peer skips outside CI and fails in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.processes import PEERS


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder is a `peers` test."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.peers)


@pytest.fixture(scope="session")
def peers() -> Path:
    """The folder of the peers' programs."""
    if not (PEERS / "prometheus").exists():
        reason = f"no Prometheus in {PEERS}: `make peers` brings it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return PEERS
