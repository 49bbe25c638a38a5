"""The long tests with fresh seeds, and what they did, in `benchmarks/results/soak.json`.

`python scripts/soak.py [pytest arguments]`. A claim about faults or random input quotes that file:
each suite with its seed, counts, seconds, and the commit it ran on.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "soak.json"
SUITES = ("tests/properties", "tests/fuzz", "tests/faults", "tests/peers/test_random_queries.py")
FULL_FIGURES = {"NARTHEX_KILL_ROUNDS": "200"}
"""What the slice of `make test` does twenty times over."""
TIMEOUT_S = 7200


def run(suite: str, seed: int, arguments: list[str]) -> dict[str, object]:
    """One suite; its counts as pytest reports them."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            *(sys.executable, "-m", "pytest", "-q", suite),
            *("--hypothesis-profile=soak", f"--hypothesis-seed={seed}"),
            *(f"--timeout={TIMEOUT_S}", f"--junitxml={report}", *arguments),
        ]
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, **FULL_FIGURES}, check=False)
        counts = ET.parse(report).getroot().find("testsuite")  # noqa: S314 - pytest's own
    assert counts is not None
    return {
        "suite": suite,
        "seed": seed,
        "exit_code": done.returncode,
        "seconds": round(time.monotonic() - started, 1),
        **{name: int(counts.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")},
    }


def commit() -> str:
    """The commit, marked when the tree differs from it."""
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=40"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return shown.stdout.strip()


def main() -> int:
    """Run every suite; 1 when one failed."""
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "figures": FULL_FIGURES,
        "suites": [run(suite, secrets.randbits(32), sys.argv[1:]) for suite in SUITES],
    }
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(RESULT.read_text())
    return int(any(suite["exit_code"] for suite in result["suites"]))  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
