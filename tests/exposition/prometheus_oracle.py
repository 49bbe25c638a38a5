"""What a real Prometheus makes of pages: each page is the target of one job of a real server.

Pages are served on a free port, Prometheus scrapes them all at once, and its API tells for each
whether the scrape went well, what its error was, and which samples it kept.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BINARY = (
    Path(os.environ.get("NARTHEX_PEERS", Path.home() / ".cache" / "narthex-peers" / "bin"))
    / "prometheus"
)
REPORT_SERIES = ("up", "scrape_")

TEXT = "text/plain; version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@dataclass(frozen=True)
class Verdict:
    """Of one page: the error text (empty when taken), and (labels, time or None, value text)."""

    error: str
    samples: frozenset[tuple[frozenset[tuple[str, str]], int, str]]


def judge(pages: Sequence[tuple[str, bytes]], folder: Path) -> list[Verdict]:
    """What Prometheus says of each (content type, body); samples carry their stored times."""
    with served(pages) as port, prometheus(pages, port, folder) as api:
        states = wait_until_scraped(api, len(pages))
        return [Verdict(states[case], samples_of(api, case)) for case in range(len(pages))]


@contextlib.contextmanager
def served(pages: Sequence[tuple[str, bytes]]) -> Iterator[int]:
    """Serve page `i` under `/i` on a free port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content_type, body = pages[int(self.path.strip("/"))]
            self.send_response(200)
            if content_type:
                self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def prometheus(pages: Sequence[tuple[str, bytes]], port: int, folder: Path) -> Iterator[str]:
    """A Prometheus that scrapes all pages; yields the root of its API."""
    groups = [
        {
            "targets": [f"127.0.0.1:{port}"],
            "labels": {"__metrics_path__": f"/{case}", "case": str(case)},
        }
        for case in range(len(pages))
    ]
    job = {
        "job_name": "pages",
        "scrape_interval": "3s",
        "scrape_timeout": "3s",
        "honor_labels": True,
        "static_configs": groups,
    }
    config = folder / "prometheus.yml"
    config.write_text(json.dumps({"scrape_configs": [job]}))
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        [
            BINARY,
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={address}",
            "--log.level=error",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://{address}/api/v1"
    finally:
        process.terminate()
        process.wait()


def wait_until_scraped(api: str, count: int) -> dict[int, str]:
    """Error text by page, once every one has been scraped."""
    for _ in range(150):
        time.sleep(0.2)
        with contextlib.suppress(OSError):
            targets = ask(f"{api}/targets")["activeTargets"]
            if len(targets) == count and all(t["health"] != "unknown" for t in targets):
                return {int(t["labels"]["case"]): t["lastError"] for t in targets}
    raise TimeoutError("Prometheus has not scraped every page within 30 s")


def samples_of(api: str, case: int) -> frozenset[tuple[frozenset[tuple[str, str]], int, str]]:
    """The samples of one page but for those that report on the scrape."""
    query = urllib.parse.urlencode({"query": f'{{case="{case}"}}[5m]'})
    return frozenset(
        (frozenset(series["metric"].items()), round(at * 1000), value)
        for series in ask(f"{api}/query?{query}")["result"]
        if not series["metric"].get("__name__", "").startswith(REPORT_SERIES)
        for at, value in series["values"]
    )


def ask(url: str) -> dict[str, Any]:
    """The data of one answer of the API."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        data: dict[str, Any] = json.load(answer)["data"]
        return data


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
