"""The words of the exposition formats: names, quoted strings, blanks, metric types, UTF-8.

Each kernel is given a place in the page and answers with the place behind the word. A page is
handed over with one byte more than it has, a newline, so that scans for the end of a word need
not ask where the page ends.

Hot loops count with an unsigned place: for a signed one the compiler adds a test for negative
indices to every byte.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

NUL, TAB, NEWLINE, SPACE, QUOTE, HASH = 0, 9, 10, 32, 34, 35
COMMA, EQUALS, BACKSLASH, BRACE_OPEN, BRACE_CLOSE = 44, 61, 92, 123, 125

ONE = np.uint64(1)

FORBID_NUL = 1
FORBID_NEWLINE = 2

METRIC_START, METRIC_REST, LABEL_START, LABEL_REST, VALUE_END = 1, 2, 4, 8, 16

NOTE_HELP = -1
NOTE_UNIT = -2
NOTE_TYPES = (
    "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset", "unknown",
    "untyped",
)  # fmt: skip
"""A TYPE line's code is the place of its word here; NOTE_HELP and NOTE_UNIT mark the others."""
UNKNOWN_TYPE_WORD = -3


def _classes() -> np.ndarray:
    """What each byte may be, as a set of bits."""
    classes = np.zeros(256, np.uint8)
    for letter in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_":
        classes[letter] = METRIC_START | METRIC_REST | LABEL_START | LABEL_REST
    for digit in b"0123456789":
        classes[digit] = METRIC_REST | LABEL_REST
    classes[ord(":")] = METRIC_START | METRIC_REST
    for letter in b"\0\t\n {":
        classes[letter] |= VALUE_END
    return classes


def _type_words() -> np.ndarray:
    words = np.zeros((len(NOTE_TYPES), 16), np.uint8)
    for i, word in enumerate(NOTE_TYPES):
        words[i, : len(word)] = np.frombuffer(word.encode(), np.uint8)
    return words


CLASSES = _classes()
TYPE_WORDS = _type_words()
HELP_WORD = np.frombuffer(b"HELP", np.uint8).copy()
TYPE_WORD = np.frombuffer(b"TYPE", np.uint8).copy()
UNIT_WORD = np.frombuffer(b"UNIT", np.uint8).copy()
EOF_WORD = np.frombuffer(b"EOF", np.uint8).copy()


@kernel("int64(const uint8[::1], int64)")
def skip_nuls(body, at):
    """The place of the first byte that is no NUL."""
    while body[at] == NUL:
        at += 1
    return at


@kernel("int64(const uint8[::1], int64, const uint8[::1])")
def keyword_end(body, at, word):
    """Behind `word` if it stands at `at`, else -1. NULs behind each letter do not count.

    `word` holds no newline, so the newline behind the page ends every comparison.
    """
    for i in range(word.size):
        if body[at] != word[i]:
            return -1
        at = skip_nuls(body, at + 1)
    return at


@kernel("int64(const uint8[::1], int64)")
def skip_blanks(body, at):
    """The place of the first byte that is no space and no tab."""
    i = np.uint64(at)
    while body[i] == SPACE or body[i] == TAB:
        i += ONE
    return np.int64(i)


@kernel("int64(const uint8[::1], int64)")
def metric_name_end(body, at):
    """Behind the metric name at `at`; `at` itself when none begins there."""
    i = np.uint64(at)
    if CLASSES[body[i]] & METRIC_START == 0:
        return at
    i += ONE
    while CLASSES[body[i]] & METRIC_REST != 0:
        i += ONE
    return np.int64(i)


@kernel("int64(const uint8[::1], int64)")
def label_name_end(body, at):
    """Behind the plain label name at `at`; `at` itself when none begins there."""
    i = np.uint64(at)
    if CLASSES[body[i]] & LABEL_START == 0:
        return at
    i += ONE
    while CLASSES[body[i]] & LABEL_REST != 0:
        i += ONE
    return np.int64(i)


@kernel("int64(const uint8[::1], int64)")
def value_end(body, at):
    """Behind the value at `at` in the classic format; `at` itself when it is empty."""
    i = np.uint64(at)
    while CLASSES[body[i]] & VALUE_END == 0:
        i += ONE
    return np.int64(i)


@kernel("int64(const uint8[::1], int64, int64, int64)")
def quoted_end(body, at, end, forbidden):
    """Behind the string in double quotes that opens at `at`; -1 when it is not closed.

    A backslash takes the next byte with it, but for a newline. `forbidden` names the bytes that
    may not stand inside: FORBID_NUL, FORBID_NEWLINE.
    """
    i = np.uint64(at) + ONE
    stop = np.uint64(end)
    while i < stop:
        letter = body[i]
        if letter == QUOTE:
            return np.int64(i + ONE)
        if letter == BACKSLASH:
            i += ONE
            while i < stop and body[i] == NUL and forbidden & FORBID_NUL == 0:
                i += ONE
            if i >= stop or body[i] == NEWLINE or body[i] == NUL:
                return -1
        elif (letter == NUL and forbidden & FORBID_NUL != 0) or (
            letter == NEWLINE and forbidden & FORBID_NEWLINE != 0
        ):
            return -1
        i += ONE
    return -1


@kernel("int64(const uint8[::1], int64, int64)")
def type_code(body, start, end):
    """The place of the word `body[start:end]` among NOTE_TYPES, or UNKNOWN_TYPE_WORD."""
    length = end - start
    if length == 0 or length >= TYPE_WORDS.shape[1]:
        return UNKNOWN_TYPE_WORD
    for code in range(TYPE_WORDS.shape[0]):
        if TYPE_WORDS[code, length] != 0:
            continue
        i = 0
        while i < length and body[start + i] == TYPE_WORDS[code, i]:
            i += 1
        if i == length:
            return code
    return UNKNOWN_TYPE_WORD


@kernel("boolean(const uint8[::1], int64, int64)")
def is_utf8(body, start, end):
    """Whether `body[start:end]` is UTF-8: shortest forms only, no surrogates (RFC 3629)."""
    at = start
    while at < end:
        lead = np.int64(body[at])
        if lead < 0x80:
            at += 1
            continue
        if lead < 0xC2 or lead > 0xF4:
            return False
        more = 1 if lead < 0xE0 else (2 if lead < 0xF0 else 3)
        if at + more >= end:
            return False
        code = lead & (0x3F >> more)
        for i in range(1, more + 1):
            byte = np.int64(body[at + i])
            if byte & 0xC0 != 0x80:
                return False
            code = code << 6 | (byte & 0x3F)
        if more == 2 and (code < 0x800 or (code >= 0xD800 and code < 0xE000)):
            return False
        if more == 3 and (code < 0x10000 or code > 0x10FFFF):
            return False
        at += more + 1
    return True
