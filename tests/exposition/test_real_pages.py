"""Pages as real clients write them, against the parser of Prometheus's Python client."""

from __future__ import annotations

import math

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary
from prometheus_client import exposition as text_client
from prometheus_client.openmetrics import exposition as openmetrics_client
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families as text_families

from narthex.exposition.negotiation import Format
from narthex.exposition.normalise import openmetrics_float
from narthex.exposition.parse import parse
from narthex.model.labels import Labels
from narthex.model.metadata import MetricType


@pytest.fixture
def registry() -> CollectorRegistry:
    """One metric of each type, with values and labels that need care."""
    registry = CollectorRegistry()
    counter = Counter("requests", 'Some "help"\\n\nin lines.', ("path",), registry=registry)
    counter.labels('/a"b\\c\nd').inc(3.5, {"trace_id": "x" * 8})
    gauge = Gauge("temperature_celsius", "", ("room",), registry=registry)
    for room, value in enumerate([0.1, -1e-300, 1e300, math.inf, -math.inf, math.nan, 5e-324]):
        gauge.labels(f"é{room}").set(value)
    Histogram("latency_seconds", "h", registry=registry, buckets=(0.005, 1, 10)).observe(2)
    Summary("size_bytes", "s", registry=registry).observe(7)
    Info("build", "i", registry=registry).info({"version": "1.2"})
    return registry


def expected(families: object, kinds: dict[str, str]) -> set[tuple[Labels, str]]:
    """Series and values as the client reads its own page."""
    found = set()
    for family in families:  # type: ignore[attr-defined]
        for sample in family.samples:
            labels = {**sample.labels, "__name__": sample.name}
            bound = kinds.get(family.type)
            if bound in labels:
                labels[bound] = openmetrics_float(labels[bound])
            found.add((Labels.of(labels), repr(float(sample.value))))
    return found


def ours(body: bytes, page_format: Format) -> set[tuple[Labels, str]]:
    page = parse(body, page_format, 1)
    return {
        (labels, repr(value))
        for labels, value in zip(page.labels(), page.values.tolist(), strict=True)
    }


def test_a_page_of_text(registry: CollectorRegistry) -> None:
    body = text_client.generate_latest(registry)
    kinds = {"histogram": "le", "summary": "quantile"}
    assert ours(body, Format.TEXT) == expected(text_families(body.decode()), kinds)


def test_a_page_of_openmetrics(registry: CollectorRegistry) -> None:
    body = openmetrics_client.generate_latest(registry)
    kinds = {"histogram": "le", "summary": "quantile"}
    assert ours(body, Format.OPENMETRICS) == expected(openmetrics_families(body.decode()), kinds)
    page = parse(body, Format.OPENMETRICS, 1)
    (exemplar,) = page.exemplars()
    assert exemplar.labels == Labels.of({"trace_id": "x" * 8})
    assert page.labels()[exemplar.row].metric_name == "requests_total"
    families = page.families()
    assert families["requests"].help == 'Some "help"\\n\nin lines.'
    assert families["build"].type is MetricType.INFO
    assert {labels.metric_name for labels in page.created_times()} >= {"requests", "size_bytes"}
