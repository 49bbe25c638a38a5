"""A broken configuration: no start, and no harm to a process that runs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from benchmarks.processes import PROGRAMS, Running, running

GOOD = "scrape_configs: [{job_name: a, scrape_interval: 1h, static_configs: [{targets: [x:1]}]}]\n"
BROKEN = {
    "yaml": ("scrape_configs: [\n", "prometheus.yml:2: bad YAML: "),
    "key": ("global:\n  scrape_intervall: 1s\n", "prometheus.yml:2: global.scrape_intervall: unk"),
    "regex": (
        "scrape_configs:\n- job_name: a\n  relabel_configs:\n  - {target_label: x, regex: '['}\n",
        "prometheus.yml:4: scrape_configs[0].relabel_configs[0].regex: error parsing regexp",
    ),
    "jobs": ("scrape_configs:\n- job_name: a\n- job_name: a\n", "prometheus.yml:3: scrape_config"),
    "bytes": ("scrape_configs: \udcff\n", "the file is not UTF-8"),
    "depth": ("a: " + "[" * 200_000, "prometheus.yml:1: bad YAML: more than 100 levels deep"),
}


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("fault", ["key", "bytes", "depth"])
def test_no_start_and_one_sentence(tmp_path: Path, fault: str) -> None:
    text, reason = BROKEN[fault]
    config = tmp_path / "prometheus.yml"
    write(config, text)
    command = [sys.executable, "-m", "narthex.cli.main", "server"]
    flags = [f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}"]
    listen = ["--web.listen-address=127.0.0.1:0"]
    done = subprocess.run(
        [*command, *flags, *listen], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode != 0
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def metric(server: Running, name: str) -> float:
    """The value of a metric without labels."""
    page = server.get("/metrics").decode()
    (line,) = [line for line in page.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


def wait_for_reload(server: Running, successful: float) -> None:
    deadline = time.monotonic() + 60
    while metric(server, "prometheus_config_last_reload_successful") != successful:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def jobs(server: Running) -> list[str]:
    """The jobs of the configuration that is running."""
    answer = orjson.loads(server.get("/api/v1/scrape_pools"))
    return list(answer["data"]["scrapePools"])


def test_a_running_process_keeps_the_old_one(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    write(config, GOOD)
    with running(PROGRAMS["narthex"], tmp_path / "data", config) as server:
        wait_for_reload(server, 1)
        for text, _ in BROKEN.values():
            write(config, text)
            server.process.send_signal(signal.SIGHUP)
            wait_for_reload(server, 0)
            assert jobs(server) == ["a"]
            write(config, GOOD)
            server.process.send_signal(signal.SIGHUP)
            wait_for_reload(server, 1)
        write(config, GOOD.replace("job_name: a", "job_name: b"))
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while jobs(server) != ["b"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    log = (tmp_path / "narthex.log").read_text()
    for _, reason in BROKEN.values():
        assert reason in log
