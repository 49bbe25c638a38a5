"""`narthex server` as an operator meets it: starts, refusals in one sentence, signals."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.processes import PROGRAMS, Running, running

STOP_S_MAX = 5
COMMAND = [sys.executable, "-m", "narthex.cli.main", "server", "--log.level=error"]
CONFIG = "global: {scrape_interval: 1s}\nscrape_configs: []\n"
RETENTION = "storage: {tsdb: {retention: {time: 3d}}}\n"
BROKEN = "global: {scrape_interval: 1s}\nscrape_configs:\n  - job_nam: x\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "prometheus.yml"
    path.write_text(CONFIG)
    return path


def refusal(*arguments: str) -> str:
    """What a server that does not start says: one line, exit code 1 or 2."""
    shown = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert shown.returncode in (1, 2), shown
    assert len(shown.stderr.strip().splitlines()) == 1, shown.stderr
    return shown.stderr


@contextmanager
def bound_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with bound_port() as port:
        said = refusal(f"--web.listen-address=127.0.0.1:{port}", f"--storage.tsdb.path={tmp_path}")
    assert f"cannot listen on 127.0.0.1:{port}: the port is in use" in said


def test_a_broken_configuration_is_one_sentence(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text(BROKEN)
    said = refusal(f"--config.file={config}", "--web.listen-address=127.0.0.1:0")
    assert f"{config}:3" in said
    assert "job_nam" in said
    missing = refusal("--config.file=/nonexistent/x.yml", "--web.listen-address=127.0.0.1:0")
    assert "cannot read the configuration /nonexistent/x.yml: No such file" in missing


def test_foreign_data_is_refused_and_left_alone(tmp_path: Path) -> None:
    block = tmp_path / "01ARZ3NDEKTSV4RRFFQ69G5FAV"
    block.mkdir()
    (tmp_path / "wal").mkdir()
    said = refusal(f"--storage.tsdb.path={tmp_path}", "--web.listen-address=127.0.0.1:0")
    assert "holds data of Prometheus" in said
    assert "narthex tool tsdb create-blocks-from openmetrics" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == [block.name, "wal"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = refusal(f"--storage.tsdb.path={tmp_path}/file/data", "--web.listen-address=127.0.0.1:0")
    assert f"cannot open the data folder {tmp_path}/file/data" in said


def test_flags_of_prometheus_that_nothing_acts_on_are_refused_by_name() -> None:
    assert "--web.enable-remote-write-receiver is not acted on yet" in refusal(
        "--web.enable-remote-write-receiver"
    )


def test_a_life(tmp_path: Path, config: Path) -> None:
    """Start, a second process on the same data, reloads, the end within five seconds, again."""
    data = tmp_path / "data"
    with running(PROGRAMS["narthex"], data, config) as program:
        said = refusal(f"--storage.tsdb.path={data}", "--web.listen-address=127.0.0.1:0")
        assert "is in use by another process" in said
        config.write_text(BROKEN)
        program.process.send_signal(signal.SIGHUP)
        wait_until(program, "prometheus_config_last_reload_successful 0.0")
        facts = program.get("/api/v1/status/runtimeinfo")
        assert b'"reloadConfigSuccess":false' in facts
        config.write_text(CONFIG.replace("1s", "2s") + RETENTION)
        program.process.send_signal(signal.SIGHUP)
        wait_until(program, "prometheus_config_last_reload_successful 1.0")
        assert b"scrape_interval: 2s" in program.get("/api/v1/status/config")
        facts = program.get("/api/v1/status/runtimeinfo")
        assert b'"storageRetention":"3d"' in facts
        assert b'"reloadConfigSuccess":true' in facts
        stopping = time.monotonic()
        program.process.send_signal(signal.SIGTERM)
        assert program.process.wait(30) == 0
        assert time.monotonic() - stopping < STOP_S_MAX
    with running(PROGRAMS["narthex"], data, config) as program:
        assert program.get("/-/ready")


def wait_until(program: Running, line: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if line in program.get("/metrics").decode():
            return
        time.sleep(0.1)
    raise AssertionError(f"/metrics never showed {line}")
