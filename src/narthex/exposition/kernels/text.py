"""The parser of the classic text format (0.0.4, and 1.0.0 with its quoted names): one pass.

Takes and refuses what Prometheus takes and refuses, oddities included: blanks in front of a line
become part of its metric name, the value may follow the name without a blank, commas between
labels may be missing, a NUL where a line begins ends the page.
"""

from __future__ import annotations

import numpy as np

from narthex.exposition.kernels.floats import FLOAT_OK, parse_float
from narthex.exposition.kernels.outcome import (
    ASK_VALUE,
    BAD_EQUALS,
    BAD_HELP_UTF8,
    BAD_LABEL_NAME,
    BAD_LABEL_VALUE,
    BAD_LINE_END,
    BAD_NAME_UTF8,
    BAD_NOTE_NAME,
    BAD_NOTE_TEXT,
    BAD_START,
    BAD_TIME,
    BAD_TYPE,
    BAD_UTF8,
    COMPLETE,
    FULL,
    NAME_MISSING,
    NAME_TWICE,
    NO_TIME,
    NOTE_KIND,
    NOTE_NAME_END,
    NOTE_NAME_START,
    NOTE_TEXT_END,
    NOTE_TEXT_START,
    SAMPLES,
    SERIES_END,
    SERIES_START,
    TIME,
    TIME_RANGE,
    TIMED,
    VALUE_MISSING,
    judge_number,
    keep_note,
    line_end_and_digest,
)
from narthex.exposition.kernels.words import (
    BRACE_CLOSE,
    BRACE_OPEN,
    COMMA,
    EQUALS,
    FORBID_NUL,
    HASH,
    HELP_WORD,
    NEWLINE,
    NOTE_HELP,
    NUL,
    QUOTE,
    SPACE,
    TAB,
    TYPE_WORD,
    is_utf8,
    keyword_end,
    label_name_end,
    metric_name_end,
    quoted_end,
    skip_blanks,
    skip_nuls,
    type_code,
    value_end,
)
from narthex.jit import kernel
from narthex.model.kernels.hashing import hash_bytes


@kernel("boolean(int64)")
def is_text_type(code):
    """Whether the classic format has it: counter, gauge, histogram, summary, untyped."""
    return code == 0 or code == 1 or code == 2 or code == 4 or code == 8


@kernel("int64(const uint8[::1], int64, boolean)")
def comment_end(body, at, nul_ends):
    """The newline that ends a comment; -1 when a NUL ends the page instead."""
    while body[at] != NEWLINE:
        if body[at] == NUL and nul_ends:
            return -1
        at += 1
    return at


@kernel("UniTuple(int64, 2)(const uint8[::1], int64)")
def note_kind(body, at):
    """NOTE_HELP, 0 for TYPE or 1 for a mere comment at `at`, and the place behind the word."""
    kind = NOTE_HELP
    behind = keyword_end(body, at, HELP_WORD)
    if behind < 0:
        kind = 0
        behind = keyword_end(body, at, TYPE_WORD)
    if behind < 0 or (body[behind] != SPACE and body[behind] != TAB):
        return 1, at
    return kind, skip_nuls(body, behind + 1)


@kernel("UniTuple(int64, 2)(const uint8[::1], int64, int64, boolean, int64[::1], uint64[::1])")
def parse_note(body, at, end, ascii_only, note, digest):
    """A HELP or TYPE line of which the name begins at `at`: how it ended, and the newline's place.

    `note` already holds the kind, NOTE_HELP or anything else for TYPE, and is filled; `digest` is
    carried on over the line.
    """
    name_start = at
    if body[at] == QUOTE:
        at = quoted_end(body, at, end, FORBID_NUL)
        if at < 0:
            return BAD_NOTE_NAME, name_start
        note[NOTE_NAME_START] = name_start + 1
        note[NOTE_NAME_END] = at - 1
    else:
        at = metric_name_end(body, at)
        if at == name_start:
            return BAD_NOTE_NAME, name_start
        note[NOTE_NAME_START] = name_start
        note[NOTE_NAME_END] = at
    if body[at] == NUL:
        return BAD_NOTE_TEXT, at
    text_start = at
    blanks_end = skip_blanks(body, at)
    at, digest[0] = line_end_and_digest(body, name_start, digest[0])
    if at < text_start:  # a quoted name holds a newline
        at, digest[0] = line_end_and_digest(body, text_start, digest[0])
    # The byte behind the name is not looked at, whatever it is; blanks alone are no text.
    text_start = at if blanks_end == at else text_start + 1
    note[NOTE_TEXT_START] = text_start
    note[NOTE_TEXT_END] = at
    if note[NOTE_KIND] == NOTE_HELP:
        if not ascii_only and not is_utf8(body, text_start, at):
            return BAD_HELP_UTF8, text_start
        return COMPLETE, at
    code = type_code(body, text_start, at)
    if not is_text_type(code):
        return BAD_TYPE, text_start
    note[NOTE_KIND] = code
    return COMPLETE, at


