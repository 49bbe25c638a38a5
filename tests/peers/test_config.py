"""Prometheus itself on our configurations: taken, refused and printed alike."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.processes import PROGRAMS, running
from narthex.config.load import load_config
from tests.config.test_refused import cases

GOLDEN = Path(__file__).parents[1] / "golden" / "config"

TAKEN_BY_PROMETHEUS = (
    "external_labels: {a-b: c}",  # legacy names are checked from 3.6 on
    "{metric_name_validation_scheme: x}",  # taken for the default before 3.6
    "scheme: ftp",  # fails at each scrape instead
    "port: 65536",  # the same
    "max_version: TLS12",  # the same
)
"""Refused here although Prometheus 3.5 takes it, by a part of the text, with the reason."""

NEWER_KEYS = {
    "scrape_native_histograms",
    "extra_scrape_metrics",
    "label_name_underscore_sanitization",
    "label_name_preserve_multiple_underscores",
}
"""Printed since a version after 3.5."""


def promtool(peers: Path, path: Path) -> bool:
    """Whether promtool takes the file."""
    command = [str(peers / "promtool"), "check", "config", "--syntax-only", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("text", [text for text, _ in cases()])
def test_what_is_refused(peers: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.yml"
    path.write_text(text)
    taken = any(part in text for part in TAKEN_BY_PROMETHEUS)
    assert promtool(peers, path) == taken


@pytest.mark.parametrize("name", ["defaults", "everything", "shared"])
def test_what_is_taken(peers: Path, tmp_path: Path, name: str) -> None:
    path = GOLDEN / f"{name}.good.yml"
    if name == "shared":  # a key of a version after 3.5
        text = path.read_text().replace("  scrape_native_histograms: true\n", "")
        path = tmp_path / "c.yml"
        path.write_text(text)
    assert promtool(peers, path)
    load_config(path, {})


def comparable(value: Any) -> Any:
    """Without what a newer version prints, and without nothing."""
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, dict):
        members = {key: comparable(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if key not in NEWER_KEYS}
    return value


@pytest.mark.parametrize("name", ["defaults", "everything"])
def test_what_is_printed(
    peers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = GOLDEN / f"{name}.good.yml"
    monkeypatch.setenv("REGION", "eu")
    with running(PROGRAMS["prometheus"], tmp_path / "data", path) as prometheus:
        answer = json.loads(prometheus.get("/api/v1/status/config"))
    theirs = comparable(yaml.safe_load(answer["data"]["yaml"]))
    ours = comparable(yaml.safe_load(load_config(path, {"REGION": "eu"}).to_yaml()))
    for key in set(theirs["global"]) ^ set(ours["global"]):
        # What `global` fills in for jobs is printed there by one version and not by another.
        assert (theirs["global"] | ours["global"])[key] in (
            False,
            "utf8",
            "allow-utf-8",
            theirs.get("scrape_configs", [{}])[0].get(key),
        )
    del theirs["global"], ours["global"]
    if name == "everything":
        # The same window a second time, in ms, by a mistake of theirs.
        del theirs["storage"]["tsdb"]["outofordertimewindow"]
        # They show the password in the URL of `http_sd_configs`.
        theirs["scrape_configs"][1]["http_sd_configs"][0]["url"] = "http://u:xxxxx@x/y"
        # Defaults of a mechanism that only they run yet.
        del theirs["scrape_configs"][2]["dns_sd_configs"][0]["refresh_interval"]
    assert ours == theirs
