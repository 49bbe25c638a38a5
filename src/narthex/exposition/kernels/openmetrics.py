"""The parser of OpenMetrics text (0.0.1 and 1.0.0): one pass.

Takes and refuses what Prometheus takes and refuses: exactly one space between words, no blank
lines, no comments, `# EOF` at the end and nothing behind it; neither the order of families nor
the suffixes of their samples are looked at.
"""

from __future__ import annotations

import numpy as np

from narthex.exposition.kernels.floats import FLOAT_OK, parse_float
from narthex.exposition.kernels.outcome import (
    ASK_EXEMPLAR_TIME,
    ASK_EXEMPLAR_VALUE,
    ASK_TIME,
    ASK_VALUE,
    BAD_COMMA,
    BAD_EQUALS,
    BAD_EXEMPLAR_END,
    BAD_EXEMPLAR_NAME,
    BAD_EXEMPLAR_TIME,
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
    BAD_UNIT,
    BAD_UTF8,
    COMPLETE,
    EOF_MISSING,
    EOF_NOT_LAST,
    EXEMPLAR_BITS,
    EXEMPLAR_END,
    EXEMPLAR_ROW,
    EXEMPLAR_START,
    EXEMPLAR_TIME,
    EXEMPLAR_VALUE_MISSING,
    EXEMPLARS,
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
    EOF_WORD,
    EQUALS,
    FORBID_NEWLINE,
    FORBID_NUL,
    HASH,
    HELP_WORD,
    NEWLINE,
    NOTE_HELP,
    NOTE_UNIT,
    NUL,
    QUOTE,
    SPACE,
    TYPE_WORD,
    UNIT_WORD,
    UNKNOWN_TYPE_WORD,
    is_utf8,
    keyword_end,
    label_name_end,
    metric_name_end,
    quoted_end,
    skip_nuls,
    type_code,
)
from narthex.jit import kernel
from narthex.model.kernels.hashing import hash_bytes

UNTYPED = 8
"""The code of `untyped`, a word of the classic format only."""


@kernel("int64(const uint8[::1], int64)")
def word_end(body, at):
    """Behind a run of bytes that are neither space, newline nor NUL."""
    while body[at] != SPACE and body[at] != NEWLINE and body[at] != NUL:
        at += 1
    return at


@kernel("boolean(const uint8[::1], int64[::1])")
def unit_fits(body, note):
    """Whether the family's name ends with an underscore and the unit; no unit always fits."""
    length = note[NOTE_TEXT_END] - note[NOTE_TEXT_START]
    before = note[NOTE_NAME_END] - length - 1
    if length == 0:
        return True
    if before < note[NOTE_NAME_START] or body[before] != 95:
        return False
    same = 0
    while same < length and body[before + 1 + same] == body[note[NOTE_TEXT_START] + same]:
        same += 1
    return same == length


@kernel("int64(const uint8[::1], int64[::1], boolean)")
def check_note(body, note, ascii_only):
    """Whether the text of a complete note fits its kind; a TYPE's kind becomes its code."""
    start, end = note[NOTE_TEXT_START], note[NOTE_TEXT_END]
    if note[NOTE_KIND] == NOTE_HELP:
        return COMPLETE if ascii_only or is_utf8(body, start, end) else BAD_HELP_UTF8
    if note[NOTE_KIND] == NOTE_UNIT:
        return COMPLETE if unit_fits(body, note) else BAD_UNIT
    code = type_code(body, start, end)
    if code in (UNKNOWN_TYPE_WORD, UNTYPED):
        return BAD_TYPE
    note[NOTE_KIND] = code
    return COMPLETE


