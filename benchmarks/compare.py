"""Measurements and their table: what was measured, for whom, against which line."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

WARM_UP_RUNS = 3
RUNS = 9
SUSPICIOUS_RATIO = 0.02
"""A ratio this good is a bug until explained."""


@dataclass
class Line:
    """One row: a figure for each program, and the most that Narthex may need of Prometheus's."""

    name: str
    unit: str
    goal: float | None
    figures: dict[str, float] = field(default_factory=dict)
    spread: dict[str, tuple[float, float]] = field(default_factory=dict)
    note: str = ""
    at_most: float | None = None
    """The most that Narthex's own figure may be, whatever the others need."""

    def record(self, program: str, values: list[float]) -> None:
        """The median of several runs, and their least and largest."""
        self.figures[program] = statistics.median(values)
        self.spread[program] = (min(values), max(values))

    @property
    def ratio(self) -> float | None:
        """Narthex's figure by Prometheus's."""
        mine, theirs = self.figures.get("narthex"), self.figures.get("prometheus")
        return mine / theirs if mine is not None and theirs else None

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or empty where there is no goal."""
        if self.at_most is not None and "narthex" in self.figures:
            return "met" if self.figures["narthex"] <= self.at_most else "missed"
        if self.ratio is None or self.goal is None:
            return ""
        if self.ratio < SUSPICIOUS_RATIO:
            return "suspicious"
        return "met" if self.ratio <= self.goal else "missed"

    @classmethod
    def of_dict(cls, values: dict[str, Any]) -> Line:
        """What `as_dict` made."""
        return cls(
            **{field.name: values[field.name] for field in fields(cls) if field.name in values}
        )

    def as_dict(self) -> dict[str, object]:
        """For the JSON file."""
        return {**asdict(self), "ratio": self.ratio, "verdict": self.verdict}


def timed(run: Callable[[], object], runs: int = RUNS) -> list[float]:
    """Seconds of each of several runs, after some that are thrown away."""
    for _ in range(WARM_UP_RUNS):
        run()
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return seconds


def table(lines: list[Line]) -> str:
    """The rows as a Markdown table."""
    rows = [
        "| what | unit | Prometheus | VictoriaMetrics | Narthex | of Prometheus | at most | |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for line in lines:
        cells = [_figure(line, name) for name in ("prometheus", "victoria-metrics", "narthex")]
        ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
        goal = "" if line.goal is None else f"{line.goal:.2f}"
        if line.at_most is not None:
            goal = f"{line.at_most:g} {line.unit}"
        note = f"{line.verdict} {line.note}".strip()
        rows.append("| " + " | ".join([line.name, line.unit, *cells, ratio, goal, note]) + " |")
    return "\n".join(rows)


def _figure(line: Line, program: str) -> str:
    value = line.figures.get(program)
    if value is None:
        return "-"
    low, high = line.spread.get(program, (value, value))
    shown = f"{value:.3g}"
    return shown if low == high else f"{shown} ({low:.3g}-{high:.3g})"
