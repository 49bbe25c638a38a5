"""What a test file says, command by command."""

from __future__ import annotations

from dataclasses import dataclass, field

from narthex.cli.tool.promql_test.expectations import Expectations
from narthex.cli.tool.promql_test.points import Point
from narthex.model.labels import Labels


@dataclass(frozen=True, slots=True)
class Clear:
    """Forget all series."""

    line: int


@dataclass(frozen=True, slots=True)
class LoadedSeries:
    """Points, and milliseconds from each to the start of its counter (None: unknown)."""

    points: list[Point]
    start_offsets: list[int | None]


@dataclass(frozen=True, slots=True)
class Load:
    """Add series; point i is at `i * step_ms`. A series named again replaces the one before."""

    line: int
    step_ms: int
    with_nhcb: bool
    series: dict[Labels, LoadedSeries] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moments:
    """From start to end inclusive, in ms; step 0 at one moment."""

    start_ms: int
    end_ms: int
    step_ms: int


@dataclass(slots=True)
class Evaluation:
    """A query, when to evaluate it, and what is to come of it.

    `expected` are series with their points; `scalar` and `text` are other kinds of answers.
    `expected_times` are those of the points: the query's own, but for an instant query that
    answers a range vector.
    """

    line: int
    query: str
    moments: Moments
    is_range: bool
    expectations: Expectations
    expected_times: Moments
    expects_range_vector: bool = False
    scalar: float | None = None
    text: str | None = None
    expected: dict[Labels, list[Point]] = field(default_factory=dict)


Command = Clear | Load | Evaluation
