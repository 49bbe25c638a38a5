"""Whether an answer is the expected one, and if not, the first difference."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from narthex.cli.tool.promql_test.commands import Evaluation
from narthex.cli.tool.promql_test.points import Point
from narthex.model.histogram import Histogram
from narthex.model.labels import Labels
from narthex.model.value import is_stale
from narthex.promql.result import MatrixResult, Result, ScalarResult, StringResult, VectorResult

EPSILON = 1e-6
"""The relative error that is allowed."""

Value = float | Histogram
Samples = list[tuple[int, Value]]


@dataclass(frozen=True, slots=True)
class Vector:
    """One value a series, in the order of the answer."""

    rows: list[tuple[Labels, Value]]


def fault(evaluation: Evaluation, result: Result) -> str:
    """The first difference between an answer and what is expected; "" when there is none."""
    if isinstance(result, StringResult):
        return _text_fault(evaluation, result.text)
    if isinstance(result, ScalarResult):
        return scalar_fault(evaluation, result.value)
    if evaluation.scalar is not None:
        return "expected a scalar, got a vector or matrix"
    if isinstance(result, VectorResult):
        values = _values(result, slice(None))
        return vector_fault(
            evaluation, Vector(list(zip(result.labels.to_labels(), values, strict=True)))
        )
    return _matrix_fault(evaluation, result)


def _text_fault(evaluation: Evaluation, text: str) -> str:
    if evaluation.text == text:
        return ""
    return f"expected string {evaluation.text!r}, got {text!r}"


def scalar_fault(evaluation: Evaluation, value: float) -> str:
    """As `fault`, of one number."""
    if evaluation.scalar is None:
        return f"expected a vector or matrix, got the scalar {value}"
    if almost_equal(evaluation.scalar, value):
        return ""
    return f"expected scalar {evaluation.scalar}, got {value}"


def vector_fault(evaluation: Evaluation, vector: Vector) -> str:
    """As `fault`, of an instant vector."""
    places = {labels: place for place, labels in enumerate(evaluation.expected)}
    seen: set[Labels] = set()
    for place, (labels, value) in enumerate(vector.rows):
        if labels not in places or labels in seen:
            return f"unexpected {labels} with {_shown(value)}"
        seen.add(labels)
        if evaluation.expectations.ordered and places[labels] != place:
            return f"expected {labels} at position {places[labels] + 1}, it is at {place + 1}"
        wanted = evaluation.expected[labels][0]
        if not _same(wanted, value):
            return f"expected {wanted} for {labels}, got {_shown(value)}"
    return _missing(evaluation.expected, seen)


def _matrix_fault(evaluation: Evaluation, matrix: MatrixResult) -> str:
    if evaluation.expectations.ordered:
        return "expected an ordered vector, got a matrix"
    series = matrix.labels.to_labels()
    for before, after in pairwise(series):
        if after < before:
            return f"series are not sorted by labels: {after} after {before}"
    seen: set[Labels] = set()
    for row, labels in enumerate(series):
        if labels not in evaluation.expected or labels in seen:
            return f"unexpected {labels} with {_samples_shown(samples_of(matrix, row))}"
        seen.add(labels)
        difference = _series_fault(evaluation, labels, samples_of(matrix, row))
        if difference:
            return difference
    return _missing(evaluation.expected, seen)


def samples_of(matrix: MatrixResult, row: int) -> Samples:
    """Times in ms and values of one series."""
    part = slice(int(matrix.starts[row]), int(matrix.starts[row + 1]))
    return list(zip(matrix.times_ms[part].tolist(), _values(matrix, part), strict=True))


def _values(result: VectorResult | MatrixResult, part: slice) -> list[Value]:
    """Floats, and histograms as objects where the answer has some."""
    values: list[Value] = result.values[part].tolist()
    if result.histogram is None or result.histograms is None:
        return values
    rows = result.histogram[part].tolist()
    histograms = result.histograms
    return [
        histograms.value(row) if row >= 0 else value
        for row, value in zip(rows, values, strict=True)
    ]


def _series_fault(evaluation: Evaluation, labels: Labels, samples: Samples) -> str:
    times = evaluation.expected_times
    wanted: list[tuple[int, Point]] = []
    for i, point in enumerate(evaluation.expected[labels]):
        at = times.start_ms + i * times.step_ms
        if at > times.end_ms:
            return f"{labels} has more expected points than the query has steps"
        if not point.is_gap:
            wanted.append((at, point))
    if [at for at, _ in wanted] != [at for at, _ in samples]:
        shown = " ".join(f"{point}@{at}" for at, point in wanted)
        return f"expected [{shown}] for {labels}, got [{_samples_shown(samples)}]"
    for (at, point), (_, value) in zip(wanted, samples, strict=True):
        if not _same(point, value):
            return f"expected {point} at {at} for {labels}, got [{_samples_shown(samples)}]"
    return ""


def _missing(expected: Mapping[Labels, Sequence[Point]], seen: set[Labels]) -> str:
    for labels, points in expected.items():
        if labels not in seen:
            return f"expected {labels} with [{' '.join(map(str, points))}], it is not there"
    return ""


def _shown(value: Value) -> str:
    return value.literal() if isinstance(value, Histogram) else repr(value)


def _samples_shown(samples: Samples) -> str:
    return " ".join(f"{_shown(value)}@{at}" for at, value in samples)


def _same(wanted: Point, value: Value) -> bool:
    if isinstance(value, Histogram):
        return wanted.histogram is not None and same_histogram(wanted, value)
    return wanted.value is not None and almost_equal(wanted.value, value)


def same_histogram(wanted: Point, found: Histogram) -> bool:
    """Layout exactly, counts and sum nearly, the reset hint only where the file names one."""
    expected = wanted.histogram
    assert expected is not None
    exact = (
        expected.schema == found.schema
        and expected.zero_threshold == found.zero_threshold
        and expected.custom_values == found.custom_values
        and (not wanted.has_hint or expected.reset_hint is found.reset_hint)
    )
    nearly = (
        almost_equal(expected.count, found.count)
        and almost_equal(expected.sum, found.sum)
        and almost_equal(expected.zero_count, found.zero_count)
    )
    return (
        exact
        and nearly
        and all(
            _same_buckets(a.populated(), b.populated())
            for a, b in (
                (expected.positive, found.positive),
                (expected.negative, found.negative),
            )
        )
    )


def _same_buckets(wanted: Mapping[int, float], found: Mapping[int, float]) -> bool:
    return wanted.keys() == found.keys() and all(
        almost_equal(count, found[index]) for index, count in wanted.items()
    )


def almost_equal(a: float, b: float) -> bool:
    """Equal to one part in a million; all NaN are equal but for the stale marker.

    Near zero, where parts of nothing are nothing, the difference itself has to be tiny.
    """
    stale = is_stale(np.array([a, b])).tolist()
    if any(stale):
        return all(stale)
    if a == b or (math.isnan(a) and math.isnan(b)):
        return True
    total, difference = abs(a) + abs(b), abs(a - b)
    smallest = sys.float_info.min
    if a == 0 or b == 0 or total < smallest:
        return difference < EPSILON * smallest
    return difference / min(total, sys.float_info.max) < EPSILON
