"""Both programs hold the samples of one OpenMetrics file and answer every query alike."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from benchmarks.processes import PROGRAMS, Running, running
from tests.peers import samples
from tests.peers.expressions import expressions

RELATIVE_ERROR = 1e-9
INSTANTS_S = (samples.START_S + 3600, samples.END_S + 7, samples.START_S + 120.5)
RANGE = (samples.START_S + 600, samples.END_S + 400, 73)
CONFIG = "global:\n  scrape_interval: 15s\n  evaluation_interval: 1m\n"

Both = tuple[Running, Running]


@pytest.fixture(scope="module")
def both(peers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("queries")
    file, config = folder / "samples.om", folder / "config.yml"
    file.write_text(samples.openmetrics())
    config.write_text(CONFIG)
    make_blocks([str(peers / "promtool")], file, folder / "prometheus")
    make_blocks([sys.executable, "-m", "narthex.cli.main", "tool"], file, folder / "narthex")
    with (
        running(PROGRAMS["prometheus"], folder / "prometheus", config) as prometheus,
        running(PROGRAMS["narthex"], folder / "narthex", config) as narthex,
    ):
        yield prometheus, narthex


def make_blocks(tool: list[str], file: Path, data: Path) -> None:
    data.mkdir()
    command = [*tool, "tsdb", "create-blocks-from", "openmetrics", str(file), str(data)]
    subprocess.run(command, check=True, capture_output=True)


def test_there_are_enough_queries() -> None:
    assert len(set(expressions())) >= 200


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_instant(both: Both, expression: str) -> None:
    for time_s in INSTANTS_S:
        path = f"/api/v1/query?query={quote(expression)}&time={time_s}"
        assert_alike(both, path, ordered=expression.startswith(("sort", "topk", "bottomk")))


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_range(both: Both, expression: str) -> None:
    start_s, end_s, step_s = RANGE
    path = (
        f"/api/v1/query_range?query={quote(expression)}&start={start_s}&end={end_s}&step={step_s}"
    )
    assert_alike(both, path, ordered=True)


def assert_alike(both: Both, path: str, *, ordered: bool) -> None:
    expected, found = (answer(program, path) for program in both)
    assert found["status"] == expected["status"], found
    if expected["status"] == "error":
        assert found["errorType"] == expected["errorType"]
        return
    assert found["data"]["resultType"] == expected["data"]["resultType"]
    rows = [points_by_labels(data["data"]) for data in (expected, found)]
    assert rows[0].keys() == rows[1].keys()
    if ordered:
        assert list(rows[0]) == list(rows[1])
    for labels, points in rows[0].items():
        assert_points_alike(labels, points, rows[1][labels])


def answer(program: Running, path: str) -> Any:
    status, body = program.ask(path)
    del status
    return orjson.loads(body)


def points_by_labels(data: Any) -> dict[str, list[Any]]:
    if data["resultType"] in ("scalar", "string"):
        return {"": [data["result"]]}
    rows: dict[str, list[Any]] = {}
    for row in data["result"]:
        labels = orjson.dumps(row["metric"], option=orjson.OPT_SORT_KEYS).decode()
        assert labels not in rows, f"{labels} twice"
        rows[labels] = row["values"] if "values" in row else [row["value"]]
    return rows


def assert_points_alike(labels: str, expected: list[Any], found: list[Any]) -> None:
    assert [t for t, _ in found] == [t for t, _ in expected], labels
    for (time_s, a), (_, b) in zip(expected, found, strict=True):
        if a != b:
            alike = math.isclose(float(a), float(b), rel_tol=RELATIVE_ERROR)
            assert alike, f"{labels} at {time_s}: {b} instead of {a}"
