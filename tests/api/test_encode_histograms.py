"""Native histograms as JSON agree with the same made of one object at a time."""

import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from narthex.api.encode.result import encode_result
from narthex.model.histogram import CUSTOM_BUCKETS_SCHEMA, Buckets, Histogram
from narthex.model.histogram_columns import Histograms
from narthex.model.label_table import LabelTable
from narthex.model.labels import Labels
from narthex.model.symbols import Symbols
from narthex.model.value import format_float
from narthex.promql.result import MatrixResult, Result, VectorResult
from tests.histogram_strategies import histograms

SAMPLE = st.one_of(st.floats(), histograms())


def decoded(result: Result) -> Any:
    return json.loads(b"".join(encode_result(result)) + b"}")["result"]


def shown(histogram: Histogram) -> dict[str, Any]:
    buckets: list[list[Any]] = []
    for index, count in sorted(histogram.negative.populated().items(), reverse=True):
        bounds = -histogram.upper_bound(index), -histogram.upper_bound(index - 1)
        buckets.append([1, *map(format_float, (*bounds, count))])
    if histogram.zero_count:
        bound = histogram.zero_threshold
        buckets.append([3, *map(format_float, (-bound, bound, histogram.zero_count))])
    for index, count in histogram.positive.populated().items():
        whole = histogram.schema == CUSTOM_BUCKETS_SCHEMA and index == 0
        low = float("-inf") if whole else histogram.upper_bound(index - 1)
        texts = map(format_float, (low, histogram.upper_bound(index), count))
        buckets.append([3 if whole else 0, *texts])
    found: dict[str, Any] = {
        "count": format_float(histogram.count),
        "sum": format_float(histogram.sum),
    }
    return found | ({"buckets": buckets} if buckets else {})


def columns(
    samples: list[float | Histogram],
) -> tuple[np.ndarray, np.ndarray, Histograms]:
    native = [sample for sample in samples if isinstance(sample, Histogram)]
    values = np.array([0.0 if isinstance(s, Histogram) else s for s in samples], np.float64)
    is_native = np.array([isinstance(s, Histogram) for s in samples], np.bool_)
    number = np.where(is_native, np.cumsum(is_native) - 1, -1).astype(np.int32)
    return values, number, Histograms.from_values(native)


def table(size: int) -> LabelTable:
    series = [Labels.of({"i": str(i)}) for i in range(size)]
    return LabelTable.from_labels(Symbols(), series)


@given(st.lists(SAMPLE, min_size=1, max_size=5))
def test_vector(samples: list[float | Histogram]) -> None:
    found = decoded(VectorResult(table(len(samples)), 1500, *columns(samples)))
    assert found == [
        {"metric": {"i": str(i)}, "histogram": [1.5, shown(sample)]}
        if isinstance(sample, Histogram)
        else {"metric": {"i": str(i)}, "value": [1.5, format_float(sample)]}
        for i, sample in enumerate(samples)
    ]


@given(st.lists(st.lists(SAMPLE, min_size=1, max_size=4), min_size=1, max_size=4))
def test_matrix(series: list[list[float | Histogram]]) -> None:
    flat = [sample for samples in series for sample in samples]
    starts = np.cumsum([0, *map(len, series)]).astype(np.int64)
    times = np.arange(len(flat), dtype=np.int64) * 1000
    found = decoded(MatrixResult(table(len(series)), starts, times, *columns(flat)))
    for i, samples in enumerate(series):
        timed = list(enumerate(samples, int(starts[i])))
        floats = [[t, format_float(s)] for t, s in timed if not isinstance(s, Histogram)]
        native = [[t, shown(s)] for t, s in timed if isinstance(s, Histogram)]
        expected: dict[str, Any] = {"metric": {"i": str(i)}}
        expected |= {"values": floats} if floats else {}
        expected |= {"histograms": native} if native else {}
        assert found[i] == expected


def test_as_prometheus_writes_it() -> None:
    histogram = Histogram(
        count=6, sum=4.5, zero_threshold=0.001, zero_count=1,
        positive=Buckets.run(0, (2.0, 0.0, 1.0)), negative=Buckets.run(1, (2.0,)),
    )  # fmt: skip
    text = b"".join(encode_result(VectorResult(table(1), 1000, *columns([histogram]))))
    assert text == (
        b'{"resultType":"vector","result":[{"metric":{"i":"0"},"histogram":[1,{"count":"6",'
        b'"sum":"4.5","buckets":[[1,"-2","-1","2"],[3,"-0.001","0.001","1"],[0,"0.5","1","2"],'
        b'[0,"2","4","1"]]}]}]'
    )
