"""Both programs over the samples of one OpenMetrics file, and how their answers are compared."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from benchmarks.processes import PROGRAMS, Running, running
from tests.peers import samples

RELATIVE_ERROR = 1e-9
CONFIG = "global:\n  scrape_interval: 15s\n  evaluation_interval: 1m\n"

Both = tuple[Running, Running]


@contextmanager
def both_filled(peers: Path, folder: Path) -> Iterator[Both]:
    """Prometheus and Narthex, running."""
    file, config = folder / "samples.om", folder / "config.yml"
    file.write_text(samples.openmetrics())
    config.write_text(CONFIG)
    make_blocks([str(peers / "promtool")], file, folder / "prometheus")
    make_blocks([sys.executable, "-m", "narthex.cli.main", "tool"], file, folder / "narthex")
    with (
        running(PROGRAMS["prometheus"], folder / "prometheus", config) as prometheus,
        running(PROGRAMS["narthex"], folder / "narthex", config) as narthex,
    ):
        yield prometheus, narthex


def make_blocks(tool: list[str], file: Path, data: Path) -> None:
    """Run promtool's command, theirs or ours."""
    data.mkdir()
    command = [*tool, "tsdb", "create-blocks-from", "openmetrics", str(file), str(data)]
    subprocess.run(command, check=True, capture_output=True)


def difference(both: Both, path: str, *, ordered: bool) -> str:
    """What of the two answers differs, empty when nothing does."""
    expected, found = (orjson.loads(program.ask(path)[1]) for program in both)
    if expected["status"] == "error" or found["status"] == "error":
        types = [answer.get("errorType") for answer in (expected, found)]
        if types[0] == types[1]:
            return ""
        return f"errors: {types[0]} {expected.get('error')} / {types[1]} {found.get('error')}"
    if found["data"]["resultType"] != expected["data"]["resultType"]:
        return f"result types: {expected['data']['resultType']} / {found['data']['resultType']}"
    theirs, ours = (points_by_labels(answer["data"]) for answer in (expected, found))
    if theirs.keys() != ours.keys():
        missing, extra = theirs.keys() - ours.keys(), ours.keys() - theirs.keys()
        return f"series: missing {sorted(missing)[:3]}, extra {sorted(extra)[:3]}"
    if ordered and list(theirs) != list(ours):
        return "order of series"
    told = (point_difference(labels, theirs[labels], ours[labels]) for labels in theirs)
    return next(filter(None, told), "")


def points_by_labels(data: Any) -> dict[str, list[Any]]:
    """The points of each series by its labels as text."""
    if data["resultType"] in ("scalar", "string"):
        return {"": [data["result"]]}
    rows: dict[str, list[Any]] = {}
    for row in data["result"]:
        labels = orjson.dumps(row["metric"], option=orjson.OPT_SORT_KEYS).decode()
        assert labels not in rows, f"{labels} twice"
        rows[labels] = row["values"] if "values" in row else [row["value"]]
    return rows


def point_difference(labels: str, theirs: list[Any], ours: list[Any]) -> str:
    """The first point that differs by more than the relative error."""
    if [t for t, _ in ours] != [t for t, _ in theirs]:
        return f"{labels}: times"
    for (time_s, a), (_, b) in zip(theirs, ours, strict=True):
        if a != b and not math.isclose(float(a), float(b), rel_tol=RELATIVE_ERROR):
            return f"{labels} at {time_s}: {a} / {b}"
    return ""
