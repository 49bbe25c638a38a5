"""Scraping: CPU per sample, memory, and the time to get ready, on the same targets in turn.

What is taken in must be cut into a block some time, so CPU is measured twice: over a window in
which no block is cut, and over one of the same length with one cut. Two hours of scraping are too
long to wait for, so Narthex and Prometheus are both told to cut blocks of one minute (a flag that
both have for tests); at 60 samples a series that weighs the cut more than 480 (two hours, each
15 s) would. VictoriaMetrics has no such blocks: it merges all the time, in both windows.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from benchmarks.compare import Line
from benchmarks.processes import PROGRAMS, Program, Running, free_port, fresh, running

TARGETS = 100
BLOCK_S = 60
CUTTING = f"--storage.tsdb.min-block-duration={BLOCK_S}s"
CUTTERS = ("prometheus", "narthex")
WARM_UP_S = 20
WINDOW_S = 60
"""The first block is cut at one and a half times its length: this window ends before."""
CUTTING_AT_S = 2 * BLOCK_S
"""From here on each window of a block's length holds one cut."""
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


@dataclass(frozen=True, slots=True)
class Window:
    """What a program did in one window."""

    cpu_s: float
    samples: float

    @property
    def cpu_us_per_sample(self) -> float:
        """Of the process and its children."""
        return self.cpu_s / self.samples * 1e6


def watched(program: Running) -> Window:
    """One window from now on."""
    cpu_s, samples = program.cpu_s(), samples_now(program)
    time.sleep(WINDOW_S)
    return Window(program.cpu_s() - cpu_s, samples_now(program) - samples)


def blocks_cut(program: Running) -> float:
    """Blocks cut or merged since the start; 0 for a program that does not say."""
    rows = program.get("/metrics").decode().splitlines()
    return sum(
        float(r.rpartition(" ")[2])
        for r in rows
        if r.startswith("prometheus_tsdb_compactions_total ")
    )


def cutting_blocks(program: Program) -> Program:
    """The program, told to cut short blocks if it cuts any."""
    if program.name not in CUTTERS:
        return program
    return replace(program, command=(*program.command, CUTTING))


def run(recording: Path, work: Path, names: list[str]) -> list[Line]:
    """The lines of this benchmark."""
    scraping = "scraping 100 targets x 500 series each second"
    cpu = Line(scraping, "us CPU/sample", 0.5)
    cutting = Line(f"{scraping}, one block cut", "us CPU/sample", 0.5)
    memory = Line("memory after it", "MB", None)
    rate = Line("samples taken", "1/s", None)
    ready = Line("ready, empty data folder, kernels compiled", "s", None, at_most=2.0)
    cold = Line("all kernels compiled anew", "s", None, at_most=60.0)
    idle = Line("idle memory", "MB", None)
    with targets(recording, TARGETS, CUTTING_AT_S + WINDOW_S) as port:
        config = work / "ingest.yml"
        config.write_text(config_text(port, TARGETS))
        nothing = work / "idle.yml"
        nothing.write_text("global:\n  scrape_interval: 15s\n")
        for name in names:
            with running(PROGRAMS[name], fresh(work / "idle-data"), nothing) as program:
                time.sleep(IDLE_S)
                ready.figures[name] = program.ready_s
                idle.figures[name] = program.memory_bytes() / 1e6
            data = fresh(work / f"ingest-{name}")
            with running(cutting_blocks(PROGRAMS[name]), data, config) as program:
                time.sleep(WARM_UP_S)
                window = watched(program)
                cpu.figures[name] = window.cpu_us_per_sample
                rate.figures[name] = window.samples / WINDOW_S
                memory.figures[name] = program.memory_bytes() / 1e6
                time.sleep(CUTTING_AT_S - WARM_UP_S - WINDOW_S)
                blocks = blocks_cut(program)
                cutting.figures[name] = watched(program).cpu_us_per_sample
                check(program)
                check_cut(program, blocks_cut(program) - blocks)
    if "narthex" in names:
        cold.figures["narthex"] = kernels_cold_s(work)
    return [cpu, cutting, rate, memory, ready, cold, idle]


def kernels_cold_s(work: Path) -> float:
    """Seconds of `narthex kernels build` into an empty cache."""
    environment = {**os.environ, "NARTHEX_KERNEL_CACHE": str(fresh(work / "kernels"))}
    started = time.monotonic()
    command = [*PROGRAMS["narthex"].command[:3], "kernels", "build"]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def check_cut(program: Running, blocks: float) -> None:
    """The window held a cut, or its figure means nothing."""
    if program.program.name in CUTTERS and blocks < 1:
        raise RuntimeError(f"{program.program.name} cut no block in the window")


def check(program: Running) -> None:
    """Every target was up, or the figures mean nothing."""
    path = f"{program.program.api}/api/v1/query?query=sum(up)"
    answer = orjson.loads(program.get(path))
    up = float(answer["data"]["result"][0]["value"][1])
    if up != TARGETS:
        raise RuntimeError(f"{program.program.name}: {up:g} of {TARGETS} targets are up")
