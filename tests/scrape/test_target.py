"""Targets out of discovered labels: defaults, rules, URLs, and what makes no target."""

from __future__ import annotations

import pytest

from narthex.discovery.target_group import TargetGroup
from narthex.model.labels import Labels
from narthex.model.relabel import RelabelConfig
from narthex.scrape.errors import BadTarget
from narthex.scrape.target import PlainAddress, Target, TargetDefaults, build_targets, make_target

DEFAULTS = TargetDefaults("j", 15_000, 10_000)


def one(labels: dict[str, str], defaults: TargetDefaults = DEFAULTS) -> Target:
    return make_target(Labels.of(defaults.fill(labels)), defaults.parameters or {})


def test_a_bare_address() -> None:
    target = one({"__address__": "a:1"})
    assert target.url == "http://a:1/metrics"
    assert target.labels == Labels.of({"job": "j", "instance": "a:1"})
    assert (target.interval_ms, target.timeout_ms) == (15_000, 10_000)


def test_labels_steer_the_scrape() -> None:
    target = one(
        {
            "__address__": "[::1]:1",
            "__scheme__": "https",
            "__metrics_path__": "probe it",
            "__param_module": "x y",
            "__scrape_interval__": "1m",
            "__scrape_timeout__": "20s",
            "__meta_zone": "z",
            "instance": "i",
            "__unix_socket__": "/run/x",
        }
    )
    assert target.url == "https://[::1]:1/probe%20it?module=x+y"
    assert (target.interval_ms, target.timeout_ms) == (60_000, 20_000)
    assert target.labels == Labels.of({"job": "j", "instance": "i"})
    assert target.unix_socket == "/run/x"


def test_parameters_of_the_job_and_their_labels() -> None:
    defaults = TargetDefaults("j", 15_000, 10_000, parameters={"b": ["1", "2"], "a": ["&"]})
    assert one({"__address__": "a"}, defaults).url == "http://a/metrics?a=%26&b=1&b=2"
    relabelled = Labels.of({**defaults.fill({"__address__": "a"}), "__param_b": "9"})
    target = make_target(relabelled, defaults.parameters or {})
    assert target.url == "http://a/metrics?a=%26&b=9&b=2"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({}, "no address"),
        ({"__address__": "http://a"}, "not a valid hostname"),
        ({"__address__": "a", "__scrape_interval__": "x"}, "error parsing scrape interval"),
        ({"__address__": "a", "__scrape_timeout__": "0s"}, "scrape timeout cannot be 0"),
        ({"__address__": "a", "__scrape_timeout__": "1h"}, "greater than scrape interval"),
    ],
)
def test_what_makes_no_target(labels: dict[str, str], message: str) -> None:
    with pytest.raises(BadTarget, match=message):
        one(labels)


def test_targets_of_groups() -> None:
    groups = [
        TargetGroup(({"__address__": "a"}, {"__address__": "b", "env": "own"}), {"env": "e"}, "s"),
        TargetGroup(({"__address__": "a"}, {"__address__": "drop"}), {"env": "e"}, "t"),
        TargetGroup(({"__address__": "x/y"},), {}, "u"),
    ]
    rules = [RelabelConfig(source_labels=("__address__",), regex="drop", action="drop")]
    built = build_targets(groups, DEFAULTS, rules)
    assert [str(d.target.labels) for d in built.targets] == [
        '{env="e", instance="a", job="j"}',
        '{env="own", instance="b", job="j"}',
    ]
    assert built.targets[0].discovered_labels.get("__scheme__") == "http"
    assert [d.discovered_labels.get("__address__") for d in built.dropped] == ["drop"]
    assert built.failures == ['instance 0 in group u: "x/y" is not a valid hostname']


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://a:1/metrics?x=1", PlainAddress("a", 1, "a:1", "/metrics?x=1")),
        ("http://[::1]/", PlainAddress("::1", 80, "[::1]", "/")),
        ("http://a", PlainAddress("a", 80, "a", "/")),
        ("https://a:1/", None),
        ("http://u:p@a:1/", None),
        ("http://ä:1/", None),
        ("http://a:99999/", None),
    ],
)
def test_plain_addresses(url: str, address: PlainAddress | None) -> None:
    assert PlainAddress.of(url) == address


def test_the_hash_is_the_same_everywhere() -> None:
    assert one({"__address__": "a:1"}).stable_hash == 14795030067549396754
