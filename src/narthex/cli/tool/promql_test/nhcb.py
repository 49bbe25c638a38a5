"""Classic histograms of a load to native ones with custom buckets: `load_with_nhcb`.

For each name and each moment the `_bucket`, `_sum` and `_count` samples are one histogram, stored
under the name without the suffix and without `le`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from narthex.cli.tool.promql_test.errors import BadItem
from narthex.cli.tool.promql_test.points import GAP, Point
from narthex.model.histogram import CUSTOM_BUCKETS_SCHEMA, Buckets, Histogram
from narthex.model.labels import BUCKET_LABEL, METRIC_NAME, Labels

_SUFFIXES = ("_bucket", "_sum", "_count")


@dataclass(slots=True)
class _Classic:
    """What was found of one histogram at one moment; bucket counts are cumulative."""

    cumulative: dict[float, float] = field(default_factory=dict)
    count: float | None = None
    sum: float = 0.0

    def converted(self) -> Histogram:
        """Without a count the widest bucket's is the count; without +Inf the rest is above all."""
        bounds = sorted(self.cumulative)
        count = self.count
        if count is None:
            count = self.cumulative[bounds[-1]] if bounds else 0.0
        totals = [self.cumulative[bound] for bound in bounds]
        if not bounds or bounds[-1] != math.inf:
            totals.append(count)
        counts = [total - before for total, before in zip(totals, [0.0, *totals], strict=False)]
        if any(delta < 0 for delta in counts):
            raise BadItem("counts of classic histogram buckets decrease")
        return Histogram(
            CUSTOM_BUCKETS_SCHEMA,
            count,
            self.sum,
            positive=Buckets.of(dict(enumerate(counts))),
            custom_values=tuple(bound for bound in bounds if bound != math.inf),
        )


def collated(series: Mapping[Labels, list[Point]]) -> dict[Labels, list[Point]]:
    """The histograms that these series make up, points at the same places. Raises BadItem."""
    found: dict[Labels, dict[int, _Classic]] = {}
    for labels, points in series.items():
        part = _part(labels)
        if part is None:
            continue
        base, suffix, bound = part
        moments = found.setdefault(base, {})
        for i, point in enumerate(points):
            if point.value is not None:
                _note(moments.setdefault(i, _Classic()), suffix, bound, point.value)
    return {base: _points(moments) for base, moments in found.items()}


def _part(labels: Labels) -> tuple[Labels, str, float] | None:
    """Which histogram a series belongs to, as what, and its bound; None when to none."""
    name = labels.metric_name
    suffix = next((s for s in _SUFFIXES if name.endswith(s)), None)
    if suffix is None:
        return None
    bound = math.inf
    if suffix == "_bucket":
        try:
            bound = float(labels.get(BUCKET_LABEL))
        except ValueError:
            return None
        if math.isnan(bound):
            return None
    pairs = labels.without(BUCKET_LABEL).as_dict() | {METRIC_NAME: name.removesuffix(suffix)}
    return Labels.of(pairs), suffix, bound


def _note(classic: _Classic, suffix: str, bound: float, value: float) -> None:
    if suffix == "_bucket":
        classic.cumulative[bound] = value
    elif suffix == "_count":
        classic.count = value
    else:
        classic.sum = value


def _points(moments: Mapping[int, _Classic]) -> list[Point]:
    length = max(moments, default=-1) + 1
    return [Point(None, moments[i].converted()) if i in moments else GAP for i in range(length)]
