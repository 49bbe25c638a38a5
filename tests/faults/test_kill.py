"""`kill -9` at random moments under scraping: what a query had shown is there after the restart."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from pathlib import Path
from urllib.parse import quote

import orjson

from benchmarks.processes import PROGRAMS, Running, running
from tests.faults.exporter import exporter

ROUNDS = int(os.environ.get("NARTHEX_KILL_ROUNDS", "20"))
SERIES = 50
CONFIG = """\
global: {{scrape_interval: 100ms, scrape_timeout: 100ms}}
scrape_configs:
  - job_name: moving
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""

Samples = dict[str, dict[float, str]]


def test_nothing_that_was_shown_is_lost(tmp_path: Path) -> None:
    turns = itertools.count()

    def page(_: str) -> bytes:
        turn = next(turns)
        return "".join(f'moving{{n="{n}"}} {turn * 1000 + n}\n' for n in range(SERIES)).encode()

    chance = random.Random(11)
    config, data = tmp_path / "config.yml", tmp_path / "data"
    shown: Samples = {}
    with exporter(page) as port:
        config.write_text(CONFIG.format(port=port))
        for round_number in range(ROUNDS):
            with running(PROGRAMS["narthex"], data, config) as program:
                found = samples(program)
                assert_nothing_lost(shown, found, round_number)
                time.sleep(chance.uniform(0.2, 1.5))
                shown = samples(program)
                program.process.send_signal(signal.SIGKILL)
                program.process.wait()
        with running(PROGRAMS["narthex"], data, config) as program:
            assert_nothing_lost(shown, samples(program), ROUNDS)
    assert sum(len(points) for points in shown.values()) > SERIES * ROUNDS


def samples(program: Running) -> Samples:
    """Every sample of the last hour."""
    body = program.get(f"/api/v1/query?query={quote('moving[1h]')}")
    rows = orjson.loads(body)["data"]["result"]
    return {row["metric"]["n"]: dict(row["values"]) for row in rows}


def assert_nothing_lost(shown: Samples, found: Samples, round_number: int) -> None:
    for n, points in shown.items():
        for time_s, value in points.items():
            assert found.get(n, {}).get(time_s) == value, f"round {round_number}, n={n} at {time_s}"
    for n, points in found.items():
        for time_s, value in points.items():
            assert int(float(value)) % 1000 == int(n), (
                f"a value of another series: n={n} at {time_s}"
            )
