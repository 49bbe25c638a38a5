"""Kernels of the head: series as rows of ids, and the rows, bits and pages of a layout.

Values are handled as uint64 bits throughout, so that no NaN's payload is ever lost. Presence is one
uint64 a column: bit r says whether the column has a value in row r of a run of at most 64 rows.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.hashing import hash_bytes

ACCEPTED = np.uint8(0)
OUT_OF_ORDER = np.uint8(1)
DUPLICATE = np.uint8(2)
UNKNOWN_REF = np.uint8(6)
COLUMN_MASK = np.uint64(0xFFFFFFFF)
ONE = np.uint64(1)
NEVER = -(2**63)


@kernel("int64(uint64)")
def count_bits(word):
    """How many bits are set."""
    word = word - ((word >> ONE) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + (
        (word >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel("int64(uint64)")
def lowest_bit(word):
    """The number of the lowest bit set, 64 for none."""
    return count_bits((word & (~word + ONE)) - ONE)


@kernel("int64(uint64)")
def highest_bit(word):
    """The number of the highest bit set, -1 for none."""
    word |= word >> ONE
    word |= word >> np.uint64(2)
    word |= word >> np.uint64(4)
    word |= word >> np.uint64(8)
    word |= word >> np.uint64(16)
    word |= word >> np.uint64(32)
    return count_bits(word) - 1


@kernel("uint64(int64)")
def first_rows(rows):
    """The bits of the first `rows` rows."""
    return ~np.uint64(0) if rows >= 64 else (ONE << np.uint64(rows)) - ONE


@kernel("void(const int32[::1], const int64[::1], const int32[::1], int32[::1], int64[::1])")
def series_rows(ids, starts, name_sets, words, offsets):
    """Lay each series out as its name set's id followed by its value ids.

    `ids` holds the name id and value id of each pair, series `i` owns the pairs from `starts[i]`;
    `words` has room for series + pairs, `offsets` (series + 1) is given in bytes.
    """
    at = 0
    for i in range(name_sets.size):
        offsets[i] = at * 4
        words[at] = name_sets[i]
        at += 1
        for pair in range(starts[i], starts[i + 1]):
            words[at] = ids[2 * pair + 1]
            at += 1
    offsets[name_sets.size] = at * 4


@kernel(
    "void(const int32[::1], const int64[::1], const int32[::1], const int32[::1],"
    " const int64[::1], const int32[:, ::1], int32[:, ::1])"
)
def label_columns(words, offsets, series, set_slot, set_starts, slots, columns):
    """Write the value ids of `series` (ids) into one column a label name.

    `set_slot` maps a name set to its entry in `set_starts`; `slots[0, set_starts[e] + j]` is the
    row of `columns` (names x series, zeroed) of the set's label j.
    """
    for i in range(series.size):
        at = offsets[series[i]] // 4
        entry = set_slot[words[at]]
        first = set_starts[entry]
        for j in range(set_starts[entry + 1] - first):
            columns[slots[0, first + j], i] = words[at + 1 + j]


@kernel("uint64(const int32[::1], const uint8[::1], const int64[::1], uint64)")
def chain_hash(ids, blob, blob_offsets, before):
    """The content hash of the texts of symbols `ids` appended to what hashed to `before`."""
    state = before
    for i in range(ids.size):
        state = hash_bytes(blob, blob_offsets[ids[i]], blob_offsets[ids[i] + 1], state)
    return state


@kernel(
    "void(const int32[::1], const int64[::1], const int32[::1], const int32[::1], const int64[::1],"
    " const int64[::1], int32[::1])"
)
def pair_ids(words, offsets, series, set_words, set_offsets, starts, ids):
    """The reverse of `series_rows`: name id and value id of each pair of `series`, in order.

    `starts` int64[series + 1] bounds the pairs of each series; `ids` int32[2 * pairs].
    """
    for i in range(series.size):
        if starts[i] == starts[i + 1]:
            continue
        at = offsets[series[i]] // 4
        names = set_offsets[words[at]] // 4
        pair = starts[i]
        for j in range(starts[i + 1] - pair):
            ids[2 * (pair + j)] = set_words[names + j]
            ids[2 * (pair + j) + 1] = words[at + 1 + j]


@kernel("int64(const int32[::1], uint64[::1], uint64, int64, int64, int32[::1])")
def assign_columns(series, ref_of_series, layout, first_column, room, created):
    """Give each of `series` without a ref the next column of `layout`, while there is room.

    Writes the series that got one to `created`; returns how many.
    """
    count = 0
    for i in range(series.size):
        if series[i] >= 0 and ref_of_series[series[i]] == np.uint64(0):
            if count == room:
                break
            column = np.uint64(first_column + count)
            ref_of_series[series[i]] = (layout << np.uint64(32)) | column
            created[count] = series[i]
            count += 1
    return count


@kernel(
    "int64(const uint64[::1], const uint64[::1], uint64, const int32[::1], int64,"
    " uint64[:, ::1], uint64[::1], uint8[::1])"
)
def write_row(refs, values, layout, series, row, matrix, present, rejected):
    """Put the samples of one layout into one row that is not yet published.

    `series` holds the series of each column, 0 for one that left. Returns the number accepted, or
    -1 when another layout's ref is met (the row is then to be cleared). A column named twice keeps
    its first value.
    """
    accepted = 0
    bit = ONE << np.uint64(row)
    for i in range(refs.size):
        ref = refs[i]
        if ref >> np.uint64(32) != layout:
            return -1
        column = np.int64(ref & COLUMN_MASK)
        if rejected[i] != ACCEPTED:
            continue
        if column >= series.size or series[column] == 0:
            rejected[i] = UNKNOWN_REF
        elif present[column] & bit:
            if matrix[row, column] != values[i]:
                rejected[i] = DUPLICATE
        else:
            matrix[row, column] = values[i]
            present[column] |= bit
            accepted += 1
    return accepted


@kernel("void(uint64[::1], int64)")
def keep_rows(present, rows):
    """Take back all but the first `rows` rows: what was written and not published."""
    keep = first_rows(rows)
    for column in range(present.size):
        present[column] &= keep


@kernel("int64(const uint64[::1], int64, int64, uint64[::1])")
def row_presence(present, columns, row, words):
    """The presence bits of one row across its columns, 64 a word; returns how many are set."""
    count = 0
    words[:] = np.uint64(0)
    for column in range(columns):
        if (present[column] >> np.uint64(row)) & ONE:
            words[column >> 6] |= ONE << np.uint64(column & 63)
            count += 1
    return count


@kernel("int64(const uint64[::1], int64, const uint64[::1], uint64[::1])")
def pack_present(row_values, columns, words, packed):
    """The values of one row whose bit is set in `words`, together; returns how many."""
    count = 0
    for column in range(columns):
        if (words[column >> 6] >> np.uint64(column & 63)) & ONE:
            packed[count] = row_values[column]
            count += 1
    return count


@kernel("void(const uint64[::1], const uint64[::1], int64, int64, uint64[:, ::1], uint64[::1])")
def unpack_row(values, words, columns, row, matrix, present):
    """Put the values of the columns whose bit is set in `words` into one row."""
    bit = ONE << np.uint64(row)
    at = 0
    for column in range(columns):
        if (words[column >> 6] >> np.uint64(column & 63)) & ONE:
            matrix[row, column] = values[at]
            present[column] |= bit
            at += 1


@kernel("void(const uint64[::1], int64, uint64[:, ::1], uint64[::1])")
def fill_row(values, row, matrix, present):
    """Put a value for each of the first columns into one row."""
    bit = ONE << np.uint64(row)
    for column in range(values.size):
        matrix[row, column] = values[column]
        present[column] |= bit


@kernel(
    "void(const uint64[:, ::1], const uint64[::1], const int64[::1], int64, int64,"
    " int64[::1], uint64[::1])"
)
def carry_newest(matrix, present, times, rows, columns, newest_ms, newest_values):
    """Move each column's newest time and value on past the first `rows` rows."""
    mask = first_rows(rows)
    for column in range(columns):
        row = highest_bit(present[column] & mask)
        if row >= 0 and times[row] >= newest_ms[column]:
            newest_ms[column] = times[row]
            newest_values[column] = matrix[row, column]


