"""What the parsers of a format write and answer: tables of a page, and how a pass ended.

The tables are allotted by the caller and filled from the top; `counts` holds how many rows each
has. A pass that finds no room ends with FULL and is run again with larger tables, a pass that
finds bad input ends with the number of the fault and its place.
"""

from __future__ import annotations

import numpy as np

from narthex.exposition.kernels.floats import FLOAT_MALFORMED, FLOAT_OUT_OF_RANGE
from narthex.jit import kernel
from narthex.model.kernels.hashing import HASH_KEY_1, load_64

PADDING = 8
"""Newlines of ours behind a page, so that eight bytes can be read at any place in it."""
NEWLINES = np.uint64(0x0A0A0A0A0A0A0A0A)
LOW_BITS = np.uint64(0x0101010101010101)
HIGH_BITS = np.uint64(0x8080808080808080)

SAMPLES, NOTES, EXEMPLARS, QUESTIONS, TIMED = range(5)
"""Places in `counts` int64[5]: rows of each table, and samples that have a time of their own."""

SERIES_START, SERIES_END, TIME = 0, 1, 2
"""Rows of `samples` int64[3, n]; a sample without a time has NO_TIME."""
NO_TIME = -(2**63)

NOTE_KIND, NOTE_NAME_START, NOTE_NAME_END, NOTE_TEXT_START, NOTE_TEXT_END, NOTE_ROW = range(6)
"""Columns of `notes` int64[n, 6]: a HELP, TYPE or UNIT line, before sample NOTE_ROW."""

EXEMPLAR_ROW, EXEMPLAR_START, EXEMPLAR_END, EXEMPLAR_BITS, EXEMPLAR_TIME = range(5)
"""Columns of `exemplars` int64[n, 5]: of sample row, the labels' braces, value bits, time."""

QUESTION_KIND, QUESTION_ROW, QUESTION_START, QUESTION_END = range(4)
"""Columns of `questions` int64[n, 4]: numbers that only exact arithmetic can round."""
ASK_VALUE, ASK_TIME, ASK_EXEMPLAR_VALUE, ASK_EXEMPLAR_TIME = range(4)

COMPLETE, FULL = 0, 1
(
    BAD_START, BAD_NOTE_NAME, BAD_NOTE_TEXT, BAD_TYPE, BAD_HELP_UTF8, BAD_UNIT, BAD_LABEL_NAME,
    BAD_EQUALS, BAD_LABEL_VALUE, BAD_UTF8, BAD_COMMA, NAME_TWICE, NAME_MISSING, VALUE_MISSING,
    BAD_NUMBER, NUMBER_RANGE, BAD_TIME, TIME_RANGE, BAD_LINE_END, EOF_MISSING, EOF_NOT_LAST,
    BAD_EXEMPLAR_NAME, EXEMPLAR_VALUE_MISSING, BAD_EXEMPLAR_TIME, BAD_EXEMPLAR_END,
    BAD_NAME_UTF8,
) = range(2, 28)  # fmt: skip


@kernel("int64(int64, int64, int64, int64, int64, int64[:, ::1], int64[::1])")
def judge_number(status, start, end, kind, row, questions, counts):
    """The outcome of a number that `parse_float` did not settle: a fault, or a question.

    The question is about the `kind` of row `row`.
    """
    if status == FLOAT_MALFORMED:
        return BAD_NUMBER
    if status == FLOAT_OUT_OF_RANGE:
        return NUMBER_RANGE
    count = counts[QUESTIONS]
    if count == questions.shape[0]:
        return FULL
    questions[count, QUESTION_KIND] = kind
    questions[count, QUESTION_ROW] = row
    questions[count, QUESTION_START] = start
    questions[count, QUESTION_END] = end
    counts[QUESTIONS] = count + 1
    return COMPLETE


@kernel("Tuple((int64, uint64))(const uint8[::1], int64, uint64)")
def line_end_and_digest(body, at, digest):
    """The place of the next newline from `at` on, and `digest` carried on over what is before it.

    Eight bytes a step: a byte of `word ^ newlines` is zero where the newline is. The digest only
    tells whether a target's notes have changed, so one multiplication a step is enough.
    """
    while True:
        word = load_64(body, at)
        unlike = word ^ NEWLINES
        found = (unlike - LOW_BITS) & ~unlike & HIGH_BITS
        if found != np.uint64(0):
            break
        digest = (digest ^ word) * HASH_KEY_1
        at += 8
    first = found & (~found + np.uint64(1))
    before = (first >> np.uint64(7)) - np.uint64(1)
    length = np.int64(((before & LOW_BITS) * LOW_BITS) >> np.uint64(56))
    return at + length, (digest ^ (word & before)) * HASH_KEY_1


@kernel("int64(int64[::1], int64[:, ::1], int64[::1])")
def keep_note(note, notes, counts):
    """Add the note just read to the table."""
    count = counts[NOTES]
    if count == notes.shape[0]:
        return FULL
    for column in range(NOTE_ROW):
        notes[count, column] = note[column]
    notes[count, NOTE_ROW] = counts[SAMPLES]
    counts[NOTES] = count + 1
    return COMPLETE
