"""The data of the benchmarks: recorded scrapes of one node_exporter, made into many hosts.

The recording is a matrix of series by scrapes. Host h starts at its own place of the recording and
has its own offset on every value, so that pages are not copies of each other; counters go on rising
where the recording is repeated.
"""

from __future__ import annotations

import lzma
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LINE = re.compile(rb"^([a-zA-Z_:][^ {]*(?:\{.*\})?) (\S+)$", re.MULTILINE)
TYPE = re.compile(rb"^# TYPE (\S+) (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Recording:
    """`names`: series as text (`name{labels}`); `values` float64[series, scrapes]."""

    names: list[str]
    values: NDArray[np.float64]
    is_counter: NDArray[np.bool_]
    decimals: NDArray[np.int64]
    """Digits behind the point that the recorded host sends, for each series."""
    types: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> Recording:
        """Read scrapes laid out as (int64 time in ms, uint32 length, page) each, xz-compressed."""
        data = lzma.decompress(path.read_bytes())
        pages, at = [], 0
        while at < len(data):
            (length,) = struct.unpack_from("<I", data, at + 8)
            pages.append(data[at + 12 : at + 12 + length])
            at += 12 + length
        return cls.of_pages(pages)

    @classmethod
    def of_pages(cls, pages: list[bytes]) -> Recording:
        """Only series that are on every page are kept."""
        found = [dict(LINE.findall(page)) for page in pages]
        names = [n for n in found[0] if all(n in page for page in found)]
        values = np.array([[float(page[n]) for page in found] for n in names])
        decimals = np.array([max(_decimals(page[n]) for page in found) for n in names])
        types = {n.decode(): t.decode() for n, t in TYPE.findall(pages[0])}
        texts = [name.decode() for name in names]
        counters = np.array([_is_counter(text, types) for text in texts])
        return cls(texts, values, counters, decimals, types)

    def host(self, host: int, steps: int) -> NDArray[np.float64]:
        """What host number `host` shows at each step, float64[series, steps]."""
        scrapes = self.values.shape[1]
        at = np.arange(steps) + host * 37
        values = self.values[:, at % scrapes]
        rise = (self.values[:, -1] - self.values[:, 0]) * self.is_counter
        values = values + rise[:, None] * (at // scrapes)
        moving = self.values.min(axis=1) != self.values.max(axis=1)
        shift = np.where(self.decimals == 0, host * 13.0, host * 0.37)
        shown: NDArray[np.float64] = values + np.where(moving, shift, 0.0)[:, None]
        for digits in np.unique(self.decimals):  # no digit that an exporter would not send
            rows = self.decimals == digits
            shown[rows] = np.round(shown[rows], int(digits))
        return shown


def _decimals(text: bytes) -> int:
    mantissa, _, exponent = text.lower().partition(b"e")
    return max(0, len(mantissa.partition(b".")[2]) - int(exponent or 0))


def _is_counter(name: str, types: dict[str, str]) -> bool:
    family = name.partition("{")[0]
    base = re.sub(r"_(bucket|sum|count)$", "", family)
    return types.get(family) == "counter" or types.get(base) in ("histogram", "summary")


def page(recording: Recording, values: NDArray[np.float64]) -> bytes:
    """One scrape in the text format, float64[series]."""
    lines = []
    seen = ""
    for name, value in zip(recording.names, values.tolist(), strict=True):
        family = name.partition("{")[0]
        if family != seen and family in recording.types:
            lines.append(f"# TYPE {family} {recording.types[family]}")
        seen = family
        lines.append(f"{name} {value!r}")
    return "\n".join(lines).encode() + b"\n"


def openmetrics(
    recording: Recording, hosts: int, start_ms: int, step_ms: int, steps: int
) -> Iterator[bytes]:
    """The samples of many hosts as an OpenMetrics file, series after series, in pieces."""
    times = [f"{(start_ms + i * step_ms) / 1000:.3f}" for i in range(steps)]
    shown = [recording.host(host, steps) for host in range(hosts)]
    by_family: dict[str, list[int]] = {}
    for i, name in enumerate(recording.names):
        by_family.setdefault(name.partition("{")[0], []).append(i)
    for family, rows in by_family.items():
        yield f"# TYPE {family} unknown\n".encode()
        for host in range(hosts):
            for i in rows:
                name = with_labels(recording.names[i], f'instance="host{host}",job="node"')
                pairs = zip(shown[host][i].tolist(), times, strict=True)
                yield "".join(f"{name} {v!r} {t}\n" for v, t in pairs).encode()
    yield b"# EOF\n"


def with_labels(name: str, labels: str) -> str:
    """A series' text with more labels."""
    head, brace, rest = name.partition("{")
    return f"{head}{{{labels},{rest}" if brace else f"{head}{{{labels}}}"
