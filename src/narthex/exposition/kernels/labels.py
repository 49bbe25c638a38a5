"""Where the name and the labels of chosen series stand in a page already parsed."""

from __future__ import annotations

from narthex.exposition.kernels.words import (
    BRACE_CLOSE,
    BRACE_OPEN,
    COMMA,
    EQUALS,
    QUOTE,
    label_name_end,
    metric_name_end,
    quoted_end,
    skip_blanks,
)
from narthex.jit import kernel


@kernel("int64(const uint8[::1], int64, int64, int64[:, ::1], int64)")
def split_series(body, start, end, spans, pairs):
    """Split one series into spans; returns how many rows of `spans` are in use, -1: no room.

    `spans` int64[n, 4] gets, from row `pairs` on, one row a label: name start and end, value start
    and end, quotes left off. The metric name is the row whose name starts at -1.
    """
    at = metric_name_end(body, skip_blanks(body, start))
    if body[start] != BRACE_OPEN and at > skip_blanks(body, start):
        if pairs == spans.shape[0]:
            return -1
        spans[pairs, 0] = -1
        spans[pairs, 1] = -1
        spans[pairs, 2] = start
        spans[pairs, 3] = at
        pairs += 1
    at = skip_blanks(body, at)
    if at >= end or body[at] != BRACE_OPEN:
        return pairs
    at = skip_blanks(body, at + 1)
    while body[at] != BRACE_CLOSE:
        if pairs == spans.shape[0]:
            return -1
        quoted = body[at] == QUOTE
        name_start = at + 1 if quoted else at
        at = quoted_end(body, at, end, 0) if quoted else label_name_end(body, at)
        name_end = at - 1 if quoted else at
        at = skip_blanks(body, at)
        if body[at] == EQUALS:
            at = skip_blanks(body, at + 1)
            spans[pairs, 0] = name_start
            spans[pairs, 1] = name_end
            spans[pairs, 2] = at + 1
            at = quoted_end(body, at, end, 0)
            spans[pairs, 3] = at - 1
            at = skip_blanks(body, at)
        else:
            spans[pairs, 0] = -1
            spans[pairs, 1] = -1
            spans[pairs, 2] = name_start
            spans[pairs, 3] = name_end
        pairs += 1
        if body[at] == COMMA:
            at = skip_blanks(body, at + 1)
    return pairs


@kernel(
    "int64(const uint8[::1], const int64[::1], const int64[::1], const int64[::1], int64[:, ::1],"
    " int64[::1])"
)
def split_rows(body, starts, ends, rows, spans, bounds):
    """Split the series of `rows`; those of row i are spans `bounds[i]` to `bounds[i + 1]`.

    Returns the number of spans, or -1 when `spans` has no room.
    """
    pairs = 0
    bounds[0] = 0
    for i in range(rows.size):
        pairs = split_series(body, starts[rows[i]], ends[rows[i]], spans, pairs)
        if pairs < 0:
            return -1
        bounds[i + 1] = pairs
    return pairs
