"""One native histogram as a value: what a sample is when it is not a float.

Exponential ones (schema -4 to 8) have buckets whose bounds grow by 2^(2^-schema), and a zero
bucket; those of schema -53 have bounds of their own and no negative side. Bucket counts are
absolute. The engine works on columns of these; this is the form of one that enters or leaves.
"""

from __future__ import annotations

import enum
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from narthex.model.value import format_float_general

CUSTOM_BUCKETS_SCHEMA = -53
SCHEMA_MIN, SCHEMA_MAX = -4, 8
MAX_EXPONENT = 1024
"""The bucket that reaches here holds the largest float, and ends with it."""


class IncompatibleHistograms(ValueError):
    """Exponential and custom buckets do not add up."""


class ResetHint(enum.Enum):
    """What is known of a counter reset between a sample and the one before it."""

    UNKNOWN = "unknown"
    RESET = "reset"
    NOT_RESET = "not_reset"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True)
class Buckets:
    """One side's buckets: runs of neighbours as (offset, length), and a count for each bucket.

    The first offset is a bucket's index, later ones the gap to the run before.
    """

    spans: tuple[tuple[int, int], ...] = ()
    counts: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        assert sum(length for _, length in self.spans) == len(self.counts)

    @classmethod
    def run(cls, offset: int, counts: tuple[float, ...]) -> Buckets:
        """Neighbours from one index on."""
        return cls(((offset, len(counts)),), counts) if counts else cls()

    @classmethod
    def of(cls, by_index: Mapping[int, float]) -> Buckets:
        """The populated ones of these, in the shortest spans."""
        spans: list[tuple[int, int]] = []
        end = 0
        indices = sorted(index for index, count in by_index.items() if count)
        for index in indices:
            if spans and index == end:
                spans[-1] = (spans[-1][0], spans[-1][1] + 1)
            else:
                spans.append((index - end, 1))
            end = index + 1
        return cls(tuple(spans), tuple(by_index[index] for index in indices))

    def items(self) -> Iterator[tuple[int, float]]:
        """(index, count) in ascending order, empty buckets included."""
        index = used = 0
        for offset, length in self.spans:
            index += offset
            for count in self.counts[used : used + length]:
                yield index, count
                index += 1
            used += length

    def populated(self) -> dict[int, float]:
        """Counts that are not zero, by index."""
        return {index: count for index, count in self.items() if count}


@dataclass(frozen=True, slots=True)
class Histogram:
    """A distribution of observations. `custom_values` are upper bounds, without the last, +Inf."""

    schema: int = 0
    count: float = 0.0
    sum: float = 0.0
    zero_threshold: float = 0.0
    zero_count: float = 0.0
    positive: Buckets = field(default_factory=Buckets)
    negative: Buckets = field(default_factory=Buckets)
    custom_values: tuple[float, ...] = ()
    reset_hint: ResetHint = ResetHint.UNKNOWN

    @property
    def uses_custom_buckets(self) -> bool:
        """Whether the bounds are its own."""
        return self.schema == CUSTOM_BUCKETS_SCHEMA

    def compacted(self) -> Histogram:
        """The same without empty buckets."""
        positive, negative = (
            Buckets.of(side.populated()) for side in (self.positive, self.negative)
        )
        return replace(self, positive=positive, negative=negative)

    def upper_bound(self, index: int) -> float:
        """The upper bound of a positive bucket, inclusive."""
        if self.uses_custom_buckets:
            return self.custom_values[index] if index < len(self.custom_values) else math.inf
        exponent = math.ldexp(index, -self.schema)
        if exponent < MAX_EXPONENT:
            return math.pow(2.0, exponent)
        return sys.float_info.max if exponent == MAX_EXPONENT else math.inf

    def plus(self, other: Histogram) -> Histogram:
        """The observations of both, in the coarser of the two resolutions."""
        return self._combined(other, lambda a, b: a + b)

    def minus(self, other: Histogram) -> Histogram:
        """What is left without those of `other`."""
        return self._combined(other, lambda a, b: a - b)

    def _combined(self, other: Histogram, merge: Callable[[float, float], float]) -> Histogram:
        if self.uses_custom_buckets != other.uses_custom_buckets:
            raise IncompatibleHistograms(
                "cannot combine histograms with exponential and custom buckets"
            )
        left, right = _aligned(self, other)
        return Histogram(
            left.schema,
            merge(left.count, right.count),
            merge(left.sum, right.sum),
            left.zero_threshold,
            merge(left.zero_count, right.zero_count),
            _merged(left.positive, right.positive, merge),
            _merged(left.negative, right.negative, merge),
            left.custom_values,
            _combined_hint(left.reset_hint, right.reset_hint),
        )

    def __str__(self) -> str:
        """`{count:3, sum:4.5, (1,2]:3}`: filled buckets from the lowest to the highest."""
        parts = [f"count:{_shown(self.count)}", f"sum:{_shown(self.sum)}"]
        for index, count in sorted(self.negative.populated().items(), reverse=True):
            lower, upper = -self.upper_bound(index), -self.upper_bound(index - 1)
            parts.append(f"[{_shown(lower)},{_shown(upper)}):{_shown(count)}")
        if self.zero_count:
            bound = _shown(self.zero_threshold)
            parts.append(f"[-{bound},{bound}]:{_shown(self.zero_count)}")
        for index, count in self.positive.populated().items():
            opening = "[" if self._starts_at_minus_infinity(index) else "("
            lower, upper = self._lower_bound(index), self.upper_bound(index)
            parts.append(f"{opening}{_shown(lower)},{_shown(upper)}]:{_shown(count)}")
        return "{" + ", ".join(parts) + "}"

    def _starts_at_minus_infinity(self, index: int) -> bool:
        return self.uses_custom_buckets and index == 0

    def _lower_bound(self, index: int) -> float:
        if not self.uses_custom_buckets:
            return self.upper_bound(index - 1)
        return self.custom_values[index - 1] if index else -math.inf

    def literal(self) -> str:
        """As the test language writes it: `{{schema:1 count:3 sum:4.5 buckets:[1 2]}}`."""
        parts = [f"schema:{self.schema}"] if self.schema else []
        named = (
            ("count", self.count),
            ("sum", self.sum),
            ("z_bucket", self.zero_count),
            ("z_bucket_w", self.zero_threshold),
        )
        parts += [f"{name}:{_shown(value)}" for name, value in named if value]
        if self.custom_values:
            parts.append(f"custom_values:[{' '.join(map(_shown, self.custom_values))}]")
        if self.reset_hint is not ResetHint.UNKNOWN:
            parts.append(f"counter_reset_hint:{self.reset_hint.value}")
        for prefix, side in (("", self.positive), ("n_", self.negative)):
            parts += _literal_side(prefix, side)
        return "{{" + " ".join(parts) + "}}"


