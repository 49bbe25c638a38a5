"""Both programs hold the samples of one OpenMetrics file and answer every query alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.peers import samples
from tests.peers.expressions import expressions
from tests.peers.filled import Both, both_filled, difference

INSTANTS_S = (samples.START_S + 3600, samples.END_S + 7, samples.START_S + 120.5)
RANGE = (samples.START_S + 600, samples.END_S + 400, 73)
ORDERED = ("sort", "topk", "bottomk")


@pytest.fixture(scope="module")
def both(peers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with both_filled(peers, tmp_path_factory.mktemp("queries")) as programs:
        yield programs


def test_there_are_enough_queries() -> None:
    assert len(set(expressions())) >= 200


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_instant(both: Both, expression: str) -> None:
    for time_s in INSTANTS_S:
        path = f"/api/v1/query?query={quote(expression)}&time={time_s}"
        assert not difference(both, path, ordered=expression.startswith(ORDERED))


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_range(both: Both, expression: str) -> None:
    start_s, end_s, step_s = RANGE
    path = (
        f"/api/v1/query_range?query={quote(expression)}&start={start_s}&end={end_s}&step={step_s}"
    )
    assert not difference(both, path, ordered=True)
