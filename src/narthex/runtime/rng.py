"""The only source of chance: seeds are handed in, so that a test repeats what it saw."""

from __future__ import annotations

import hashlib
import os
import random

Random = random.Random


def seeded(seed: int) -> Random:
    """A generator that gives the same numbers for the same seed."""
    return Random(seed)


def process_seed() -> int:
    """64 bits that differ from process to process: the key of hash tables fed from outside."""
    return int.from_bytes(os.urandom(8), "little")


def stable_seed(text: str) -> int:
    """64 bits that are the same for the same text in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