def _literal_side(prefix: str, side: Buckets) -> Iterator[str]:
    counts = side.populated()
    if not counts:
        return
    first, last = min(counts), max(counts)
    if first:
        yield f"{prefix}offset:{first}"
    shown = (_shown(counts.get(index, 0.0)) for index in range(first, last + 1))
    yield f"{prefix}buckets:[{' '.join(shown)}]"


def _shown(value: float) -> str:
    return format_float_general(value)


def _merged(left: Buckets, right: Buckets, merge: Callable[[float, float], float]) -> Buckets:
    ours, theirs = left.populated(), right.populated()
    indices = ours.keys() | theirs.keys()
    return Buckets.of({i: merge(ours.get(i, 0.0), theirs.get(i, 0.0)) for i in indices})


def _combined_hint(left: ResetHint, right: ResetHint) -> ResetHint:
    """A gauge makes a gauge; what contradicts, or is not known of one, is not known."""
    if left is right:
        return left
    return ResetHint.GAUGE if ResetHint.GAUGE in (left, right) else ResetHint.UNKNOWN


def _aligned(left: Histogram, right: Histogram) -> tuple[Histogram, Histogram]:
    """Both with the same bounds: those that both have."""
    if left.uses_custom_buckets:
        shared = tuple(v for v in left.custom_values if v in set(right.custom_values))
        return _with_custom_values(left, shared), _with_custom_values(right, shared)
    while left.zero_threshold != right.zero_threshold:
        widest = max(left.zero_threshold, right.zero_threshold)
        left, right = _with_zero_bucket(left, widest), _with_zero_bucket(right, widest)
    schema = min(left.schema, right.schema)
    return _with_schema(left, schema), _with_schema(right, schema)


def _with_custom_values(histogram: Histogram, bounds: tuple[float, ...]) -> Histogram:
    if bounds == histogram.custom_values:
        return histogram
    counts: dict[int, float] = {}
    for index, count in histogram.positive.items():
        upper = histogram.upper_bound(index)
        target = next((i for i, bound in enumerate(bounds) if bound >= upper), len(bounds))
        counts[target] = counts.get(target, 0.0) + count
    return replace(histogram, positive=Buckets.of(counts), custom_values=bounds)


def _with_schema(histogram: Histogram, schema: int) -> Histogram:
    """Fewer, wider buckets: each step down joins pairs of neighbours."""
    shift = histogram.schema - schema
    if shift == 0:
        return histogram
    sides = []
    for side in (histogram.positive, histogram.negative):
        counts: dict[int, float] = {}
        for index, count in side.items():
            target = ((index - 1) >> shift) + 1
            counts[target] = counts.get(target, 0.0) + count
        sides.append(Buckets.of(counts))
    return replace(histogram, schema=schema, positive=sides[0], negative=sides[1])


def _with_zero_bucket(histogram: Histogram, threshold: float) -> Histogram:
    """A wider zero bucket, which swallows the buckets that it reaches into as a whole."""
    if threshold == histogram.zero_threshold:
        return histogram
    zero_count, widest, sides = histogram.zero_count, threshold, []
    for side in (histogram.positive, histogram.negative):
        kept: dict[int, float] = {}
        for index, count in side.populated().items():
            if histogram.upper_bound(index - 1) < threshold:
                zero_count += count
                widest = max(widest, histogram.upper_bound(index))
            else:
                kept[index] = count
        sides.append(Buckets.of(kept))
    widened = replace(
        histogram,
        zero_count=zero_count,
        zero_threshold=widest,
        positive=sides[0],
        negative=sides[1],
    )
    return widened if widest == threshold else _with_zero_bucket(widened, widest)
