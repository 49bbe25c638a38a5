"""What holds for all tests: how many examples a property has, and which tests are of kernels.

`--hypothesis-profile` chooses the examples. `ci` is in force when none is named: the same ones each
time, so that a change that fails is a change that broke something. `soak` looks for new ones.
"""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, settings

from tests.marks import is_kernel_test

# A busy machine of two cores must not decide a test, so no example has a deadline.
EXAMPLES = {"fast": 20, "plain": 10, "ci": 100}
EXAMPLES_OF_A_SOAK = 20_000

for profile, count in EXAMPLES.items():
    settings.register_profile(
        profile,
        max_examples=count,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
settings.register_profile(
    "soak",
    max_examples=EXAMPLES_OF_A_SOAK,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of kernels, so that none is left out of the further ways they run."""
    kernel_test = cache(is_kernel_test)
    for item in items:
        if kernel_test(item.path):
            item.add_marker(pytest.mark.kernels)
