"""One application for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.api.serving import Served, served


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with served(enable_lifecycle=True) as serving:
        yield serving
