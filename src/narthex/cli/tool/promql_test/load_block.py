"""`load 5m` and the series below it."""

from __future__ import annotations

import re

from narthex.cli.tool.promql_test.commands import Load, LoadedSeries
from narthex.cli.tool.promql_test.errors import BadItem
from narthex.cli.tool.promql_test.lines import Lines, duration_ms
from narthex.cli.tool.promql_test.points import Point
from narthex.cli.tool.promql_test.series import parse_name, parse_series
from narthex.cli.tool.promql_test.start_times import (
    SUFFIX,
    is_start_time_line,
    parse_start_offsets,
)
from narthex.model.labels import Labels

_LOAD = re.compile(r"load(?P<nhcb>_with_nhcb)?\s+(?P<step>.+?)")


def parse_load(lines: Lines, line: str) -> Load:
    """The block that begins with `line`. Raises BadItem; `lines` is then at the faulty line."""
    match = _LOAD.fullmatch(line)
    if match is None:
        raise BadItem("invalid load command. (load[_with_nhcb] <step:duration>)")
    load = Load(lines.number, duration_ms(match["step"], "step"), match["nhcb"] is not None)
    pending: tuple[Labels, list[int | None]] | None = None
    defaults: list[int | None] = []
    while line := lines.take_of_block():
        if is_start_time_line(line):
            if pending is not None:
                raise BadItem("@st line has no following sample line")
            labels, offsets = _start_times(line)
            if len(labels):
                pending = labels, offsets
            else:
                defaults = offsets
            continue
        labels, points = parse_series(line)
        load.series[labels] = LoadedSeries(points, _offsets(labels, points, pending, defaults))
        pending = None
    if pending is not None:
        raise BadItem("@st line has no following sample line")
    return load


def _start_times(line: str) -> tuple[Labels, list[int | None]]:
    name, items = line.split(maxsplit=1)
    labels, _ = parse_name(name.removesuffix(SUFFIX))
    return labels, parse_start_offsets(items)


def _offsets(
    labels: Labels,
    points: list[Point],
    pending: tuple[Labels, list[int | None]] | None,
    defaults: list[int | None],
) -> list[int | None]:
    """An offset for each point: those of the line before, else the file's defaults, repeated."""
    if pending is None:
        return [defaults[i % len(defaults)] if defaults else None for i in range(len(points))]
    named, offsets = pending
    if named != labels:
        raise BadItem("@st metric does not match the following sample line metric")
    if len(offsets) != len(points):
        raise BadItem(f"@st line has {len(offsets)} values but sample line has {len(points)}")
    return offsets
