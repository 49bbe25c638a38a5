"""An engine over an empty store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from narthex.promql.features import DELAYED_NAME_REMOVAL
from narthex.promql.syntax.features import ALL_FEATURES
from tests.promql.functions.asking import Asking, asking


@pytest.fixture
def ask() -> Iterator[Asking]:
    """Everything is on, as in the test language."""
    with asking(ALL_FEATURES | {DELAYED_NAME_REMOVAL}) as made:
        yield made


@pytest.fixture
def ask_plainly() -> Iterator[Asking]:
    """Nothing is on, as Prometheus is shipped."""
    with asking(frozenset()) as made:
        yield made
