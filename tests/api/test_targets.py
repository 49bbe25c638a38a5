"""What `/api/v1/targets*` makes of targets."""

from __future__ import annotations

import pytest

from narthex.api.v1.targets import global_url

EXTERNAL = "https://mon.example:8443/prefix"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://node:9100/metrics", "http://node:9100/metrics"),
        ("http://localhost:9100/metrics?a=b", "http://mon.example:9100/metrics?a=b"),
        ("http://[::1]:9100/metrics", "http://mon.example:9100/metrics"),
        ("http://127.0.0.1:9090/metrics", "https://mon.example:8443/metrics"),
        ("http://localhost/metrics", "http://localhost/metrics"),
    ],
)
def test_targets_on_this_machine_are_shown_by_its_external_name(url: str, shown: str) -> None:
    assert global_url(url, EXTERNAL, 9090) == shown
