"""Every bit pattern comes back from a chunk, every ascending vector of times from a timeline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narthex.model.value import STALE_NAN_BITS
from narthex.storage.page.chunk import Chunk, encode_chunk, encode_columns
from narthex.storage.page.timeline import decode_timeline, encode_timeline

PATH = Path("pages")

bits = st.one_of(
    st.integers(0, 2**64 - 1),
    st.floats(width=64).map(lambda value: int(np.float64(value).view(np.uint64))),
    st.integers(-10, 2**60).map(lambda value: int(np.float64(value).view(np.uint64))),
    st.sampled_from(
        [STALE_NAN_BITS, 0x7FF8000000000001, 0x8000000000000000, 0xFFF0000000000000, 0]
    ),
)
series = st.one_of(
    st.lists(bits, max_size=40),
    st.tuples(bits, st.integers(1, 40)).map(lambda pair: [pair[0]] * pair[1]),
    st.tuples(st.integers(0, 2**50), st.lists(st.integers(0, 1000), max_size=40)).map(
        lambda pair: [int(v) for v in (pair[0] + np.cumsum(pair[1])).astype(float).view(np.uint64)]
    ),
)


def columns_of(held: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    starts = np.cumsum([0, *map(len, held)]).astype(np.int64)
    words = np.array([word for one in held for word in one], np.uint64)
    return words.view(np.float64), starts


@settings(max_examples=400, deadline=None)
@given(st.lists(series, max_size=8))
def test_a_chunk_gives_back_every_bit(held: list[list[int]]) -> None:
    values, starts = columns_of(held)
    chunk = Chunk.open(encode_chunk(values, starts), PATH, 0)
    out, out_starts = chunk.decode_all()
    assert out_starts.tolist() == starts.tolist()
    assert out.view(np.uint64).tolist() == values.view(np.uint64).tolist()
    for k, one in enumerate(held):
        stale = [j for j, word in enumerate(one) if word == STALE_NAN_BITS]
        assert chunk.markers(k).tolist() == stale


@settings(max_examples=100, deadline=None)
@given(st.lists(series, min_size=1, max_size=6), st.data())
def test_single_series_are_decoded_alone(held: list[list[int]], data: st.DataObject) -> None:
    values, starts = columns_of(held)
    chunk = Chunk.open(encode_chunk(values, starts), PATH, 0)
    chosen = data.draw(st.lists(st.integers(0, len(held) - 1), min_size=1, max_size=4, unique=True))
    lengths = [len(held[k]) for k in chosen]
    out = np.zeros(sum(lengths) + 3)
    at = 3 + np.cumsum([0, *lengths[:-1]])
    chunk.decode(np.array(chosen, np.int64), out, at.astype(np.int64))
    expected = [0, 0, 0] + [word for k in chosen for word in held[k]]
    assert out.view(np.uint64).tolist() == expected


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5), st.integers(1, 20), st.data())
def test_a_matrix_keeps_its_holes(n: int, rows: int, data: st.DataObject) -> None:
    words = data.draw(st.lists(bits, min_size=n * rows, max_size=n * rows))
    present = np.array(
        data.draw(st.lists(st.integers(0, 1), min_size=n * rows, max_size=n * rows)), np.uint8
    ).reshape(n, rows)
    matrix = np.array(words, np.uint64).view(np.float64).reshape(n, rows)
    chunk = Chunk.open(encode_columns(matrix, present), PATH, 0)
    assert (np.ones_like(present) if chunk.present is None else chunk.present).tolist() == (
        present.tolist()
    )
    out, _ = chunk.decode_all()
    kept = matrix[present.astype(bool)].view(np.uint64)
    assert out.view(np.uint64).tolist() == kept.tolist()


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**62), 2**61), st.lists(st.integers(1, 2**40), max_size=60))
def test_a_timeline_gives_back_every_time(first: int, steps: list[int]) -> None:
    times = np.cumsum([first, *steps]).astype(np.int64)
    assert decode_timeline(encode_timeline(times), times.size).tolist() == times.tolist()


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40), st.integers(1, 50))
def test_other_bytes_are_a_timeline_or_refused(data: bytes, count: int) -> None:
    try:
        times = decode_timeline(data, count)
    except ValueError:
        return
    assert times.size == count


def test_a_regular_timeline_costs_a_few_bytes() -> None:
    times = np.arange(480, dtype=np.int64) * 15_000 + 1_700_000_000_123
    assert len(encode_timeline(times)) <= 12
    with pytest.raises(ValueError, match="not a timeline"):
        decode_timeline(encode_timeline(times), 479)
