"""A parsed page: columns of samples over one buffer.

What every scrape needs (hashes, values, times) are arrays; what only new series, the metadata API
or the exemplar store need (labels, families, exemplars, created times) is made on demand. The
order of the page is kept, and a series that stands twice is there twice.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from narthex.exposition.errors import BadExposition, BadSeries, fault
from narthex.exposition.kernels import outcome
from narthex.exposition.kernels.labels import split_rows
from narthex.exposition.kernels.words import NOTE_HELP, NOTE_TYPES, NOTE_UNIT
from narthex.exposition.normalise import openmetrics_float
from narthex.model.labels import BUCKET_LABEL, METRIC_NAME, QUANTILE_LABEL, Labels
from narthex.model.metadata import Metadata, MetricType

NO_TIME: Final = outcome.NO_TIME
"""The time of a sample to which its page gives none."""

CREATED_SUFFIX = "_created"
NORMALISED = {"histogram": BUCKET_LABEL, "summary": QUANTILE_LABEL}
"""The label whose value is a float, by the type last named in the page."""
ESCAPE = re.compile(r'\\([\\"n])')
ESCAPED = {"\\": "\\", '"': '"', "n": "\n"}


@dataclass(frozen=True, slots=True)
class Exemplar:
    """An exemplar of the sample in `row`; `time_ms` is None when the page gives none."""

    row: int
    labels: Labels
    value: float
    time_ms: int | None


@dataclass(slots=True, eq=False)
class Page:
    """`k` samples. Series `i` is the text `body[starts[i]:ends[i]]`, its key `hashes[i]`.

    `starts`, `ends`, `times` int64[k] (ms; NO_TIME where the page gives none), `hashes` uint64[k],
    `values` float64[k]; `timed` samples have a time; `notes` and `exemplar_rows` as of
    `kernels/outcome`. Equal texts have equal hashes; the hash is keyed by the seed given to the
    parser. `notes_digest` changes when any HELP, TYPE or UNIT line does.
    """

    body: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    values: NDArray[np.float64]
    times: NDArray[np.int64]
    timed: int
    notes: NDArray[np.int64]
    notes_digest: int
    exemplar_rows: NDArray[np.int64]

    def __len__(self) -> int:
        return self.hashes.size

    def series_text(self, row: int) -> bytes:
        """The series of one row as the page spells it."""
        return self.body[self.starts[row] : self.ends[row]].tobytes()

    def labels(self, rows: NDArray[np.int64] | None = None) -> list[Labels]:
        """The labels of these rows, of all without `rows`; empty values left out.

        Escapes are undone; `le` of histograms and `quantile` of summaries are spelled as floats
        ("1" becomes "1.0"). Raises BadExposition for a series that no store takes: without a
        metric name, with a label twice, with a label without a name.
        """
        if rows is None:
            rows = np.arange(len(self), dtype=np.int64)
        found = []
        for row, pairs in zip(rows.tolist(), self._pairs(rows), strict=True):
            try:
                found.append(_checked(pairs))
            except BadSeries as error:
                raise self._fault(row, str(error)) from None
        return found

    def emptied(self, rows: NDArray[np.int64]) -> list[set[str]]:
        """For each of these rows the names of the labels that are written with an empty value."""
        return [{name for name, value in pairs if not value} for pairs in self._pairs(rows)]

    def _pairs(self, rows: NDArray[np.int64]) -> Iterator[list[tuple[str, str]]]:
        spans, bounds = self._split(self.starts, self.ends, rows)
        text = self.body.tobytes()
        by_row = _runs(spans.tolist(), bounds.tolist())
        for float_label, row_spans in zip(self._float_labels(rows), by_row, strict=True):
            pairs = [_pair(text, span) for span in row_spans]
            if float_label:
                pairs = [
                    (name, openmetrics_float(value)) if name == float_label else (name, value)
                    for name, value in pairs
                ]
            yield pairs

    def _fault(self, row: int, what: str) -> BadExposition:
        end = self.body.size - outcome.PADDING
        return fault(self.body[:end].tobytes(), int(self.starts[row]), what)

    def _split(
        self,
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        rows: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        bounds = np.empty(rows.size + 1, np.int64)
        room = 8 * rows.size + 8
        while True:
            spans = np.empty((room, 4), np.int64)
            used = split_rows(self.body, starts, ends, rows, spans, bounds)
            if used >= 0:
                return spans[:used], bounds
            room *= 4

    def _float_labels(self, rows: NDArray[np.int64]) -> list[str]:
        """For each row the name of the label whose value is a float, by the TYPE line above it."""
        types = self.notes[self.notes[:, outcome.NOTE_KIND] >= 0]
        before = np.searchsorted(types[:, outcome.NOTE_ROW], rows, side="right")
        names = ["", *(NORMALISED.get(NOTE_TYPES[code], "") for code in types[:, 0].tolist())]
        return [names[i] for i in before.tolist()]

    def families(self) -> dict[str, Metadata]:
        """Type, help and unit by family name, the last line of each kind deciding."""
        text = self.body.tobytes()
        found: dict[str, dict[str, str]] = {}
        for kind, name_start, name_end, text_start, text_end, _ in self.notes.tolist():
            words = found.setdefault(_decode(text[name_start:name_end]), {})
            words_text = text[text_start:text_end].decode("utf-8", "replace")
            if kind == NOTE_HELP:
                words["help"] = _unescape(words_text)
            elif kind == NOTE_UNIT:
                words["unit"] = words_text
            else:
                words["type"] = NOTE_TYPES[kind]
        return {
            family: Metadata(
                family,
                _metric_type(words.get("type", "unknown")),
                words.get("help", ""),
                words.get("unit", ""),
            )
            for family, words in found.items()
        }

    def exemplars(self) -> list[Exemplar]:
        """The exemplars in page order; the labels are as the page spells them."""
        table = self.exemplar_rows
        spans, bounds = self._split(
            np.ascontiguousarray(table[:, outcome.EXEMPLAR_START]),
            np.ascontiguousarray(table[:, outcome.EXEMPLAR_END]),
            np.arange(table.shape[0], dtype=np.int64),
        )
        text = self.body.tobytes()
        values = np.ascontiguousarray(table[:, outcome.EXEMPLAR_BITS]).view(np.float64).tolist()
        times = table[:, outcome.EXEMPLAR_TIME].tolist()
        return [
            Exemplar(
                row,
                Labels(_pair(text, span) for span in row_spans),
                value,
                None if time == NO_TIME else time,
            )
            for row, row_spans, value, time in zip(
                table[:, outcome.EXEMPLAR_ROW].tolist(),
                _runs(spans.tolist(), bounds.tolist()),
                values,
                times,
                strict=True,
            )
        ]

    def created_times(self) -> dict[Labels, int]:
        """Milliseconds at which series began, from `X_created` samples: by labels, the name `X`.

        A counter `X_total` and the parts of a histogram or summary `X` share the time of `X`.
        """
        rows = np.array(
            [i for i in range(len(self)) if b"_created" in self.series_text(i)], np.int64
        )
        created: dict[Labels, int] = {}
        for row, labels in zip(rows.tolist(), self.labels(rows), strict=True):
            name, seconds = labels.metric_name, float(self.values[row])
            if name.endswith(CREATED_SUFFIX) and abs(seconds) < 2**53:
                family = (METRIC_NAME, name.removesuffix(CREATED_SUFFIX))
                created[Labels([family, *labels.without(METRIC_NAME)])] = int(seconds * 1000)
        return created


def _checked(pairs: list[tuple[str, str]]) -> Labels:
    """The labels of one series; a label with an empty value is absent, wherever it stands."""
    names = {name for name, _ in pairs}
    if len(names) != len(pairs):
        absent = {name for name, value in pairs if not value}
        pairs = [pair for pair in pairs if pair[0] not in absent]
        if len({name for name, _ in pairs}) != len(pairs):
            raise BadSeries("label name is not unique")
    labels = Labels(pairs)
    if "" in names and labels.get(""):
        raise BadSeries("invalid metric name or label names")
    if not labels.metric_name:
        raise BadSeries("missing metric name (__name__ label)")
    return labels


def _runs(spans: Sequence[list[int]], edges: list[int]) -> Iterator[Sequence[list[int]]]:
    for start, end in itertools.pairwise(edges):
        yield spans[start:end]


def _pair(text: bytes, span: list[int]) -> tuple[str, str]:
    name_start, name_end, value_start, value_end = span
    name = METRIC_NAME if name_start < 0 else _decode(text[name_start:name_end])
    return name, _decode(text[value_start:value_end])


def _decode(data: bytes) -> str:
    """Text of a name or value; the parser has checked that it is UTF-8."""
    text = data.decode()
    return _unescape(text) if "\\" in text else text


def _unescape(text: str) -> str:
    return ESCAPE.sub(lambda match: ESCAPED[match[1]], text)


def _metric_type(word: str) -> MetricType:
    return MetricType.UNKNOWN if word == "untyped" else MetricType(word)
