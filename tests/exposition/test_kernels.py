"""The compiled parsers equal their own source run as plain Python, and stay inside their arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from narthex.exposition import parse as parsing
from narthex.exposition.kernels import outcome
from narthex.exposition.kernels.floats import nearest_double, parse_float
from narthex.exposition.kernels.labels import split_rows
from narthex.exposition.kernels.openmetrics import parse_openmetrics
from narthex.exposition.kernels.text import parse_text
from narthex.exposition.kernels.words import is_utf8
from tests.exposition.cases import OPENMETRICS_PAGES, TEXT_PAGES

pytestmark = pytest.mark.kernels

SEED = np.uint64(99)


def plain(kernel: Callable[..., Any]) -> Callable[..., Any]:
    return getattr(kernel, "py_func", kernel)


def run(parser: Callable[..., Any], body: bytes, exemplars: bool) -> tuple[Any, ...]:
    tables = parsing.Tables.with_room(32)
    buffer = np.frombuffer(body + b"\n" * outcome.PADDING, np.uint8)
    optional = [tables.exemplars] if exemplars else []
    with np.errstate(over="ignore"):
        ended, at = parser(
            buffer, len(body), False, SEED, tables.samples, tables.hashes, tables.bits,
            tables.notes, *optional, tables.questions, tables.digest, tables.counts,
        )  # fmt: skip
    samples, notes, found, questions, timed = tables.counts.tolist()
    return (
        int(ended), int(at), tables.samples[:, :samples].tolist(),
        tables.hashes[:samples].tolist(), tables.bits[:samples].tolist(),
        tables.notes[:notes].tolist(), tables.exemplars[:found].tolist(),
        tables.questions[:questions].tolist(), tables.digest.tolist(), timed,
    )  # fmt: skip


@pytest.mark.parametrize("body", TEXT_PAGES)
def test_text_parser_equals_its_source(body: bytes) -> None:
    assert run(parse_text, body, False) == run(plain(parse_text), body, False)


@pytest.mark.parametrize("body", OPENMETRICS_PAGES)
def test_openmetrics_parser_equals_its_source(body: bytes) -> None:
    assert run(parse_openmetrics, body, True) == run(plain(parse_openmetrics), body, True)


@pytest.mark.parametrize("number", ["0", "-1.5", "1e23", "7.2e-310", "inf", "nan", "1e", "3" * 40])
def test_numbers_equal_their_source(number: str) -> None:
    data = np.frombuffer(number.encode(), np.uint8)
    with np.errstate(over="ignore"):
        assert parse_float(data, 0, data.size) == plain(parse_float)(data, 0, data.size)


def test_rounding_equals_its_source() -> None:
    for power in range(-340, 308, 27):
        digits = np.uint64(12345678901234567)
        with np.errstate(over="ignore"):
            assert nearest_double(digits, power) == plain(nearest_double)(digits, power)


@pytest.mark.parametrize(
    "series", [b"a", b'a{b="c"}', b'{"n.m","k"="v",}', b' a { b = "\\"" , c="" }', b"{}", b"a{}"]
)
def test_labels_are_split_as_by_their_source(series: bytes) -> None:
    buffer = np.frombuffer(series + b"\n" * outcome.PADDING, np.uint8)
    starts, ends, rows = np.array([0]), np.array([len(series)]), np.array([0, 0])
    results = []
    for split in (split_rows, plain(split_rows)):
        spans, bounds = np.full((9, 4), -9), np.zeros(3, np.int64)
        results.append((split(buffer, starts, ends, rows, spans, bounds), spans, bounds))
    (used, spans, bounds), (plain_used, plain_spans, plain_bounds) = results
    assert used == plain_used == bounds[-1]
    assert spans.tolist() == plain_spans.tolist()
    assert bounds.tolist() == plain_bounds.tolist()
    assert split_rows(buffer, starts, ends, rows, spans[:0], bounds) in (-1, 0)


def test_utf8_is_what_python_decodes() -> None:
    chance = np.random.default_rng(3)
    interesting = np.array([0x41, 0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xED, 0xEF, 0xF0,
                            0xF4, 0xF5], np.uint8)  # fmt: skip
    for _ in range(5000):
        data = chance.choice(interesting, chance.integers(0, 5))
        try:
            data.tobytes().decode()
            expected = True
        except UnicodeDecodeError:
            expected = False
        assert is_utf8(np.append(data, np.uint8(10)), 0, data.size) == expected, data.tobytes()
