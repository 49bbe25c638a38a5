"""The peers' programs: a missing one skips outside CI and fails in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.processes import PEERS


def require_peer(name: str) -> Path:
    """The program of this name."""
    program = PEERS / name
    if not program.exists():
        reason = f"no {name} in {PEERS}: `make peers` brings it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return program