@kernel("UniTuple(int64, 2)(const uint8[::1], int64, int64, boolean, int64[::1], uint64[::1])")
def parse_note(body, at, end, ascii_only, note, digest):
    """A HELP, TYPE or UNIT line from its name on: how it ended, and the newline's place."""
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
    if body[at] != SPACE:
        return BAD_NOTE_TEXT, at
    note[NOTE_TEXT_START] = at + 1
    at, digest[0] = line_end_and_digest(body, name_start, digest[0])
    if at < note[NOTE_TEXT_START]:  # a quoted name holds a newline
        at, digest[0] = line_end_and_digest(body, note[NOTE_TEXT_START], digest[0])
    if at >= end:
        return BAD_NOTE_TEXT, end
    note[NOTE_TEXT_END] = at
    return check_note(body, note, ascii_only), at


@kernel("UniTuple(int64, 2)(const uint8[::1], int64, int64, boolean)")
def parse_label_value(body, at, end, ascii_only):
    """From the equals sign to behind the closing quote."""
    if body[at] != EQUALS:
        return BAD_EQUALS, at
    start = at + 1
    at = quoted_end(body, start, end, FORBID_NEWLINE) if body[start] == QUOTE else -1
    if at < 0:
        return BAD_LABEL_VALUE, start
    if not ascii_only and not is_utf8(body, start, at):
        return BAD_UTF8, start
    return COMPLETE, at


@kernel("UniTuple(int64, 3)(const uint8[::1], int64, int64, boolean, boolean)")
def parse_labels(body, at, end, named, ascii_only):
    """The inside of braces, from behind the opening one: how it ended, the place, 1 if named."""
    while True:
        start = at
        if body[at] == BRACE_CLOSE:
            return COMPLETE, at + 1, np.int64(named)
        quoted = body[at] == QUOTE
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
        if quoted and (body[at] == COMMA or body[at] == BRACE_CLOSE):
            if named:
                return NAME_TWICE, start, 0
            named = True
        else:
            outcome, at = parse_label_value(body, at, end, ascii_only)
            if outcome != COMPLETE:
                return outcome, at, 0
        if body[at] == COMMA:
            at += 1
        elif body[at] != BRACE_CLOSE:
            return BAD_COMMA, at, 0


@kernel("UniTuple(int64, 2)(const uint8[::1], int64, int64, boolean)")
def parse_exemplar_labels(body, at, end, ascii_only):
    """The inside of an exemplar's braces, from behind the opening one."""
    while body[at] != BRACE_CLOSE:
        start = at
        if body[at] == QUOTE:
            at = quoted_end(body, at, end, FORBID_NEWLINE | FORBID_NUL)
        else:
            at = label_name_end(body, at)
        if at < 0 or at == start:
            return BAD_EXEMPLAR_NAME, start
        if not ascii_only and not is_utf8(body, start, at):
            return BAD_NAME_UTF8, start
        outcome, at = parse_label_value(body, at, end, ascii_only)
        if outcome != COMPLETE:
            return outcome, at
        if body[at] == COMMA:
            at += 1
        elif body[at] != BRACE_CLOSE:
            return BAD_COMMA, at
    return COMPLETE, at + 1


@kernel("Tuple((boolean, int64))(uint64)")
def seconds_to_ms(bits):
    """Whether a time in seconds is finite, and its milliseconds, cut towards zero as Go cuts.

    Times outside int64 become the earliest one, which no store takes.
    """
    seconds = np.uint64(bits).view(np.float64)
    if not np.isfinite(seconds):
        return False, NO_TIME
    milliseconds = seconds * 1000.0
    if milliseconds <= -9.2e18 or milliseconds >= 9.2e18:
        return True, NO_TIME + 1
    return True, np.int64(milliseconds)


@kernel(
    "UniTuple(int64, 3)(const uint8[::1], int64, int64, int64, int64, int64[:, ::1], int64[::1])"
)
def read_time(body, start, end, kind, row, questions, counts):
    """How reading a time in seconds ended, its place, and the time in ms."""
    status, bits = parse_float(body, start, end)
    if status != FLOAT_OK:
        return judge_number(status, start, end, kind, row, questions, counts), start, NO_TIME
    finite, time = seconds_to_ms(bits)
    return (COMPLETE if finite else BAD_TIME), start, time


