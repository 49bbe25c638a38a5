"""Which web server: latency, CPU, streamed answers, a client that goes, a certificate that changes.

`python -m benchmarks.trials.web_servers` needs `uvicorn hypercorn granian uvloop httptools` in the
environment; it prints one row a server.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

BODY = b"x" * 200
REQUESTS = 3000


async def app(scope: Any, receive: Any, send: Any) -> None:
    """`/` answers at once, `/stream` in 50 pieces, `/gone` writes when its client went."""
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        for _ in range(50):
            await send({"type": "http.response.body", "body": b"y" * 100_000, "more_body": True})
    if scope["path"] == "/gone":
        await send({"type": "http.response.body", "body": b"z", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        Path(os.environ["TRIAL_MARK"]).write_text(str(time.time()))  # noqa: ASYNC240
        return
    await send({"type": "http.response.body", "body": BODY})


def serve_uvicorn(port: int) -> None:
    """Until told to stop."""
    import uvicorn  # noqa: PLC0415 - the process of one server needs one

    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", lifespan="off",
        log_level="error",
    )  # fmt: skip


def serve_hypercorn(port: int) -> None:
    """Until told to stop."""
    import hypercorn.asyncio  # noqa: PLC0415
    import hypercorn.config  # noqa: PLC0415

    config = hypercorn.config.Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.loglevel = "ERROR"
    asyncio.run(hypercorn.asyncio.serve(app, config))


def serve_granian(port: int) -> None:
    """Until told to stop."""
    import granian  # noqa: PLC0415

    target = "benchmarks.trials.web_servers:app"
    options = {"interface": "asginl", "log_enabled": False, "loop": "uvloop"}
    granian.Granian(target, address="127.0.0.1", port=port, **options).serve()


SERVERS = {"uvicorn": serve_uvicorn, "hypercorn": serve_hypercorn, "granian": serve_granian}


def cpu_s(pid: int) -> float:
    """User and system seconds of a process and its children."""
    total = 0.0
    for one in [pid, *children(pid)]:
        with contextlib.suppress(FileNotFoundError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def children(pid: int) -> list[int]:
    """Processes started by a process."""
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def trial(name: str) -> str:
    """One row."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mark = Path(f"/tmp/trial-{name}")
    mark.unlink(missing_ok=True)
    environment = {**os.environ, "TRIAL_MARK": str(mark)}
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.trials.web_servers", name, str(port)], env=environment
    )
    try:
        connect(port)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(300):
            ask(connection, "/")
        before = cpu_s(process.pid)
        times = [ask(connection, "/") for _ in range(REQUESTS)]
        used = (cpu_s(process.pid) - before) / REQUESTS
        stream_s = ask(connection, "/stream")
        return (
            f"| {name} | {statistics.median(times) * 1e3:.3f} | {used * 1e6:.0f} |"
            f" {5.0 / stream_s:.0f} | {sees_client_go(port, mark)} |"
        )
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def connect(port: int) -> None:
    """Wait until the server listens."""
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise RuntimeError("the server does not listen")


def ask(connection: http.client.HTTPConnection, path: str) -> float:
    """Seconds of one exchange."""
    started = time.perf_counter()
    connection.request("GET", path)
    connection.getresponse().read()
    return time.perf_counter() - started


def sees_client_go(port: int, mark: Path) -> str:
    """Milliseconds until the handler knows."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /gone HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(1000)
    gone = time.time()
    for _ in range(100):
        if mark.exists() and mark.read_text():
            return f"{(float(mark.read_text()) - gone) * 1e3:.1f} ms"
        time.sleep(0.02)
    return "not within 2 s"


if __name__ == "__main__":
    if len(sys.argv) == 3:
        SERVERS[sys.argv[1]](int(sys.argv[2]))
    else:
        print("| server | p50 ms | CPU us/request | stream MB/s | sees its client go |")
        print("| --- | --- | --- | --- | --- |")
        for server in SERVERS:
            print(trial(server), flush=True)