@kernel("void(const int32[::1], const int64[::1], const uint64[::1], int64[::1], uint64[::1])")
def carry_loose(columns, times, values, newest_ms, newest_values):
    """Move each column's newest time and value on past these samples."""
    for i in range(columns.size):
        column = columns[i]
        if times[i] >= newest_ms[column]:
            newest_ms[column] = times[i]
            newest_values[column] = values[i]


@kernel(
    "void(const uint64[::1], const int64[::1], const uint64[::1], const int32[::1],"
    " const uint64[:, ::1], const uint64[::1], const int64[::1], int64, const int64[::1],"
    " const uint64[::1], uint8[::1], uint8[::1])"
)
def check_order(
    refs, sample_times, values, series, matrix, present, times, rows,
    newest_ms, newest_values, rejected, repeated,
):  # fmt: skip
    """Reject samples of one layout that do not come after the newest of their column.

    `refs` are sorted by column and then time. The same bits at the newest time are marked in
    `repeated`, neither rejected nor to be stored.
    """
    mask = first_rows(rows)
    last_column = np.int64(-1)
    last_ms = np.int64(NEVER)
    last_value = np.uint64(0)
    for i in range(refs.size):
        column = np.int64(refs[i] & COLUMN_MASK)
        if rejected[i] != ACCEPTED:
            continue
        if column >= series.size or series[column] == 0:
            rejected[i] = UNKNOWN_REF
            continue
        if column != last_column:
            last_column = column
            last_ms = newest_ms[column]
            last_value = newest_values[column]
            row = np.int64(-1)
            if column < present.size:
                row = highest_bit(present[column] & mask)
            if row >= 0 and times[row] >= last_ms:
                last_ms = times[row]
                last_value = matrix[row, column]
        if sample_times[i] < last_ms:
            rejected[i] = OUT_OF_ORDER
        elif sample_times[i] == last_ms:
            if values[i] == last_value:
                repeated[i] = 1
            else:
                rejected[i] = DUPLICATE
        else:
            last_ms = sample_times[i]
            last_value = values[i]


