"""The samples that both programs hold: every kind of series that queries trip over.

Counters with resets, gauges with NaN and infinities, series that come and go, classic histograms,
names that are no identifiers. Two hours at 15 s, one OpenMetrics file.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

START_S = 1_700_006_400
"""On the edge of a block of two hours."""
STEP_S = 15
STEPS = 2 * 3600 // STEP_S
END_S = START_S + (STEPS - 1) * STEP_S

Values = Sequence[float | None]
Series = tuple[str, Values]


def series() -> Iterator[Series]:
    """Names with labels, and a value or a hole for each step."""
    chance = random.Random(7)
    for job in ("api", "web"):
        for instance in range(3):
            labels = f'job="{job}",instance="{instance}"'
            for code in ("200", "404", "500"):
                yield f'http_requests_total{{{labels},code="{code}"}}', counter(chance)
            yield f"cpu_usage{{{labels}}}", [chance.random() * 4 for _ in range(STEPS)]
            yield f"queue_size{{{labels}}}", walk(chance)
            yield f'build_info{{{labels},version="1.{instance}"}}', [1.0] * STEPS
            yield from histogram(labels, chance)
    yield 'flappy{kind="holes"}', [None if (i // 20) % 2 else float(i) for i in range(STEPS)]
    yield 'flappy{kind="rare"}', [float(i) if i % 37 == 0 else None for i in range(STEPS)]
    yield 'flappy{kind="late"}', [None if i < STEPS // 2 else 2.0 for i in range(STEPS)]
    yield 'odd_values{kind="nan"}', [math.nan if i % 7 == 0 else float(i) for i in range(STEPS)]
    yield 'odd_values{kind="inf"}', [math.inf if i % 11 == 0 else -float(i) for i in range(STEPS)]
    yield 'odd_values{kind="huge"}', [1e300 * (i % 3 - 1) for i in range(STEPS)]
    yield 'odd_values{kind="tiny"}', [1e-300 * i for i in range(STEPS)]
    yield 'odd_values{kind="zero"}', [0.0 if i % 2 else -0.0 for i in range(STEPS)]
    yield 'numbers{n="10"}', [10.0] * STEPS
    yield 'numbers{n="9"}', [9.0] * STEPS
    yield '{"dotted.name","label.with.dots"="x"}', [float(i) for i in range(STEPS)]


def counter(chance: random.Random) -> Values:
    """Rises unevenly and falls back to zero a few times."""
    total = 0.0
    values: list[float] = []
    for _ in range(STEPS):
        total = 0.0 if chance.random() < 0.01 else total + chance.randrange(50)
        values.append(total)
    return values


def walk(chance: random.Random) -> Values:
    """Wanders around zero."""
    at = 0.0
    values: list[float] = []
    for _ in range(STEPS):
        at += chance.gauss(0, 1)
        values.append(round(at, 3))
    return values


def histogram(labels: str, chance: random.Random) -> Iterator[Series]:
    """Cumulative buckets, a sum and a count."""
    bounds = ("0.1", "0.5", "1.0", "5.0", "+Inf")
    counts = [[0.0] * STEPS for _ in bounds]
    running, total, sums = [0.0] * len(bounds), 0.0, []
    for i in range(STEPS):
        for _ in range(chance.randrange(6)):
            seen = chance.expovariate(1.0)
            total += seen
            for j, bound in enumerate(bounds):
                running[j] += seen <= float(bound.replace("+Inf", "inf"))
        for j, value in enumerate(running):
            counts[j][i] = value
        sums.append(round(total, 6))
    for bound, values in zip(bounds, counts, strict=True):
        yield f'latency_bucket{{{labels},le="{bound}"}}', values
    yield f"latency_sum{{{labels}}}", sums
    yield f"latency_count{{{labels}}}", counts[-1]


def openmetrics() -> str:
    """The file, family by family."""
    by_family: dict[str, list[Series]] = {}
    for name, values in series():
        family = name[2:].partition('"')[0] if name.startswith("{") else name.partition("{")[0]
        by_family.setdefault(family, []).append((name, values))
    lines = []
    for family, members in by_family.items():
        shown = f'"{family}"' if "." in family else family
        lines.append(f"# TYPE {shown} unknown")
        for name, values in members:
            lines += [
                f"{name} {spell(value)} {START_S + i * STEP_S}"
                for i, value in enumerate(values)
                if value is not None
            ]
    return "\n".join([*lines, "# EOF", ""])


def spell(value: float) -> str:
    """As OpenMetrics writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)
