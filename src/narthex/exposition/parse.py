"""Pages of text: bytes in, a `Page` out, or the one place where the page breaks its format."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.exposition.errors import fault
from narthex.exposition.kernels import outcome
from narthex.exposition.kernels.openmetrics import parse_openmetrics
from narthex.exposition.kernels.text import parse_text
from narthex.exposition.negotiation import Format
from narthex.exposition.page import Page

BYTES_PER_SAMPLE_GUESS = 64
FAULTS = {
    outcome.BAD_START: "expected a metric name or a comment",
    outcome.BAD_NOTE_NAME: "expected metric name after HELP, TYPE or UNIT",
    outcome.BAD_NOTE_TEXT: "expected text after the metric name",
    outcome.BAD_TYPE: "invalid metric type",
    outcome.BAD_HELP_UTF8: "help text is not valid UTF-8",
    outcome.BAD_UNIT: "unit is not a suffix of the metric name",
    outcome.BAD_LABEL_NAME: "expected label name",
    outcome.BAD_EQUALS: "expected equal",
    outcome.BAD_LABEL_VALUE: "expected label value",
    outcome.BAD_UTF8: "invalid UTF-8 label value",
    outcome.BAD_COMMA: "expected comma or brace close",
    outcome.NAME_TWICE: "metric name already set",
    outcome.NAME_MISSING: "metric name not set",
    outcome.VALUE_MISSING: "expected value after metric",
    outcome.BAD_NUMBER: "invalid number",
    outcome.NUMBER_RANGE: "number out of range",
    outcome.BAD_TIME: "invalid timestamp",
    outcome.TIME_RANGE: "timestamp out of range",
    outcome.BAD_LINE_END: "expected next entry after value or timestamp",
    outcome.EOF_MISSING: "data does not end with # EOF",
    outcome.EOF_NOT_LAST: "unexpected data after # EOF",
    outcome.BAD_EXEMPLAR_NAME: "expected label name in exemplar",
    outcome.EXEMPLAR_VALUE_MISSING: "expected value after exemplar labels",
    outcome.BAD_EXEMPLAR_TIME: "invalid exemplar timestamp",
    outcome.BAD_EXEMPLAR_END: "expected next entry after exemplar",
    outcome.BAD_NAME_UTF8: "invalid UTF-8 metric or label name",
}
"""In Prometheus's words where it has them."""


@dataclass(slots=True)
class Tables:
    """What the kernels of one pass write into."""

    samples: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    bits: NDArray[np.uint64]
    notes: NDArray[np.int64]
    exemplars: NDArray[np.int64]
    questions: NDArray[np.int64]
    digest: NDArray[np.uint64]
    counts: NDArray[np.int64]

    @classmethod
    def with_room(cls, samples: int) -> Tables:
        """Room for so many samples and notes, for a quarter of exemplars, a few questions."""
        return cls(
            np.empty((3, samples), np.int64),
            np.empty(samples, np.uint64),
            np.empty(samples, np.uint64),
            np.empty((samples, 6), np.int64),
            np.empty((samples // 4 + 1, 5), np.int64),
            np.empty((samples // 4 + 1, 4), np.int64),
            np.zeros(1, np.uint64),
            np.zeros(5, np.int64),
        )


def parse(body: bytes, page_format: Format, seed: int) -> Page:
    """Parse a whole page; series are hashed with the key `seed` (64 bits).

    Times are int64 ms (OpenMetrics: seconds, cut to ms). Raises BadExposition where Prometheus
    fails the scrape.
    """
    buffer = np.frombuffer(body + b"\n" * outcome.PADDING, np.uint8)
    room = len(body) // BYTES_PER_SAMPLE_GUESS + 16
    while True:
        tables = Tables.with_room(room)
        ended, at = _run(body, buffer, page_format, np.uint64(seed), tables)
        if ended != outcome.FULL:
            break
        room *= 2
    if ended != outcome.COMPLETE:
        raise fault(body, at, FAULTS[ended])
    _answer_questions(body, tables)
    return _page(buffer, tables)


def _run(
    body: bytes,
    buffer: NDArray[np.uint8],
    page_format: Format,
    seed: np.uint64,
    tables: Tables,
) -> tuple[int, int]:
    t, end, plain = tables, len(body), body.isascii()
    if page_format is Format.TEXT:
        ended, at = parse_text(
            buffer, end, plain, seed, t.samples, t.hashes, t.bits, t.notes, t.questions,
            t.digest, t.counts,
        )  # fmt: skip
    else:
        ended, at = parse_openmetrics(
            buffer, end, plain, seed, t.samples, t.hashes, t.bits, t.notes, t.exemplars,
            t.questions, t.digest, t.counts,
        )  # fmt: skip
    return int(ended), int(at)


def _answer_questions(body: bytes, tables: Tables) -> None:
    """Round exactly what the kernels could not decide."""
    values = tables.bits.view(np.float64)
    questions = tables.questions[: tables.counts[outcome.QUESTIONS]].tolist()
    for kind, row, start, end in questions:
        number = float(body[start:end])
        if math.isinf(number):
            raise fault(body, start, FAULTS[outcome.NUMBER_RANGE])
        if kind == outcome.ASK_VALUE:
            values[row] = number
        elif kind == outcome.ASK_TIME:
            tables.samples[outcome.TIME, row] = _seconds_to_ms(number)
            tables.counts[outcome.TIMED] += 1
        elif kind == outcome.ASK_EXEMPLAR_VALUE:
            tables.exemplars[row, outcome.EXEMPLAR_BITS] = np.float64(number).view(np.int64)
        else:
            tables.exemplars[row, outcome.EXEMPLAR_TIME] = _seconds_to_ms(number)


def _seconds_to_ms(seconds: float) -> int:
    """As `kernels/openmetrics.seconds_to_ms`."""
    milliseconds = seconds * 1000
    return int(milliseconds) if abs(milliseconds) < 9.2e18 else outcome.NO_TIME + 1


def _page(buffer: NDArray[np.uint8], tables: Tables) -> Page:
    samples, notes, exemplars, _, timed = tables.counts.tolist()
    return Page(
        body=buffer,
        starts=tables.samples[outcome.SERIES_START, :samples],
        ends=tables.samples[outcome.SERIES_END, :samples],
        hashes=tables.hashes[:samples],
        values=tables.bits[:samples].view(np.float64),
        times=tables.samples[outcome.TIME, :samples],
        timed=timed,
        notes=tables.notes[:notes],
        notes_digest=int(tables.digest[0]),
        exemplar_rows=tables.exemplars[:exemplars],
    )
