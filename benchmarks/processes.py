"""The programs that are compared, as processes: started, measured from outside, stopped."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(os.environ.get("NARTHEX_PEERS", Path.home() / ".cache/narthex-peers")) / "bin"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
READY_S_MAX = 60


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Program:
    """How to start one program; `{port}`, `{data}`, `{config}` are filled in."""

    name: str
    command: tuple[str, ...]
    ready_path: str
    api: str = ""
    """Prefix of the query API."""
    query_extra: str = ""
    """Further parameters of a query (VictoriaMetrics: no answer cache)."""


PROGRAMS = {
    "prometheus": Program(
        "prometheus",
        (
            str(PEERS / "prometheus"),
            "--config.file={config}",
            "--storage.tsdb.path={data}",
            "--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.retention.time=10y",
            "--log.level=error",
        ),
        "/-/ready",
    ),
    "narthex": Program(
        "narthex",
        (
            sys.executable,
            "-m",
            "narthex.cli.main",
            "server",
            "--config.file={config}",
            "--storage.tsdb.path={data}",
            "--web.listen-address=127.0.0.1:{port}",
            "--storage.tsdb.retention.time=10y",
            "--log.level=error",
        ),
        "/-/ready",
    ),
    "victoria-metrics": Program(
        "victoria-metrics",
        (
            str(PEERS / "victoria-metrics"),
            "-promscrape.config={config}",
            "-storageDataPath={data}",
            "-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=10y",
            "-loggerLevel=ERROR",
            "-search.latencyOffset=0s",
            "-search.maxUniqueTimeseries=2000000",
            "-search.maxQueryDuration=120s",
            "-search.maxSamplesPerQuery=10000000000",
        ),
        "/health",
        query_extra="&nocache=1",
    ),
}


class Running:
    """A started program."""

    def __init__(self, program: Program, process: subprocess.Popen[bytes], port: int) -> None:
        self.program, self.process, self.port = program, process, port
        self.url = f"http://127.0.0.1:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        self.ready_s = 0.0

    def cpu_s(self) -> float:
        """User and system time of the process and its finished and running children."""
        total = 0.0
        for pid in [self.process.pid, *_children(self.process.pid)]:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += sum(int(fields[i]) for i in (11, 12, 13, 14))
        return total / TICKS_PER_S

    def memory_bytes(self) -> int:
        """Proportional set size and swap of the process and its children."""
        total = 0
        for pid in [self.process.pid, *_children(self.process.pid)]:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                total += sum(int(r.split()[1]) for r in rows if r.startswith(("Pss:", "Swap:")))
        return total * 1024

    def ask(self, path: str) -> tuple[int, bytes]:
        """Status and whole body of an answer, over one connection that is kept."""
        try:
            return self._exchange(path)
        except http.client.RemoteDisconnected:  # closed while idle: ask again on a new one
            return self._exchange(path)

    def _exchange(self, path: str) -> tuple[int, bytes]:
        try:
            self._connection.request("GET", path)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except BaseException:
            self._connection.close()  # a connection that failed half way cannot be used again
            raise

    def get(self, path: str) -> bytes:
        """The body of an answer that must be 200."""
        status, body = self.ask(path)
        if status != 200:
            raise ConnectionError(f"{self.program.name}: {status} {body[:200]!r}")
        return body

    def stop(self) -> None:
        """Ask to stop, and wait."""
        self._connection.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _children(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        tasks = Path(f"/proc/{pid}/task").iterdir()
        found = [int(c) for t in tasks for c in (t / "children").read_text().split()]
        return found + [grand for child in found for grand in _children(child)]
    return []


@contextlib.contextmanager
def running(program: Program, data: Path, config: Path) -> Iterator[Running]:
    """Start a program on `data`, wait until it is ready, stop it at the end."""
    port = free_port()
    data.mkdir(parents=True, exist_ok=True)
    command = [part.format(port=port, data=data, config=config) for part in program.command]
    log = (data.parent / f"{program.name}.log").open("ab")
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    running_program = Running(program, process, port)
    try:
        while True:
            if process.poll() is not None or time.monotonic() - started > READY_S_MAX:
                raise RuntimeError(f"{program.name} did not become ready, see {log.name}")
            with contextlib.suppress(http.client.HTTPException, ConnectionError, TimeoutError):
                running_program.get(program.ready_path)
                break
            time.sleep(0.01)
        running_program.ready_s = time.monotonic() - started
        yield running_program
    finally:
        running_program.stop()
        log.close()


def version(program: Program) -> str:
    """The version of a program: ours as it tells it, a peer's as its package has it."""
    if program.name == "narthex":
        command = [*program.command[:3], "--version"]
        shown = subprocess.run(command, capture_output=True, text=True, check=True)
        return shown.stdout.strip().rpartition(" ")[2]
    packages = dict(row.split() for row in (PEERS.parent / "versions").read_text().splitlines())
    return packages[program.name]


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below."""
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def fresh(folder: Path) -> Path:
    """An empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
