"""Scraping: CPU per sample, memory, and the time to get ready, on the same targets in turn."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.compare import Line
from benchmarks.processes import PROGRAMS, Running, free_port, fresh, running

TARGETS = 100
WARM_UP_S = 10
WINDOW_S = 60
IDLE_S = 5

CONFIG = """\
global:
  scrape_interval: {interval}
  scrape_timeout: {interval}
scrape_configs:
{jobs}
"""
JOB = """\
  - job_name: node
    metrics_path: /{host}/metrics
    static_configs:
      - targets: ["127.0.0.1:{port}"]
        labels: {{instance: "host{host}"}}
"""


def config_text(port: int, hosts: int) -> str:
    """One job a host, since the path differs; the job's label is the same for all."""
    jobs = []
    for host in range(hosts):
        job = JOB.format(host=host, port=port)
        jobs.append(job.replace("job_name: node", f"job_name: node{host}"))
    return CONFIG.format(interval="1s", jobs="\n".join(jobs))


@contextlib.contextmanager
def targets(recording: Path, hosts: int, steps: int) -> Iterator[int]:
    """The exporters' process; its port."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.targets", str(recording), str(port)]
    process = subprocess.Popen([*command, str(hosts), str(steps)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        if process.stdout.readline().strip() != b"ready":
            raise RuntimeError("the exporters did not start")
        yield port
    finally:
        process.kill()
        process.wait()


def samples_now(program: Running) -> float:
    """Samples ever appended, by the program's own counter."""
    text = program.get("/metrics").decode()
    names = {
        "prometheus": 'prometheus_tsdb_head_samples_appended_total{type="float"}',
        "narthex": 'prometheus_tsdb_head_samples_appended_total{type="float"}',
        "victoria-metrics": "vm_rows_added_to_storage_total",
    }
    wanted = names[program.program.name]
    return sum(float(r.rpartition(" ")[2]) for r in text.splitlines() if r.startswith(wanted))


def run(recording: Path, work: Path, names: list[str]) -> list[Line]:
    """The lines of this benchmark."""
    cpu = Line("scraping 100 targets x 500 series each second", "us CPU/sample", 0.5)
    memory = Line("memory after it", "MB", None)
    rate = Line("samples taken", "1/s", None)
    ready = Line("ready, empty data folder", "s", None)
    idle = Line("idle memory", "MB", None)
    with targets(recording, TARGETS, WARM_UP_S + WINDOW_S + 30) as port:
        config = work / "ingest.yml"
        config.write_text(config_text(port, TARGETS))
        nothing = work / "idle.yml"
        nothing.write_text("global:\n  scrape_interval: 15s\n")
        for name in names:
            with running(PROGRAMS[name], fresh(work / "idle-data"), nothing) as program:
                time.sleep(IDLE_S)
                ready.figures[name] = program.ready_s
                idle.figures[name] = program.memory_bytes() / 1e6
            with running(PROGRAMS[name], fresh(work / f"ingest-{name}"), config) as program:
                time.sleep(WARM_UP_S)
                cpu_before, samples_before = program.cpu_s(), samples_now(program)
                time.sleep(WINDOW_S)
                samples = samples_now(program) - samples_before
                cpu.figures[name] = (program.cpu_s() - cpu_before) / samples * 1e6
                memory.figures[name] = program.memory_bytes() / 1e6
                rate.figures[name] = samples / WINDOW_S
                check(program)
    return [cpu, rate, memory, ready, idle]


def check(program: Running) -> None:
    """Every target was up, or the figures mean nothing."""
    path = f"{program.program.api}/api/v1/query?query=sum(up)"
    answer = orjson.loads(program.get(path))
    up = float(answer["data"]["result"][0]["value"][1])
    if up != TARGETS:
        raise RuntimeError(f"{program.program.name}: {up:g} of {TARGETS} targets are up")
