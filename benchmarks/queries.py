"""Blocks and queries: the same OpenMetrics file in all programs, sizes and times compared.

20 hosts of recorded series, six hours at 15 s. Answers are compared before times are taken.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from benchmarks.compare import RUNS, Line, timed
from benchmarks.processes import PEERS, PROGRAMS, Running, folder_bytes, fresh, running
from benchmarks.workload import Recording, openmetrics

HOSTS = 20
STEP_S = 15
STEPS = 6 * 3600 // STEP_S
START_MS = 1_700_006_400_000
"""On the edge of a block of two hours, so that the data fills exactly three."""
RELATIVE_ERROR = 1e-9
INSTANT_RUNS = 500


@dataclass(frozen=True)
class Query:
    """One measured query; `step_s` 0 is an instant query at the end."""

    expression: str
    step_s: int
    goal: float


QUERIES = [
    Query("sum by (instance) (rate(node_cpu_seconds_total[5m]))", 15, 0.4),
    Query('count({job="node"})', 15, 0.4),
    Query("quantile by (job) (0.9, node_cpu_seconds_total)", 15, 0.4),
    Query('node_load1{instance="host3"}', 0, 1.0),
]


def run(recording_path: Path, work: Path, names: list[str]) -> list[Line]:
    """The lines of this benchmark."""
    recording = Recording.read(recording_path)
    samples = HOSTS * len(recording.names) * STEPS
    size = Line("the same data in blocks, all files", "bytes/sample", 0.3)
    load = Line("making the blocks", "s", None)
    lines = [Line(_title(query), "ms", query.goal) for query in QUERIES]
    file = work / "samples.om"
    if not file.exists():
        with file.open("wb") as out:
            for piece in openmetrics(recording, HOSTS, START_MS, STEP_S * 1000, STEPS):
                out.write(piece)
    config = work / "nothing.yml"
    config.write_text("global:\n  scrape_interval: 15s\n")
    answers: dict[str, object] = {}
    for name in names:
        data = work / f"blocks-{name}"
        size.figures[name] = fill(name, file, data, config, load) / samples
        with running(PROGRAMS[name], data, config) as program:
            for query, line in zip(QUERIES, lines, strict=True):
                path = query_path(program, query)
                compare(query, answers, orjson.loads(program.get(path)), name)
                runs = RUNS if query.step_s else INSTANT_RUNS
                seconds = timed(partial(program.get, path), runs)
                line.record(name, [s * 1000 for s in seconds])
    return [size, load, *lines]


def _title(query: Query) -> str:
    how = "6 h / 15 s" if query.step_s else "instant"
    return f"`{query.expression}`, {how}"


def fill(name: str, file: Path, data: Path, config: Path, load: Line) -> int:
    """Make the program's data of the file; bytes of all its files."""
    fresh(data)
    if name == "victoria-metrics":
        with running(PROGRAMS[name], data, config) as program:
            _import_into_victoria(program, file)
        return folder_bytes(data)
    command = {
        "prometheus": [str(PEERS / "promtool")],
        "narthex": [sys.executable, "-m", "narthex.cli.main", "tool"],
    }[name]
    started = time.monotonic()
    full = [*command, "tsdb", "create-blocks-from", "openmetrics", str(file), str(data)]
    subprocess.run(full, check=True, stdout=subprocess.DEVNULL)
    load.figures[name] = time.monotonic() - started
    return folder_bytes(data)


def _import_into_victoria(program: Running, file: Path) -> None:
    url = f"{program.url}/api/v1/import/prometheus"
    command = ["curl", "-sS", "--fail", "-T", str(file), "-X", "POST", url]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    program.get("/internal/force_flush")
    program.get("/internal/force_merge")


def query_path(program: Running, query: Query) -> str:
    """Path and parameters of a query."""
    end_s = START_MS // 1000 + (STEPS - 1) * STEP_S
    parameters = {"query": query.expression}
    if query.step_s:
        parameters |= {"start": str(START_MS // 1000), "end": str(end_s), "step": str(query.step_s)}
        where = "query_range"
    else:
        parameters |= {"time": str(end_s)}
        where = "query"
    extra = program.program.query_extra
    return f"{program.program.api}/api/v1/{where}?{urllib.parse.urlencode(parameters)}{extra}"


def compare(query: Query, answers: dict[str, object], answer: dict[str, Any], name: str) -> None:
    """Raise unless Narthex's answer is Prometheus's."""
    found = {
        orjson.dumps(row["metric"], option=orjson.OPT_SORT_KEYS): row.get("values")
        or [row["value"]]
        for row in answer["data"]["result"]
    }
    if not found:
        raise RuntimeError(f"{name}: {query.expression} is empty")
    if name == "prometheus":
        answers[query.expression] = found
    expected = answers.get(query.expression)
    if name != "narthex" or expected is None:
        return
    assert isinstance(expected, dict)
    if found.keys() != expected.keys():
        raise RuntimeError(f"{query.expression}: other series than Prometheus")
    for labels, points in expected.items():
        _compare_points(query.expression, points, found[labels])


def _compare_points(expression: str, expected: list[Any], found: list[Any]) -> None:
    if [t for t, _ in expected] != [t for t, _ in found]:
        raise RuntimeError(f"{expression}: other times than Prometheus")
    for (t, a), (_, b) in zip(expected, found, strict=True):
        if not math.isclose(float(a), float(b), rel_tol=RELATIVE_ERROR) and a != b:
            raise RuntimeError(f"{expression} at {t}: {b} instead of {a}")
