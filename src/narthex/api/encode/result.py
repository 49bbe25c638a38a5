"""Query results as chunks of JSON: `{"resultType":...,"result":...}`.

Points are written by kernels into one buffer at a time, so that an answer of any size costs the
memory of a chunk, and the event loop gets its turn between chunks.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import orjson

from narthex.api.encode.histograms import encode_instant, encode_series, split
from narthex.api.encode.kernels import (
    POINT_BYTES_MAX,
    put_instant,
    put_scalar,
    put_series,
)
from narthex.api.encode.labels import encode_labels, encode_text
from narthex.model.value import format_time_s
from narthex.promql.result import (
    MatrixResult,
    Result,
    ScalarResult,
    StringResult,
    VectorResult,
)

SAMPLES_PER_CHUNK = 20_000
"""About half a megabyte of text, some milliseconds of a kernel."""


def encode_result(result: Result) -> Iterator[bytes]:
    """The chunks of `{"resultType":...,"result":...` without the closing brace.

    The caller adds what else belongs into the object (`stats`) and closes it.
    """
    if isinstance(result, MatrixResult):
        yield from _encode_matrix(result)
    elif isinstance(result, VectorResult):
        yield from _encode_vector(result)
    elif isinstance(result, ScalarResult):
        out = np.empty(400, np.uint8)
        text = out[: put_scalar(out, result.value)].tobytes()
        time = format_time_s(result.time_ms).encode()
        yield b'{"resultType":"scalar","result":[%s,"%s"]' % (time, text)
    else:
        assert isinstance(result, StringResult)
        time = format_time_s(result.time_ms).encode()
        yield b'{"resultType":"string","result":[%s,%s]' % (time, encode_text(result.text))


def _encode_vector(result: VectorResult) -> Iterator[bytes]:
    yield b'{"resultType":"vector","result":['
    n = len(result.labels)
    for first in range(0, n, SAMPLES_PER_CHUNK):
        last = min(n, first + SAMPLES_PER_CHUNK)
        metrics = encode_labels(result.labels.take(slice(first, last)))
        if result.histogram is None:
            elements = _instant_floats(result, metrics, first)
        else:
            samples = encode_instant(result, first, last)
            elements = [b'{"metric":%s,%s}' % pair for pair in zip(metrics, samples, strict=True)]
        yield (b"," if first else b"") + b",".join(elements)
    yield b"]"


def _instant_floats(result: VectorResult, metrics: list[bytes], first: int) -> list[bytes]:
    out = np.empty(len(metrics) * POINT_BYTES_MAX, np.uint8)
    ends = np.empty(len(metrics), np.int64)
    put_instant(out, ends, result.values[first : first + len(metrics)], result.time_ms)
    return [
        b'{"metric":%s,"value":%s}' % pair for pair in zip(metrics, split(out, ends), strict=True)
    ]


def _encode_matrix(result: MatrixResult) -> Iterator[bytes]:
    yield b'{"resultType":"matrix","result":['
    n = len(result.labels)
    first = 0
    while first < n:
        last = _series_of_chunk(result.starts, first)
        metrics = encode_labels(result.labels.take(slice(first, last)))
        if result.histogram is None:
            elements = _series_of_floats(result, metrics, first)
        else:
            samples = encode_series(result, first, last)
            elements = [b'{"metric":%s,%s}' % pair for pair in zip(metrics, samples, strict=True)]
        yield (b"," if first else b"") + b",".join(elements)
        first = last
    yield b"]"


def _series_of_floats(result: MatrixResult, metrics: list[bytes], first: int) -> list[bytes]:
    last = first + len(metrics)
    samples = int(result.starts[last] - result.starts[first])
    out = np.empty(samples * POINT_BYTES_MAX + 2 * len(metrics), np.uint8)
    ends = np.empty(len(metrics), np.int64)
    put_series(out, result.starts, result.times_ms, result.values, first, last, ends)
    return [
        b'{"metric":%s,"values":%s}' % pair for pair in zip(metrics, split(out, ends), strict=True)
    ]


def _series_of_chunk(starts: np.ndarray, first: int) -> int:
    # Whole series only; one series more than fits, so that a chunk is never empty.
    target = starts[first] + SAMPLES_PER_CHUNK
    last = int(np.searchsorted(starts, target, side="left"))
    return max(first + 1, min(last, starts.size - 1))


def encode_annotations(warnings: list[str], infos: list[str]) -> bytes:
    """`,"warnings":[...],"infos":[...]`, each only when there is one."""
    text = b""
    if warnings:
        text += b',"warnings":' + orjson.dumps(warnings)
    if infos:
        text += b',"infos":' + orjson.dumps(infos)
    return text
