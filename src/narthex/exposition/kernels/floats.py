"""Decimal text to the nearest float64, exactly: what most numbers of a page go through.

A significand of up to 19 digits and a power of ten are turned into a double by Clinger's fast
path when both are exact, else by the algorithm of Eisel and Lemire ("Number parsing at a gigabyte
per second", 2021). What neither can decide (a few in a million) is reported as such, and the
caller asks Python's `float`, which is exact.

The syntax is that of Go's `strconv.ParseFloat` without hexadecimal and underscores, as Prometheus
restricts it: `inf` and `infinity` with any case and sign, `nan` without a sign, and a finite text
that is too large for a double is refused instead of becoming infinite.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.hashing import multiply_128

FLOAT_OK = 0
FLOAT_UNDECIDED = 1
"""Well formed, but only exact arithmetic can round it."""
FLOAT_MALFORMED = 2
FLOAT_OUT_OF_RANGE = 3

POWER_MIN = -342
"""10**-343 times any 64-bit significand is below half the smallest double."""
POWER_MAX = 308
SIGNIFICAND_DIGITS_MAX = 19
"""All numbers of 19 digits fit into 64 bits."""
EXACT_POWER_MAX = 22
"""10**22 is the largest power of ten that a double holds exactly."""

NAN_BITS = np.uint64(0x7FF8000000000001)
INFINITY_BITS = np.uint64(0x7FF0000000000000)
SIGN_BIT = np.uint64(1 << 63)
HIDDEN_BIT = np.uint64(1 << 52)
ZERO = np.uint64(0)
ONE = np.uint64(1)
TEN = np.uint64(10)
ALL_ONES = np.uint64(2**64 - 1)
INFINITY_WORD = np.frombuffer(b"infinity", np.uint8).copy()
NAN_WORD = np.frombuffer(b"nan", np.uint8).copy()


def _powers_of_five() -> tuple[np.ndarray, np.ndarray]:
    """The leading 128 bits of 5**q for every power, rounded up for q < 0, as two columns."""
    high = np.empty(POWER_MAX - POWER_MIN + 1, np.uint64)
    low = np.empty_like(high)
    for power in range(POWER_MIN, POWER_MAX + 1):
        if power >= 0:
            value = 5**power
            spare = 128 - value.bit_length()
            value = value << spare if spare >= 0 else value >> -spare
        else:
            divisor = 5**-power
            value = (1 << (2 * divisor.bit_length() + 128)) // divisor + 1
            value >>= value.bit_length() - 128
        high[power - POWER_MIN] = value >> 64
        low[power - POWER_MIN] = value & (2**64 - 1)
    return high, low


FIVES_HIGH, FIVES_LOW = _powers_of_five()
TENS = np.array([10.0**power for power in range(EXACT_POWER_MAX + 1)])


@kernel("int64(uint64)")
def leading_zeros(word):
    """Zero bits above the highest one bit; `word` is not zero."""
    count = 0
    while word >> np.uint64(56) == ZERO:
        word <<= np.uint64(8)
        count += 8
    while word >> np.uint64(63) == ZERO:
        word <<= ONE
        count += 1
    return count


@kernel("Tuple((boolean, uint64))(uint64, int64)")
def nearest_double(significand, power):
    """Bits of the double nearest to `significand * 10**power`, and whether they are certain.

    Halfway cases round to even. The bits of infinity mean that the number is too large.
    """
    if significand == ZERO or power < POWER_MIN:
        return True, ZERO
    if power > POWER_MAX:
        return True, INFINITY_BITS
    shift = leading_zeros(significand)
    word = significand << np.uint64(shift)
    high, low = multiply_128(word, FIVES_HIGH[power - POWER_MIN])
    if high & np.uint64(0x1FF) == np.uint64(0x1FF):
        carry, _ = multiply_128(word, FIVES_LOW[power - POWER_MIN])
        low += carry
        if low < carry:
            high += ONE
        if low == ALL_ONES and (power < -27 or power > 55):
            return False, ZERO
    top = np.int64(high >> np.uint64(63))
    mantissa = high >> np.uint64(top + 9)
    exponent = ((217706 * power) >> 16) + 63 + top - shift + 1023
    if exponent <= 0:
        if exponent <= -63:
            return True, ZERO
        mantissa >>= np.uint64(1 - exponent)
        mantissa += mantissa & ONE
        # Bit 52 set means the smallest normal number: the pattern is the same.
        return True, mantissa >> ONE
    halfway = low <= ONE and power >= -4 and power <= 23
    if halfway and mantissa & np.uint64(3) == ONE and mantissa << np.uint64(top + 9) == high:
        mantissa &= ~ONE
    mantissa += mantissa & ONE
    mantissa >>= ONE
    if mantissa >= HIDDEN_BIT << ONE:
        mantissa = HIDDEN_BIT
        exponent += 1
    if exponent >= 0x7FF:
        return True, INFINITY_BITS
    return True, (mantissa & ~HIDDEN_BIT) | (np.uint64(exponent) << np.uint64(52))


@kernel("int64(const uint8[::1], int64, int64, const uint8[::1])")
def letters_in_common(body, at, end, word):
    """How many letters of the lower-case `word` stand at `at`, in any case."""
    count = 0
    while count < word.size and at + count < end and (body[at + count] | 32) == word[count]:
        count += 1
    return count


@kernel("Tuple((int64, uint64))(const uint8[::1], int64, int64)")
def parse_special(body, start, end):
    """Status and bits of `[+-]inf`, `[+-]infinity` or `nan`, in any case."""
    at = start
    sign = ZERO
    if at < end and (body[at] == 45 or body[at] == 43):
        if body[at] == 45:
            sign = SIGN_BIT
        at += 1
    length = end - at
    if (length == 3 or length == 8) and letters_in_common(body, at, end, INFINITY_WORD) == length:
        return FLOAT_OK, INFINITY_BITS | sign
    if at == start and length == 3 and letters_in_common(body, at, end, NAN_WORD) == 3:
        return FLOAT_OK, NAN_BITS
    return FLOAT_MALFORMED, ZERO


@kernel("UniTuple(int64, 2)(const uint8[::1], int64, int64)")
def parse_exponent(body, at, end):
    """The exponent behind an `e` and the place behind it; the place is -1 without a digit.

    Held below 100,000: far outside the doubles either way.
    """
    negative = False
    if at < end and (body[at] == 45 or body[at] == 43):
        negative = body[at] == 45
        at += 1
    start = at
    exponent = 0
    while at < end and body[at] >= 48 and body[at] <= 57:
        if exponent < 10_000:
            exponent = exponent * 10 + np.int64(body[at]) - 48
        at += 1
    if at == start:
        return 0, -1
    return (-exponent if negative else exponent), at


@kernel("Tuple((boolean, uint64))(uint64, int64, boolean)")
def decimal_to_bits(significand, power, truncated):
    """Whether `significand * 10**power` could be rounded for certain, and the bits.

    `truncated` says that digits other than zero were cut off behind the significand: then the
    answer is certain only if the next significand has the same one.
    """
    exact = significand <= np.uint64(1 << 53) and not truncated
    if exact and power >= -EXACT_POWER_MAX and power <= EXACT_POWER_MAX:
        value = np.float64(significand)
        if power < 0:
            value /= TENS[-power]
        else:
            value *= TENS[power]
        return True, np.float64(value).view(np.uint64)
    certain, bits = nearest_double(significand, power)
    if certain and truncated:
        certain_above, bits_above = nearest_double(significand + ONE, power)
        certain = certain_above and bits == bits_above
    return certain, bits


@kernel("Tuple((int64, uint64))(const uint8[::1], int64, int64)")
def parse_float(body, start, end):
    """The number `body[start:end]`: one of the FLOAT statuses, and the bits if it is FLOAT_OK."""
    at = np.uint64(start)
    stop = np.uint64(end)
    sign = ZERO
    if at < stop and (body[at] == 45 or body[at] == 43):
        if body[at] == 45:
            sign = SIGN_BIT
        at += ONE
    significand = ZERO
    digits = 0
    power = 0
    point = False
    truncated = False
    seen = False
    while at < stop:
        letter = body[at]
        if letter >= 48 and letter <= 57:
            seen = True
            if digits < SIGNIFICAND_DIGITS_MAX:
                significand = significand * TEN + np.uint64(letter - 48)
                if significand != ZERO:
                    digits += 1
                if point:
                    power -= 1
            else:
                truncated |= letter != 48
                if not point:
                    power += 1
        elif letter == 46 and not point:
            point = True
        else:
            break
        at += ONE
    if not seen:
        return parse_special(body, start, end)
    if at < stop and (body[at] | 32) == 101:
        exponent, exponent_end = parse_exponent(body, np.int64(at) + 1, end)
        if exponent_end < 0:
            return FLOAT_MALFORMED, ZERO
        power += exponent
        at = np.uint64(exponent_end)
    if at != stop:
        return FLOAT_MALFORMED, ZERO
    certain, bits = decimal_to_bits(significand, power, truncated)
    if not certain:
        return FLOAT_UNDECIDED, ZERO
    if bits == INFINITY_BITS:
        return FLOAT_OUT_OF_RANGE, ZERO
    return FLOAT_OK, bits | sign
