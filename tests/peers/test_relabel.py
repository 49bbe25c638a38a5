"""Prometheus itself on rules made at random: the same labels, the same targets dropped."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest
import yaml

from narthex.config.load import load_config
from narthex.model.labels import Labels
from narthex.model.relabel import relabel

NAMES = ["a", "b", "c", "d", "env", "__tmp", "__meta_x", "__meta_y", "__address__"]
REGEXES = [
    "(.*)",
    "(.+)",
    "([a-z]+)(\\d*)",
    "(?P<n>v?)(.*)",
    "__meta_(.)",
    "[ab]",
    "(?i)PROD.*",
    "",
]
TEXTS = ["$1", "${1}_x", "$2-$1", "$$1", "${n}!", "fixed", "", "$1x", "a$", "${nope}b"]
TARGETS = ["a", "b", "c", "d", "x_$1", "${2}", "$n$n", "ü"]
ACTIONS = [
    *["replace"] * 5,
    *["hashmod", "lowercase", "uppercase", "labelmap"] * 2,
    *["labeldrop", "keep", "drop", "keepequal", "dropequal"],
]
SOURCE = {"a": "v1", "b": "prod2", "c": "", "env": "Prod", "__meta_x": "1", "__meta_y": "Prod"}


def rule(rng: random.Random) -> dict[str, object]:
    """One rule that is not refused."""
    action = rng.choice(ACTIONS)
    if action == "labeldrop":
        return {"action": action, "regex": rng.choice(["[cd]", "x_.*", "__meta_y"])}
    if action == "labelmap":
        # Two names that become one would leave it open whose value stays.
        regex, replacement = rng.choice(["__meta_(.)", "(.+)"]), rng.choice(["${1}_m", "$1-m"])
        return {"action": action, "regex": regex, "replacement": replacement}
    made: dict[str, object] = {
        "action": action,
        "source_labels": rng.sample(NAMES, rng.randint(0, 3)),
        "target_label": rng.choice(TARGETS[:4]),
    }
    if action == "replace":
        made |= {
            "regex": rng.choice(REGEXES),
            "replacement": rng.choice(TEXTS),
            "target_label": rng.choice(TARGETS),
            "separator": rng.choice([";", "", "--"]),
        }
    if action == "hashmod":
        made["modulus"] = rng.choice([1, 7, 2**63 + 11])
    return made


@pytest.mark.parametrize("seed", range(30))
def test_rules_made_at_random(peers: Path, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    addresses = [f"host{i}:9100" for i in range(3)]
    job = {
        "job_name": "j",
        "static_configs": [{"targets": addresses, "labels": SOURCE}],
        "relabel_configs": [rule(rng) for _ in range(rng.randint(1, 8))],
    }
    path = tmp_path / "c.yml"
    path.write_text(yaml.safe_dump({"scrape_configs": [job]}))
    command = [str(peers / "promtool"), "check", "service-discovery", "--timeout=1s"]
    done = subprocess.run([*command, str(path), "j"], capture_output=True, text=True, check=True)
    theirs = {
        found["discoveredLabels"]["__address__"]: visible(found["labels"])
        for found in json.loads(done.stdout)
        if found.get("labels")
    }
    (config,) = load_config(path).jobs
    ours = {}
    for address in addresses:
        # What a target has before its rules, as Prometheus gives it.
        labels = {
            **SOURCE,
            "__address__": address,
            "job": "j",
            "__scheme__": "http",
            "__metrics_path__": "/metrics",
            "__scrape_interval__": "1m",
            "__scrape_timeout__": "10s",
        }
        left = relabel(Labels.of(labels), config.relabel_configs)
        if left is not None and left.get("__address__"):
            ours[address] = visible(left.as_dict())
    assert ours == theirs


def visible(labels: dict[str, str]) -> dict[str, str]:
    """Without what the target gets after its rules."""
    return {k: v for k, v in labels.items() if not k.startswith("__") and k != "instance"}