@kernel(
    "UniTuple(int64, 2)(const uint8[::1], int64, int64, boolean, int64, int64[:, ::1],"
    " int64[:, ::1], int64[::1])"
)
def parse_exemplar(body, at, end, ascii_only, row, exemplars, questions, counts):
    """An exemplar from its opening brace on: how it ended, and the newline's place."""
    count = counts[EXEMPLARS]
    if count == exemplars.shape[0]:
        return FULL, at
    exemplars[count, EXEMPLAR_ROW] = row
    exemplars[count, EXEMPLAR_START] = at
    outcome, at = parse_exemplar_labels(body, at + 1, end, ascii_only)
    if outcome != COMPLETE:
        return outcome, at
    exemplars[count, EXEMPLAR_END] = at
    start = at + 1
    if body[at] != SPACE or word_end(body, start) == start:
        return EXEMPLAR_VALUE_MISSING, at
    at = word_end(body, start)
    status, bits = parse_float(body, start, at)
    if status != FLOAT_OK:
        outcome = judge_number(status, start, at, ASK_EXEMPLAR_VALUE, count, questions, counts)
        if outcome != COMPLETE:
            return outcome, start
    exemplars[count, EXEMPLAR_BITS] = np.int64(bits)
    exemplars[count, EXEMPLAR_TIME] = NO_TIME
    if body[at] == SPACE:
        start = at + 1
        at = word_end(body, start)
        if at == start:
            return BAD_EXEMPLAR_TIME, start
        outcome, place, time = read_time(
            body, start, at, ASK_EXEMPLAR_TIME, count, questions, counts
        )
        if outcome != COMPLETE:
            return (BAD_EXEMPLAR_TIME if outcome == BAD_TIME else outcome), place
        exemplars[count, EXEMPLAR_TIME] = time
    if at == end:
        return EOF_MISSING, at
    if body[at] != NEWLINE:
        return BAD_EXEMPLAR_END, at
    counts[EXEMPLARS] = count + 1
    return COMPLETE, at


@kernel("boolean(const uint8[::1], int64, int64)")
def exemplar_follows(body, at, end):
    """Whether ` # {` stands at `at`."""
    return (
        at + 3 < end
        and body[at] == SPACE
        and body[at + 1] == HASH
        and body[at + 2] == SPACE
        and body[at + 3] == BRACE_OPEN
    )


@kernel(
    "UniTuple(int64, 2)(const uint8[::1], int64, int64, boolean, int64, int64[:, ::1],"
    " int64[:, ::1], int64[:, ::1], int64[::1])"
)
def parse_line_end(body, at, end, ascii_only, row, samples, exemplars, questions, counts):
    """The rest behind a value: time, exemplar, newline."""
    samples[TIME, row] = NO_TIME
    if body[at] == SPACE and not exemplar_follows(body, at, end):
        start = at + 1
        at = word_end(body, start)
        if at == start:
            return BAD_LINE_END, start
        outcome, place, samples[TIME, row] = read_time(
            body, start, at, ASK_TIME, row, questions, counts
        )
        if outcome != COMPLETE:
            return outcome, place
    if exemplar_follows(body, at, end):
        return parse_exemplar(body, at + 3, end, ascii_only, row, exemplars, questions, counts)
    if at == end:
        return EOF_MISSING, at
    return (COMPLETE if body[at] == NEWLINE else BAD_LINE_END), at


