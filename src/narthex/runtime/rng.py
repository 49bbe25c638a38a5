"""The only source of chance: seeds are handed in, so that a test repeats what it saw."""

from __future__ import annotations

import os
import random

Random = random.Random


def seeded(seed: int) -> Random:
    """A generator that gives the same numbers for the same seed."""
    return Random(seed)


def process_seed() -> int:
    """64 bits that differ from process to process: the key of hash tables fed from outside."""
    return int.from_bytes(os.urandom(8), "little")
