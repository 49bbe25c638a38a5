"""Both programs, started on the same data. A missing peer skips outside CI and fails in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.peer_programs import require_peer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below this folder is a `peers` test."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.peers)


@pytest.fixture(scope="session")
def peers() -> Path:
    """The folder of the peers' programs."""
    return require_peer("prometheus").parent
