"""Run the comparison: `python -m benchmarks RECORDING [--only ingest|queries] [--work DIR]`.

Prints a Markdown table, writes it with all figures as JSON below `benchmarks/results/`, and puts
it into README between its marks.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
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
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--only", choices=BENCHMARKS)
    parser.add_argument("--programs", nargs="*", default=list(PROGRAMS))
    parser.add_argument("--work", type=Path, default=Path("/tmp/narthex-benchmarks"))
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    versions = {name: version(PROGRAMS[name]) for name in arguments.programs}
    lines: list[Line] = []
    for name in [arguments.only] if arguments.only else BENCHMARKS:
        lines += BENCHMARKS[name](arguments.recording, arguments.work, arguments.programs)
    shown = table(lines)
    head = "\n".join([f"Machine: {machine()}.", *(f"{k}: {v}." for k, v in versions.items())])
    print(f"{head}\n\n{shown}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions,
        "flags": {name: PROGRAMS[name].command[1:] for name in arguments.programs},
        "lines": [line.as_dict() for line in lines],
    }
    name = arguments.only or "all"
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    if arguments.readme:
        readme = ROOT / "README.md"
        text = MARKS.sub(rf"\g<1>{head}\n\n{shown}\n\g<2>", readme.read_text())
        readme.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