@kernel("UniTuple(int64, 3)(const uint8[::1], int64, int64, boolean, boolean)")
def parse_labels(body, at, end, named, ascii_only):
    """The inside of braces, from behind the opening one: how it ended, the place, 1 if named.

    `named` says that the metric name stood before the braces.
    """
    at = skip_blanks(body, at)
    while True:
        start = at
        letter = body[at]
        if letter == BRACE_CLOSE:
            return COMPLETE, at + 1, np.int64(named)
        quoted = letter == QUOTE
        if quoted:
            at = quoted_end(body, at, end, FORBID_NUL)
            if at < 0:
                return BAD_LABEL_NAME, start, 0
            if not ascii_only and not is_utf8(body, start, at):
                return BAD_NAME_UTF8, start, 0
        else:
            at = label_name_end(body, at)
            if at == start:
                return BAD_LABEL_NAME, start, 0
        at = skip_blanks(body, at)
        letter = body[at]
        if quoted and letter in (COMMA, BRACE_CLOSE):
            if named:
                return NAME_TWICE, start, 0
            named = True
        else:
            if letter != EQUALS:
                return BAD_EQUALS, at, 0
            at = skip_blanks(body, at + 1)
            start = at
            at = quoted_end(body, at, end, 0) if body[at] == QUOTE else -1
            if at < 0:
                return BAD_LABEL_VALUE, start, 0
            if not ascii_only and not is_utf8(body, start, at):
                return BAD_UTF8, start, 0
            at = skip_blanks(body, at)
        if body[at] == COMMA:
            at = skip_blanks(body, at + 1)


@kernel("UniTuple(int64, 3)(const uint8[::1], int64)")
def parse_line_end(body, at):
    """The rest behind a value: how it ended, the newline's place, the time in ms or NO_TIME."""
    at = skip_blanks(body, at)
    if body[at] == NEWLINE:
        return COMPLETE, at, NO_TIME
    start = at
    time = np.uint64(0)
    while body[at] >= 48 and body[at] <= 57:
        digit = np.uint64(body[at] - 48)
        if time > (np.uint64(2**63 - 1) - digit) // np.uint64(10):
            return TIME_RANGE, start, NO_TIME
        time = time * np.uint64(10) + digit
        at += 1
    if at == start:
        return BAD_TIME, start, NO_TIME
    at = skip_blanks(body, at)
    if body[at] != NEWLINE:
        return BAD_LINE_END, at, NO_TIME
    return COMPLETE, at, np.int64(time)


@kernel(
    "UniTuple(int64, 2)(const uint8[::1], int64, int64, int64, boolean, uint64, int64[:, ::1],"
    " uint64[::1], uint64[::1], int64[:, ::1], int64[::1])"
)
def parse_sample(body, line, at, end, ascii_only, seed, samples, hashes, values, questions, counts):
    """One sample: how it ended, and its newline's place. `at` is behind the blanks of `line`."""
    row = counts[SAMPLES]
    if row == hashes.size:
        return FULL, at
    series_end = metric_name_end(body, at)
    named = series_end != at
    if not named and body[at] != BRACE_OPEN:
        return BAD_START, at
    at = skip_blanks(body, series_end)
    if body[at] == BRACE_OPEN:
        outcome, at, has_name = parse_labels(body, at + 1, end, named, ascii_only)
        if outcome != COMPLETE:
            return outcome, at
        if has_name == 0:
            return NAME_MISSING, at
        series_end = at
        at = skip_blanks(body, at)
    start = at
    at = value_end(body, at)
    if at == start:
        return VALUE_MISSING, at
    status, bits = parse_float(body, start, at)
    if status != FLOAT_OK:
        outcome = judge_number(status, start, at, ASK_VALUE, row, questions, counts)
        if outcome != COMPLETE:
            return outcome, start
    outcome, at, time = parse_line_end(body, at)
    if outcome != COMPLETE:
        return outcome, at
    samples[SERIES_START, row] = line
    samples[SERIES_END, row] = series_end
    samples[TIME, row] = time
    hashes[row] = hash_bytes(body, line, series_end, seed)
    values[row] = bits
    counts[SAMPLES] = row + 1
    if time != NO_TIME:
        counts[TIMED] += 1
    return COMPLETE, at


@kernel(
    "UniTuple(int64, 2)(const uint8[::1], int64, boolean, uint64, int64[:, ::1], uint64[::1],"
    " uint64[::1], int64[:, ::1], int64[:, ::1], uint64[::1], int64[::1])"
)
def parse_text(
    body, end, ascii_only, seed, samples, hashes, values, notes, questions, digest, counts
):
    """Parse a page: how it ended, and where.

    `body` uint8[end + PADDING] closes with newlines of ours. `samples` int64[3, n], `hashes` and
    `values` (bits) uint64[n], `notes` int64[m, 6], `questions` int64[q, 4] and `counts` int64[5]
    are those of `kernels/outcome`; `digest` uint64[1] becomes a digest of all notes.
    """
    note = np.zeros(6, np.int64)
    at = 0
    while at < end:
        line = at
        at = skip_blanks(body, at)
        letter = body[at]
        if letter == NEWLINE:
            at += 1
            continue
        if letter == NUL:
            break
        if letter != HASH:
            outcome, at = parse_sample(
                body, line, at, end, ascii_only, seed, samples, hashes, values, questions, counts
            )
            if outcome != COMPLETE:
                return outcome, at
            at += 1
            continue
        spaced = body[at + 1] == SPACE or body[at + 1] == TAB
        at = skip_blanks(body, at + 1)
        note[NOTE_KIND], name_at = note_kind(body, at)
        if spaced and note[NOTE_KIND] <= 0:
            at = skip_blanks(body, name_at)
            outcome, at = parse_note(body, at, end, ascii_only, note, digest)
            if outcome == COMPLETE:
                outcome = keep_note(note, notes, counts)
            if outcome != COMPLETE:
                return outcome, at
        else:
            if spaced and body[at] == NUL:
                break
            at = comment_end(body, at, not spaced)
            if at < 0:
                break
        at += 1
    return COMPLETE, end
