"""An engine over an empty store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.promql.functions.asking import Asking, asking


@pytest.fixture
def ask() -> Iterator[Asking]:
    """Experimental functions and delayed name removal are on."""
    with asking() as made:
        yield made
