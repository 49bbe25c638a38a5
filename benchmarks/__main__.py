"""Run the comparison: `python -m benchmarks RECORDING [--only ingest|queries] [--work DIR]`.

Prints a Markdown table for each benchmark, writes all figures as JSON below `benchmarks/results/`,
and with `--readme` puts the newest of every benchmark into README between its marks.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import ingest, queries
from benchmarks.compare import Line, table
from benchmarks.processes import PROGRAMS, version

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
BENCHMARKS = {"ingest": ingest.run, "queries": queries.run}
MARKS = re.compile(r"(<!-- benchmark -->\n).*?(<!-- /benchmark -->)", re.DOTALL)


def machine() -> str:
    """What this ran on."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text()).group(1))  # type: ignore[union-attr]
    name = model.group(1) if model else platform.machine()
    return (
        f"{os.cpu_count()} x {name}, {memory / 2**20:.0f} GiB, Python {platform.python_version()}"
    )


def main() -> int:
    """Run what is asked for; each benchmark writes a file of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--only", choices=BENCHMARKS)
    parser.add_argument("--programs", nargs="*", default=list(PROGRAMS))
    parser.add_argument("--work", type=Path, default=Path("/tmp/narthex-benchmarks"))
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in [arguments.only] if arguments.only else BENCHMARKS:
        lines = BENCHMARKS[name](arguments.recording, arguments.work, arguments.programs)
        write(name, lines, arguments.programs)
        print(f"{table(lines)}\n", flush=True)
    if arguments.readme:
        readme = ROOT / "README.md"
        readme.write_text(MARKS.sub(rf"\g<1>{summary()}\n\g<2>", readme.read_text()))
    return 0


def write(name: str, lines: list[Line], programs: list[str]) -> None:
    """The figures of one benchmark, with all that is needed to repeat it."""
    described = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(described, cwd=ROOT, capture_output=True, text=True, check=True)
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "machine": machine(),
        "versions": {program: version(PROGRAMS[program]) for program in programs},
        "flags": {program: PROGRAMS[program].command[1:] for program in programs},
        "lines": [line.as_dict() for line in lines],
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")


def summary() -> str:
    """The table of the newest figures of every benchmark, and what they were taken with."""
    results = [
        json.loads((RESULTS / f"{name}.json").read_text())
        for name in BENCHMARKS
        if (RESULTS / f"{name}.json").exists()
    ]
    newest = max(results, key=lambda result: result["at"])
    versions = ", ".join(f"{name} {text}" for name, text in newest["versions"].items())
    lines = [Line.of_dict(line) for result in results for line in result["lines"]]
    return f"{newest['machine']}; {versions}.\n\n{table(lines)}"


if __name__ == "__main__":
    sys.exit(main())
