"""500 mutated pages are taken or refused by both programs alike, with the same samples."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from benchmarks.processes import PROGRAMS, Running, running
from tests.peers.pages import mutated

PAGES = 500
PATIENCE_S = 90
CONFIG = """\
global: {{scrape_interval: 2s, scrape_timeout: 2s}}
scrape_configs:
  - job_name: pages
    honor_timestamps: false
    file_sd_configs: [{{files: ["{targets}"]}}]
"""


class PageHandler(BaseHTTPRequestHandler):
    """`/N` is page N."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        content_type, body = mutated(int(self.path[1:]))
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


class PageServer(ThreadingHTTPServer):
    """Silent when a program closes its connections as it stops."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A connection that was reset is no failure here."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("pages")
    server = PageServer(("127.0.0.1", 0), PageHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    groups = [
        {
            "targets": [f"127.0.0.1:{server.server_port}"],
            "labels": {"__metrics_path__": f"/{page}", "page": str(page)},
        }
        for page in range(PAGES)
    ]
    (folder / "targets.json").write_bytes(orjson.dumps(groups))
    config = folder / "config.yml"
    config.write_text(CONFIG.format(targets=folder / "targets.json"))
    yield config
    server.shutdown()
    server.server_close()
    thread.join()


def test_mutated_pages(peers: Path, config: Path) -> None:
    judged = {}
    for name in ("prometheus", "narthex"):
        with running(PROGRAMS[name], config.parent / name, config) as program:
            judged[name] = judgement(program)
    expected, found = judged["prometheus"], judged["narthex"]
    assert len(expected) == PAGES
    refused = [page for page, samples in expected.items() if samples is None]
    assert PAGES / 10 < len(refused) < PAGES * 9 / 10
    wrong = {page: mutated(int(page)) for page in expected if expected[page] != found.get(page)}
    report = [
        f"page {page}: {body!r}\n  Prometheus {expected[page]}\n  Narthex {found.get(page)}"
        for page, (_, body) in list(wrong.items())[:3]
    ]
    assert not wrong, f"{len(wrong)} of {PAGES} judged otherwise\n" + "\n".join(report)


def judgement(program: Running) -> dict[str, dict[str, str] | None]:
    """For each page its samples by labels, None where it was refused."""
    ups = wait_for_all(program)
    rows = query(program, '{page!="",__name__!~"up|scrape_.*"}')
    samples: dict[str, dict[str, str]] = {}
    for row in rows:
        labels = {k: v for k, v in row["metric"].items() if k != "instance"}
        text = orjson.dumps(labels, option=orjson.OPT_SORT_KEYS).decode()
        samples.setdefault(row["metric"]["page"], {})[text] = row["value"][1]
    return {page: samples.get(page, {}) if up == "1" else None for page, up in ups.items()}


def wait_for_all(program: Running) -> dict[str, str]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        ups = {row["metric"]["page"]: row["value"][1] for row in query(program, "up")}
        if len(ups) == PAGES:
            return ups
        time.sleep(0.5)
    raise AssertionError(f"{program.program.name} did not reach every target")


def query(program: Running, expression: str) -> Any:
    body = program.get(f"/api/v1/query?query={quote(expression)}")
    return orjson.loads(body)["data"]["result"]
