"""What is unusual about the names and labels of metrics, by Prometheus's naming conventions.

The rules and their words are those of promtool: each problem is one line that begins with the
name of the metric's family.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from narthex.model.labels import BUCKET_LABEL, QUANTILE_LABEL, Labels
from narthex.model.metadata import Metadata, MetricType

CAMEL_CASE: Final = re.compile(r"[a-z][A-Z]")

BASE_UNITS: Final[Mapping[str, str]] = {
    "amperes": "amperes",
    "bytes": "bytes",
    "celsius": "celsius",
    "grams": "grams",
    "joules": "joules",
    "kelvin": "kelvin",
    "meters": "meters",
    "metres": "metres",
    "seconds": "seconds",
    "volts": "volts",
    "minutes": "seconds",
    "hours": "seconds",
    "days": "seconds",
    "weeks": "seconds",
    "kelvins": "kelvin",
    "fahrenheit": "celsius",
    "rankine": "celsius",
    "inches": "meters",
    "yards": "meters",
    "miles": "meters",
    "bits": "bytes",
    "calories": "joules",
    "pounds": "grams",
    "ounces": "grams",
}
UNIT_PREFIXES: Final = [
    "pico",
    "nano",
    "micro",
    "milli",
    "centi",
    "deci",
    "deca",
    "hecto",
    "kilo",
    "kibi",
    "mega",
    "mibi",
    "giga",
    "gibi",
    "tera",
    "tebi",
    "peta",
    "pebi",
]
ABBREVIATIONS: Final = [
    "s",
    "ms",
    "us",
    "ns",
    "sec",
    "b",
    "kb",
    "mb",
    "gb",
    "tb",
    "pb",
    "m",
    "h",
    "d",
]

COMPLEX_SUFFIXES: Final[Mapping[MetricType, tuple[str, ...]]] = {
    MetricType.HISTOGRAM: ("_bucket", "_count", "_sum"),
    MetricType.SUMMARY: ("_count", "_sum"),
}


@dataclass(frozen=True, slots=True)
class Family:
    """A metric family: what it says of itself and its series."""

    metadata: Metadata
    series: Sequence[Labels]

    @property
    def name(self) -> str:
        return self.metadata.family


def families_of(series: Sequence[Labels], notes: Mapping[str, Metadata]) -> list[Family]:
    """The families of a page; the parts of a histogram or summary are one."""
    by_name: dict[str, list[Labels]] = {}
    for labels in series:
        by_name.setdefault(family_name(labels.metric_name, notes), []).append(labels)
    return [
        Family(notes.get(name, Metadata(name)), of_family) for name, of_family in by_name.items()
    ]


def family_name(metric_name: str, notes: Mapping[str, Metadata]) -> str:
    """The family of a series: its name, without the suffix of a part if there is one."""
    for kind, suffixes in COMPLEX_SUFFIXES.items():
        for suffix in suffixes:
            stem = metric_name.removesuffix(suffix)
            if stem != metric_name and stem in notes and notes[stem].type is kind:
                return stem
    return metric_name


def lint(families: Sequence[Family]) -> list[str]:
    """Every problem, in order."""
    return sorted(
        f"{family.name} {problem}" for family in families for problem in problems_of(family)
    )


def problems_of(family: Family) -> Iterator[str]:
    """The problems of one family, each without its name."""
    if not family.metadata.help:
        yield "no help text"
    yield from _unit_problems(family.name)
    yield from _total_problems(family)
    yield from _reserved_problems(family)
    yield from _spelling_problems(family)
    if any(count > 1 for count in Counter(family.series).values()):
        yield "metric not unique"


def _unit_problems(name: str) -> Iterator[str]:
    unit, base = _unit_of(name)
    if unit != base:
        yield f'use base unit "{base}" instead of "{unit}"'
    lower = name.lower()
    for short in ABBREVIATIONS:
        if f"_{short}_" in lower or lower.endswith(f"_{short}"):
            yield "metric names should not contain abbreviated units"


def _unit_of(name: str) -> tuple[str, str]:
    """The first word of the name that is a unit, and its base unit; both empty without one."""
    for word in name.split("_"):
        if word in BASE_UNITS:
            return word, BASE_UNITS[word]
        for prefix in UNIT_PREFIXES:
            rest = word.removeprefix(prefix)
            if rest != word and rest in BASE_UNITS:
                return word, BASE_UNITS[rest]
    return "", ""


def _total_problems(family: Family) -> Iterator[str]:
    kind, has_total = family.metadata.type, family.name.endswith("_total")
    if kind is MetricType.COUNTER and not has_total:
        yield 'counter metrics should have "_total" suffix'
    if kind not in (MetricType.COUNTER, MetricType.UNKNOWN) and has_total:
        yield 'non-counter metrics should not have "_total" suffix'


def _reserved_problems(family: Family) -> Iterator[str]:
    """Suffixes and labels that belong to histograms and summaries."""
    kind, name = family.metadata.type, family.name
    if kind is MetricType.UNKNOWN:
        return
    is_histogram, is_summary = kind is MetricType.HISTOGRAM, kind is MetricType.SUMMARY
    if not is_histogram and name.endswith("_bucket"):
        yield 'non-histogram metrics should not have "_bucket" suffix'
    if not (is_histogram or is_summary):
        for suffix in ("_count", "_sum"):
            if name.endswith(suffix):
                yield (f'non-histogram and non-summary metrics should not have "{suffix}" suffix')
    for labels in family.series:
        if not is_histogram and BUCKET_LABEL in labels:
            yield 'non-histogram metrics should not have "le" label'
        if not is_summary and QUANTILE_LABEL in labels:
            yield 'non-summary metrics should not have "quantile" label'


def _spelling_problems(family: Family) -> Iterator[str]:
    name = family.name
    kind = family.metadata.type
    if kind is not MetricType.UNKNOWN and f"_{kind.value}_" in f"{name.lower()}_":
        yield f"metric name should not include type '{kind.value}'"
    if ":" in name:
        yield "metric names should not contain ':'"
    if CAMEL_CASE.search(name):
        yield "metric names should be written in 'snake_case' not 'camelCase'"
    for labels in family.series:
        for label, _ in labels:
            if CAMEL_CASE.search(label):
                yield "label names should be written in 'snake_case' not 'camelCase'"
