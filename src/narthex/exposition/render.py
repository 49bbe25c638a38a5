"""Samples to a page of either format: the way back, for federation and for tests.

`parse` reads what is written here as the same series, values and times.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from narthex.exposition.negotiation import Format
from narthex.exposition.normalise import format_openmetrics_float
from narthex.model.labels import LEGACY_METRIC_NAME, METRIC_NAME, Labels, quote, quote_name
from narthex.model.metadata import Metadata, MetricType
from narthex.model.value import format_float, format_time_s

TEXT_TYPES = {
    MetricType.COUNTER,
    MetricType.GAUGE,
    MetricType.HISTOGRAM,
    MetricType.SUMMARY,
}
"""What the classic format has a word for; the rest is `untyped` there."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample of a page; without a time the reader gives it one."""

    labels: Labels
    value: float
    time_ms: int | None = None


def render(
    samples: Iterable[Sample], page_format: Format, families: Mapping[str, Metadata] | None = None
) -> bytes:
    """A page: the metadata of each family in front of the first sample of a metric of that name.

    `families` is by metric name. The classic format knows no time before the epoch.
    """
    lines = _lines(samples, page_format, families or {})
    page = "".join(f"{line}\n" for line in lines).encode()
    return page + b"# EOF\n" if page_format is Format.OPENMETRICS else page


def _lines(
    samples: Iterable[Sample], page_format: Format, families: Mapping[str, Metadata]
) -> Iterator[str]:
    described: set[str] = set()
    for sample in samples:
        name = sample.labels.metric_name
        if name in families and name not in described:
            described.add(name)
            yield from _notes(families[name], page_format)
        yield _sample_line(sample, page_format)


def _notes(metadata: Metadata, page_format: Format) -> Iterator[str]:
    openmetrics = page_format is Format.OPENMETRICS
    family = metadata.family
    name = family if LEGACY_METRIC_NAME.fullmatch(family) else quote(family)
    if metadata.help:
        text = metadata.help.replace("\\", r"\\").replace("\n", r"\n")
        yield f"# HELP {name} {text.replace(chr(34), chr(92) + chr(34)) if openmetrics else text}"
    if openmetrics:
        yield f"# TYPE {name} {metadata.type.value}"
        if metadata.unit:
            yield f"# UNIT {name} {metadata.unit}"
    else:
        word = metadata.type.value if metadata.type in TEXT_TYPES else "untyped"
        yield f"# TYPE {name} {word}"


def _sample_line(sample: Sample, page_format: Format) -> str:
    openmetrics = page_format is Format.OPENMETRICS
    spell = format_openmetrics_float if openmetrics else format_float
    words = [series_text(sample.labels), spell(sample.value)]
    if sample.time_ms is not None:
        words.append(format_time_s(sample.time_ms) if openmetrics else str(sample.time_ms))
    return " ".join(words)


def series_text(labels: Labels) -> str:
    """A series as both formats spell it; a name that is no identifier goes inside, quoted."""
    name = labels.metric_name
    inside = [f"{quote_name(key)}={quote(value)}" for key, value in labels if key != METRIC_NAME]
    if LEGACY_METRIC_NAME.fullmatch(name):
        return f"{name}{{{','.join(inside)}}}" if inside else name
    return f"{{{','.join([quote(name), *inside])}}}"
