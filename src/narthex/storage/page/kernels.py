"""What is done once per sample around a page: values sorted out before it, put back after it."""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel

STALE_BITS = np.int64(0x7FF0000000000002)
WHOLE_MAX = 9007199254740992.0
"""2^53: up to here every whole number is a float64."""

MARKERS = 2
SAME_COUNT = 8
"""Flags of a chunk that its directory depends on."""

EMPTY_SERIES = 0
CONSTANT_SERIES = 1
MOVING_SERIES = 2


@kernel("boolean(float64, int64)")
def is_whole(value, bits):
    """Whether a value goes to int64 and comes back with the same bits."""
    if not (-WHOLE_MAX <= value <= WHOLE_MAX):
        return False
    return value == np.floor(value) and (value != 0.0 or bits == 0)


@kernel(
    "void(const float64[::1], const int64[::1], uint8[::1], int64[::1], float64[::1], int64[::1])"
)
def classify_series(values, starts, kinds, markers, constants, facts):
    """Sort the series of a chunk (empty, constant, moving), count markers, gather constants.

    Series `i` is `values[starts[i]:starts[i + 1]]`. Writes to `facts`: whether all values of all
    moving series are whole, how many series move, how many values they have without markers, how
    many are constant, how many markers there are, whether all series have the same count, and
    whether all constants have the same bits.
    """
    bits = values.view(np.int64)
    constant_bits = constants.view(np.int64)
    whole = True
    moving = 0
    moving_values = 0
    constant = 0
    markers_total = 0
    same_count = True
    same_constant = True
    for i in range(starts.size - 1):
        kind = EMPTY_SERIES
        marked = 0
        first = np.int64(0)
        series_whole = True
        count = starts[i + 1] - starts[i]
        if count != starts[1] - starts[0]:
            same_count = False
        for j in range(starts[i], starts[i + 1]):
            b = bits[j]
            if b == STALE_BITS:
                marked += 1
                continue
            if kind == EMPTY_SERIES:
                kind = CONSTANT_SERIES
                first = b
            elif b != first:
                kind = MOVING_SERIES
            if series_whole and not is_whole(values[j], b):
                series_whole = False
        kinds[i] = kind
        markers[i] = marked
        markers_total += marked
        if kind == MOVING_SERIES:
            moving += 1
            moving_values += count - marked
            whole = whole and series_whole
        elif kind == CONSTANT_SERIES:
            constant_bits[constant] = first
            same_constant = same_constant and first == constant_bits[0]
            constant += 1
    facts[0] = whole
    facts[1] = moving
    facts[2] = moving_values
    facts[3] = constant
    facts[4] = markers_total
    facts[5] = same_count
    facts[6] = same_constant


@kernel("int64(const float64[::1], const int64[::1], const uint8[::1], boolean, float64[::1])")
def pack_moving(values, starts, kinds, whole, packed):
    """The values of the moving series without markers, one after the other; returns how many.

    When `whole`, the words of `packed` are int64.
    """
    bits = values.view(np.int64)
    packed_bits = packed.view(np.int64)
    at = 0
    for i in range(starts.size - 1):
        if kinds[i] != MOVING_SERIES:
            continue
        for j in range(starts[i], starts[i + 1]):
            if bits[j] == STALE_BITS:
                continue
            packed_bits[at] = np.int64(values[j]) if whole else bits[j]
            at += 1
    return at


@kernel("int64(const int64[::1], uint8[::1])")
def write_varints(numbers, out):
    """Write numbers >= 0 as LEB128; `out` has room for ten bytes each. Returns the bytes."""
    at = 0
    for number in numbers:
        rest = np.uint64(number)
        while rest >= np.uint64(128):
            out[at] = np.uint8(rest & np.uint64(127)) | np.uint8(128)
            rest >>= np.uint64(7)
            at += 1
        out[at] = np.uint8(rest)
        at += 1
    return at


