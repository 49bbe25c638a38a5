"""A real node_exporter, scraped from configuration to answer."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from benchmarks.processes import PROGRAMS, Running, free_port, running

PATIENCE_S = 60


@pytest.fixture
def exporter(peers: Path) -> Iterator[int]:
    port = free_port()
    command = [str(peers / "prometheus-node-exporter"), f"--web.listen-address=127.0.0.1:{port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield port
    process.terminate()
    process.wait()


def test_scraped_stored_and_answered(exporter: int, tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s}\n"
        "scrape_configs:\n"
        "  - job_name: node\n"
        f"    static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]\n"
    )
    with running(PROGRAMS["narthex"], tmp_path / "data", config) as program:
        rows = wait_for(program, "rate(node_cpu_seconds_total[10s]) >= 0")
        assert {"cpu", "mode", "instance", "job"} <= rows[0]["metric"].keys()
        assert wait_for(program, 'up{job="node"} == 1')
        (count,) = wait_for(program, 'count({job="node"})')
        assert float(count["value"][1]) > 300
        metadata = orjson.loads(program.get("/api/v1/metadata?metric=node_cpu_seconds_total"))
        assert metadata["data"]["node_cpu_seconds_total"][0]["type"] == "counter"
        targets = orjson.loads(program.get("/api/v1/targets"))["data"]["activeTargets"]
        assert [target["health"] for target in targets] == ["up"]


def wait_for(program: Running, expression: str) -> Any:
    """The rows of a query once it has some."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(ConnectionError):
            body = program.get(f"/api/v1/query?query={quote(expression)}")
            if rows := orjson.loads(body)["data"]["result"]:
                return rows
        time.sleep(0.2)
    raise AssertionError(f"no answer to {expression}")