@kernel(
    "UniTuple(int64, 2)(const uint8[::1], int64, int64, boolean, uint64, int64[:, ::1],"
    " uint64[::1], uint64[::1], int64[:, ::1], int64[:, ::1], int64[::1])"
)
def parse_sample(
    body, line, end, ascii_only, seed, samples, hashes, values, exemplars, questions, counts
):
    """One sample with all that follows it: how it ended, and its newline's place."""
    row = counts[SAMPLES]
    if row == hashes.size:
        return FULL, line
    at = metric_name_end(body, line)
    named = at != line
    if not named and body[at] != BRACE_OPEN:
        return BAD_START, at
    if body[at] == BRACE_OPEN:
        outcome, at, has_name = parse_labels(body, at + 1, end, named, ascii_only)
        if outcome != COMPLETE:
            return outcome, at
        if has_name == 0:
            return NAME_MISSING, at
    samples[SERIES_START, row] = line
    samples[SERIES_END, row] = at
    hashes[row] = hash_bytes(body, line, at, seed)
    start = at + 1
    if body[at] != SPACE or word_end(body, start) == start:
        return VALUE_MISSING, at
    at = word_end(body, start)
    status, values[row] = parse_float(body, start, at)
    if status != FLOAT_OK:
        outcome = judge_number(status, start, at, ASK_VALUE, row, questions, counts)
        if outcome != COMPLETE:
            return outcome, start
    outcome, at = parse_line_end(
        body, at, end, ascii_only, row, samples, exemplars, questions, counts
    )
    if outcome == COMPLETE:
        counts[SAMPLES] = row + 1
        if samples[TIME, row] != NO_TIME:
            counts[TIMED] += 1
    return outcome, at


@kernel("UniTuple(int64, 2)(const uint8[::1], int64)")
def note_kind(body, at):
    """NOTE_HELP, NOTE_UNIT, 0 for TYPE or 1 for none of them, and the place behind the word."""
    kind = NOTE_HELP
    behind = keyword_end(body, at, HELP_WORD)
    if behind < 0:
        kind = 0
        behind = keyword_end(body, at, TYPE_WORD)
    if behind < 0:
        kind = NOTE_UNIT
        behind = keyword_end(body, at, UNIT_WORD)
    if behind < 0 or body[behind] != SPACE:
        return 1, at
    return kind, skip_nuls(body, behind + 1)


@kernel("UniTuple(int64, 2)(const uint8[::1], int64, int64)")
def check_end(body, at, end):
    """What follows `# EOF` of which `at` is behind: one newline at most."""
    if at < end and body[at] == NEWLINE:
        at = skip_nuls(body, at + 1)
    return (COMPLETE if at >= end else EOF_NOT_LAST), at


@kernel(
    "UniTuple(int64, 2)(const uint8[::1], int64, boolean, uint64, int64[:, ::1], uint64[::1],"
    " uint64[::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], uint64[::1], int64[::1])"
)
def parse_openmetrics(
    body,
    end,
    ascii_only,
    seed,
    samples,
    hashes,
    values,
    notes,
    exemplars,
    questions,
    digest,
    counts,
):
    """Parse a page: how it ended, and where. Arguments as of the classic format's parser, and
    `exemplars` int64[e, 5]."""
    note = np.zeros(6, np.int64)
    at = 0
    while at < end:
        if body[at] != HASH:
            outcome, at = parse_sample(
                body, at, end, ascii_only, seed, samples, hashes, values, exemplars, questions,
                counts,
            )  # fmt: skip
            if outcome != COMPLETE:
                return outcome, at
            at += 1
            continue
        if body[at + 1] != SPACE:
            return BAD_START, at
        eof_end = keyword_end(body, at + 2, EOF_WORD)
        if eof_end >= 0:
            return check_end(body, eof_end, end)
        note[NOTE_KIND], name_at = note_kind(body, at + 2)
        if note[NOTE_KIND] > 0:
            return BAD_START, at
        outcome, at = parse_note(body, name_at, end, ascii_only, note, digest)
        if outcome == COMPLETE:
            outcome = keep_note(note, notes, counts)
        if outcome != COMPLETE:
            return outcome, at
        at += 1
    return EOF_MISSING, end