@kernel("int64(uint8[::1], int64, int64)")
def put_varint(out, at, number):
    """Write one number >= 0 at `at`; returns the place behind it."""
    rest = np.uint64(number)
    while rest >= np.uint64(128):
        out[at] = np.uint8(rest & np.uint64(127)) | np.uint8(128)
        rest >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(rest)
    return at + 1


@kernel(
    "int64(const float64[::1], const int64[::1], const uint8[::1], const int64[::1],"
    " const int64[::1], int64, int64, int64, int64, uint8[::1])"
)
def write_directory(
    values, starts, kinds, markers, page_bytes, flags, rows, constant_bytes, meta_bytes, out
):
    """Write the directory of a chunk; `out` has room for ten bytes a number. Returns the bytes.

    `page_bytes` are those of the moving series, in order; `rows` is negative without holes.
    """
    n = starts.size - 1
    bits = values.view(np.int64)
    at = put_varint(out, 0, n)
    for i in range(1 if flags & SAME_COUNT and n > 0 else n):
        at = put_varint(out, at, starts[i + 1] - starts[i])
    page = 0
    for i in range(n):
        if kinds[i] == MOVING_SERIES:
            at = put_varint(out, at, page_bytes[page] + 1)
            page += 1
        else:
            at = put_varint(out, at, 0)
    if flags & MARKERS:
        for i in range(n):
            at = put_varint(out, at, markers[i])
            if markers[i] == 0:
                continue
            before = starts[i] - 1
            for j in range(starts[i], starts[i + 1]):
                if bits[j] == STALE_BITS:
                    at = put_varint(out, at, j - before - 1)
                    before = j
    if rows >= 0:
        at = put_varint(out, at, rows)
    at = put_varint(out, at, constant_bytes)
    return put_varint(out, at, meta_bytes)


@kernel("int64(const uint8[::1], int64, int64, int64[::1])")
def read_varints(data, at, count, out):
    """Read `count` numbers into `out`; returns the place behind them, -1 when there are not."""
    for k in range(count):
        value = np.uint64(0)
        shift = np.uint64(0)
        while True:
            if at >= data.size or shift > np.uint64(63):
                return -1
            byte = data[at]
            at += 1
            value |= np.uint64(byte & np.uint8(127)) << shift
            shift += np.uint64(7)
            if byte < np.uint8(128):
                break
        out[k] = np.int64(value)
    return at


@kernel("int64(const uint8[::1], int64, int64, int64[::1], int64[::1])")
def read_counts(data, at, flags, counts, page_codes):
    """Read counts and page codes of a directory; returns the place behind them, -1 if malformed."""
    n = counts.size
    if flags & SAME_COUNT:
        at = read_varints(data, at, min(n, 1), counts)
        for i in range(1, n):
            counts[i] = counts[0]
    else:
        at = read_varints(data, at, n, counts)
    if at < 0:
        return at
    at = read_varints(data, at, n, page_codes)
    for i in range(n):
        if counts[i] < 0 or page_codes[i] < 0 or page_codes[i] > data.size + 1:
            return -1
    return at


@kernel(
    "int64(const int64[::1], const int64[::1], const int64[::1], int64[::1], uint8[::1],"
    " int64[::1])"
)
def sort_series(counts, page_codes, marker_starts, filled, kinds, page_starts):
    """Values without markers, kind and page of each series; returns how many are constant.

    `marker_starts` is empty when no series has markers. `page_starts` int64[n + 1] begins at 0.
    """
    constant = 0
    page_starts[0] = 0
    for i in range(counts.size):
        filled[i] = counts[i]
        if marker_starts.size > 0:
            filled[i] -= marker_starts[i + 1] - marker_starts[i]
        length = 0
        if page_codes[i] > 0:
            kinds[i] = MOVING_SERIES
            length = page_codes[i] - 1
        elif filled[i] > 0:
            kinds[i] = CONSTANT_SERIES
            constant += 1
        else:
            kinds[i] = EMPTY_SERIES
        page_starts[i + 1] = page_starts[i] + length
    return constant


