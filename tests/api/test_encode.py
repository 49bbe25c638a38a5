"""Answers as bytes agree with the same answers made by `json`."""

import json
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from narthex.api.encode import result as encoding
from narthex.api.encode.kernels import put_instant, put_points, put_scalar
from narthex.api.encode.labels import encode_labels
from narthex.api.encode.result import encode_result
from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.symbols import Symbols
from narthex.model.value import format_float, format_float_plain, format_time_s
from narthex.promql.result import MatrixResult, Result, ScalarResult, StringResult, VectorResult

TEXTS = st.text(max_size=6)
SERIES = st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=3).map(Labels.of)
SAMPLES = st.lists(st.tuples(st.integers(-(10**13), 10**13), st.floats()), max_size=5)


def decoded(result: Result) -> Any:
    return json.loads(b"".join(encode_result(result)) + b"}")


def expected_points(points: list[tuple[int, float]]) -> list[Any]:
    return [[json.loads(format_time_s(t)), format_float(v)] for t, v in points]


@given(st.lists(st.tuples(SERIES, SAMPLES), max_size=6), st.integers(1, 12))
def test_matrix(rows: list[tuple[Labels, list[tuple[int, float]]]], chunk: int) -> None:
    table = LabelTable.from_labels(Symbols(), [labels for labels, _ in rows])
    starts = np.cumsum([0, *(len(points) for _, points in rows)]).astype(np.int64)
    flat = [point for _, points in rows for point in points]
    times = np.array([t for t, _ in flat], np.int64)
    values = np.array([v for _, v in flat], np.float64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "SAMPLES_PER_CHUNK", chunk)
        found = decoded(MatrixResult(table, starts, times, values))
    assert found["resultType"] == "matrix"
    assert found["result"] == [
        {"metric": labels.as_dict(), "values": expected_points(points)} for labels, points in rows
    ]


@given(st.lists(st.tuples(SERIES, st.floats()), max_size=6), st.integers(-(10**13), 10**13))
def test_vector(rows: list[tuple[Labels, float]], time_ms: int) -> None:
    table = LabelTable.from_labels(Symbols(), [labels for labels, _ in rows])
    values = np.array([value for _, value in rows], np.float64)
    found = decoded(VectorResult(table, time_ms, values))
    assert found["result"] == [
        {"metric": labels.as_dict(), "value": expected_points([(time_ms, value)])[0]}
        for labels, value in rows
    ]


@given(st.floats(), st.integers(-(10**13), 10**13))
def test_scalar_and_string(value: float, time_ms: int) -> None:
    time = json.loads(format_time_s(time_ms))
    assert decoded(ScalarResult(time_ms, value))["result"] == [time, format_float_plain(value)]
    assert decoded(StringResult(time_ms, 'a"\n'))["result"] == [time, 'a"\n']


def test_text_that_is_no_utf8_is_still_json() -> None:
    table = LabelTable.from_labels(Symbols(), [Labels.of({"a": "\ud800"})])
    assert json.loads(encode_labels(table)[0])["a"]


@pytest.mark.kernels
@given(SAMPLES)
def test_kernels_equal_their_own_source(points: list[tuple[int, float]]) -> None:
    times = np.array([t for t, _ in points], np.int64)
    values = np.array([v for _, v in points], np.float64)
    outs = []
    for function in (put_points, getattr(put_points, "py_func", put_points)):
        out = np.zeros(60 * len(points) + 2, np.uint8)
        outs.append(out[: function(out, times, values)].tobytes())
    assert outs[0] == outs[1]
    out, ends = np.zeros(60 * len(points) + 2, np.uint8), np.zeros(len(points), np.int64)
    put_instant(out, ends, values, 5)
    assert out[: ends[-1] if len(points) else 0].tobytes().count(b'[0.005,"') == len(points)
    scalar = np.zeros(400, np.uint8)
    assert put_scalar(scalar, 1e21) == 22
