"""Many node_exporters in one process: pages made and compressed before the clock starts.

Run as `python -m benchmarks.targets RECORDING PORT HOSTS STEPS`; prints `ready`, then serves
`/HOST/metrics` on 127.0.0.1, the next page at each request of a host.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import cramjam
import httptools

from benchmarks.workload import Recording, page

HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
    b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
)


class Exporter(asyncio.Protocol):
    """One connection of a scraper."""

    def __init__(self, answers: list[list[bytes]], turns: list[int]) -> None:
        self._answers, self._turns = answers, turns
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_message_complete(self) -> None:
        host = int(self._url.split(b"/")[1])
        pages = self._answers[host]
        self._transport.write(pages[self._turns[host] % len(pages)])  # type: ignore[attr-defined]
        self._turns[host] += 1


def answers_of(recording: Recording, host: int, steps: int) -> list[bytes]:
    """Whole HTTP answers of one host."""
    values = recording.host(host, steps)
    bodies = (bytes(cramjam.gzip.compress(page(recording, values[:, i]), 6)) for i in range(steps))
    return [HEAD % len(body) + body for body in bodies]


async def serve(recording: Recording, port: int, hosts: int, steps: int) -> None:
    """Serve until killed."""
    answers = [answers_of(recording, host, steps) for host in range(hosts)]
    turns = [0] * hosts
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Exporter(answers, turns), "127.0.0.1", port)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    path, port, hosts, steps = sys.argv[1:]
    asyncio.run(serve(Recording.read(Path(path)), int(port), int(hosts), int(steps)))