@kernel("int64(const uint8[::1], int64, const int64[::1], int64[::1], int64[::1])")
def read_markers(data, at, counts, marker_starts, positions):
    """Read the markers' part of a directory; returns the place behind it, -1 when it is not one.

    `marker_starts` int64[n + 1] bounds the markers of each series in `positions`, which has room
    for one marker a sample.
    """
    number = np.empty(1, np.int64)
    total = 0
    for i in range(counts.size):
        marker_starts[i] = total
        at = read_varints(data, at, 1, number)
        if at < 0 or number[0] < 0 or number[0] > counts[i]:
            return -1
        position = -1
        for _ in range(number[0]):
            at = read_varints(data, at, 1, number)
            if at < 0 or number[0] < 0 or number[0] >= counts[i] - position - 1:
                return -1
            position += number[0] + 1
            positions[total] = position
            total += 1
    marker_starts[counts.size] = total
    return at


@kernel(
    "void(float64[::1], const int64[::1], const int64[::1], const int64[::1], const uint8[::1],"
    " const float64[::1], boolean, const int64[::1], const int64[::1])"
)
def finish_series(out, at, series, counts, kinds, constants, whole, marker_starts, positions):
    """Turn decoded pages into samples, in place: convert, fill constants, open gaps for markers.

    The page of `series[k]` was decoded to `out[at[k]:]`, as int64 when `whole`. `constants[i]` is
    the value of series `i` if it is constant. `marker_starts` is empty when there are no markers.
    """
    words = out.view(np.int64)
    for k in range(series.size):
        i = series[k]
        base = at[k]
        count = counts[i]
        marked = marker_starts[i + 1] - marker_starts[i] if marker_starts.size > 0 else 0
        filled = count - marked
        if kinds[i] == CONSTANT_SERIES:
            for j in range(base, base + filled):
                out[j] = constants[i]
        elif kinds[i] == MOVING_SERIES and whole:
            for j in range(base, base + filled):
                out[j] = np.float64(words[j])
        if marked == 0:
            continue
        source = base + filled - 1
        marker = marker_starts[i + 1] - 1
        for j in range(count - 1, -1, -1):
            if marker >= marker_starts[i] and positions[marker] == j:
                words[base + j] = STALE_BITS
                marker -= 1
            else:
                words[base + j] = words[source]
                source -= 1


@kernel("int64(const int64[::1], int64, int64, uint8[::1])")
def write_timeline(times, start, end, out):
    """Write `times[start:end]`; `out` has room for 20 bytes and 20 a time. Returns the bytes."""
    at = 0
    before = np.int64(0)
    step = np.int64(0)
    run = np.int64(0)
    number = np.empty(1, np.int64)
    for j in range(start, end):
        if j == start:
            change = times[j]
        else:
            change = (times[j] - before) - step
            step = times[j] - before
        before = times[j]
        if change == 0 and j > start:
            run += 1
            continue
        if run > 0:
            out[at] = 0
            number[0] = run - 1
            at += 1 + write_varints(number, out[at + 1 :])
            run = 0
        number[0] = (change << 1) ^ (change >> 63)
        at += write_varints(number, out[at:])
    if run > 0:
        out[at] = 0
        number[0] = run - 1
        at += 1 + write_varints(number, out[at + 1 :])
    return at


@kernel("int64(const uint8[::1], int64, int64, int64[::1], int64)")
def read_timeline(data, at, count, times, to):
    """Read `count` times to `times[to:]`; returns the place behind them, -1 when there are not."""
    number = np.empty(1, np.int64)
    step = np.int64(0)
    j = 0
    while j < count:
        at = read_varints(data, at, 1, number)
        if at < 0:
            return -1
        folded = np.uint64(number[0])
        change = np.int64(folded >> np.uint64(1)) ^ -np.int64(folded & np.uint64(1))
        if j == 0:
            times[to] = change
            j = 1
        elif change != 0:
            step += change
            times[to + j] = times[to + j - 1] + step
            j += 1
        else:
            at = read_varints(data, at, 1, number)
            if at < 0 or number[0] < 0 or number[0] >= count - j:
                return -1
            for _ in range(number[0] + 1):
                times[to + j] = times[to + j - 1] + step
                j += 1
    return at