@kernel("void(const uint64[:, ::1], const uint64[::1], int64, int64, uint64[::1], int64[::1])")
def transpose_present(matrix, present, rows, columns, packed, starts):
    """The values of each column together, absent ones left out; `starts` is columns + 1."""
    at = 0
    for column in range(columns):
        starts[column] = at
        word = present[column]
        for row in range(rows):
            if (word >> np.uint64(row)) & ONE:
                packed[at] = matrix[row, column]
                at += 1
    starts[columns] = at


@kernel(
    "void(const uint64[::1], const int64[::1], uint64, int64, int64[::1], int64[::1], int64[::1])"
)
def count_run(present, columns, mask, first_position, counts, first, last):
    """Add one run of rows to what is known of each selected column.

    `columns` int64[n] are the columns wanted; `mask` the rows in the time range, of which the
    lowest has the position `first_position` in the shared times. Updates `counts`, and the `first`
    (-1: none yet) and `last` position of each one's samples.
    """
    shift = lowest_bit(mask)
    for i in range(columns.size):
        word = np.uint64(0)
        if columns[i] < present.size:
            word = (present[columns[i]] & mask) >> np.uint64(shift)
        if word == np.uint64(0):
            continue
        counts[i] += count_bits(word)
        if first[i] < 0:
            first[i] = first_position + lowest_bit(word)
        last[i] = first_position + highest_bit(word)


@kernel(
    "void(const uint64[:, ::1], const uint64[::1], const int64[::1], uint64, const int64[::1],"
    " int64[::1], uint64[::1], int64[::1], int64[::1])"
)
def gather_rows(matrix, present, columns, mask, times, cursors, values, own_cursors, own_times):
    """Append the samples of open rows in `mask` to each selected column's part of `values`.

    `cursors[i]` is where column `columns[i]` goes on; where `own_cursors[i] >= 0` its times are
    appended to `own_times` too.
    """
    for i in range(columns.size):
        if columns[i] >= present.size:
            continue
        word = present[columns[i]] & mask
        at = cursors[i]
        own = own_cursors[i]
        while word:
            row = lowest_bit(word)
            word &= word - ONE
            values[at] = matrix[row, columns[i]]
            at += 1
            if own >= 0:
                own_times[own] = times[row]
                own += 1
        cursors[i] = at
        own_cursors[i] = own


@kernel(
    "void(const uint64[::1], const int64[::1], const uint64[::1], const int64[::1], uint64,"
    " const int64[::1], int64[::1], uint64[::1], int64[::1], int64[::1])"
)
def gather_packed(
    packed, starts, present, columns, mask, times, cursors, values, own_cursors, own_times
):
    """As `gather_rows`, from decoded pages: column `i` of the selection is `packed[starts[i]:]`."""
    for i in range(columns.size):
        if columns[i] >= present.size:
            continue
        word = present[columns[i]]
        source = starts[i]
        at = cursors[i]
        own = own_cursors[i]
        while word:
            bit = word & (~word + ONE)
            word &= word - ONE
            if bit & mask:
                values[at] = packed[source]
                at += 1
                if own >= 0:
                    own_times[own] = times[lowest_bit(bit)]
                    own += 1
            source += 1
        cursors[i] = at
        own_cursors[i] = own
