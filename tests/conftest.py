"""Settings of property tests, by name: what `--hypothesis-profile` chooses.

`ci` is the one in force when none is named: the same examples each time, so that a change that
fails is a change that broke something. `soak` looks for new ones.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

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
