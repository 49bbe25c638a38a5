"""Which tests are kernel tests: those that import a kernel file, and those that say so."""

from __future__ import annotations

import re
from pathlib import Path

KERNEL_TEST = re.compile(
    r"^from narthex\S*\.kernels\S* import |^from narthex\S* import .*\bkernels\b|\bmark\.kernels\b",
    re.MULTILINE,
)


def is_kernel_test(path: Path) -> bool:
    """Whether the tests of a file run three ways: as they are, bounds-checked, and as Python."""
    return KERNEL_TEST.search(path.read_text()) is not None
