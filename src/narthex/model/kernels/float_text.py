"""Numbers to text as Prometheus's JSON spells them: shortest digits that read back the same.

Shortest digits by Schubfach (Raffaello Giulietti, "The Schubfach way to render doubles", 2020),
with shortcuts for whole numbers and for few decimals. Writers take a uint8 buffer and a position
and return the position behind what they wrote; a float needs at most 330 bytes plainly spelled
(1e-308 has that many zeros) and 25 with an exponent.
"""

from __future__ import annotations

import numpy as np

from narthex.jit import kernel
from narthex.model.kernels.hashing import multiply_128

EXPONENT_MIN = -292
EXPONENT_MAX = 324


def _powers_of_ten() -> tuple[np.ndarray, np.ndarray]:
    """The 128-bit upper bounds of 10^k, scaled to have their top bit set: high and low words."""
    count = EXPONENT_MAX - EXPONENT_MIN + 1
    high, low = np.empty(count, np.uint64), np.empty(count, np.uint64)
    for i in range(count):
        k = EXPONENT_MIN + i
        shift = ((k * 1741647) >> 19) - 127  # floor(log2(10^k)) - 127
        numerator, denominator = (10**k, 1) if k >= 0 else (1, 10**-k)
        if shift > 0:
            denominator <<= shift
        else:
            numerator <<= -shift
        scaled = -(-numerator // denominator)
        high[i], low[i] = scaled >> 64, scaled & (2**64 - 1)
    return high, low


POWER_HIGH, POWER_LOW = _powers_of_ten()
TWO_DIGITS = np.frombuffer(b"".join(b"%02d" % i for i in range(100)), np.uint8).copy()
TENS = np.array([10.0**i for i in range(23)])
ONE = np.uint64(1)
SIGN_BIT = np.uint64(63)
MAGNITUDE = np.uint64(0x7FFFFFFFFFFFFFFF)


@kernel("uint64(uint64, uint64, uint64)")
def _round_to_odd(power_high, power_low, scaled):
    x_high, _ = multiply_128(power_low, scaled)
    y_high, y_low = multiply_128(power_high, scaled)
    middle = y_low + x_high
    if middle < y_low:
        y_high += ONE
    return y_high | (ONE if middle > ONE else np.uint64(0))


@kernel("UniTuple(int64, 2)(uint64)")
def shortest_digits(bits):
    """Digits and decimal exponent of a finite positive double: value = digits * 10^exponent."""
    fraction = bits & np.uint64(0xFFFFFFFFFFFFF)
    biased = np.int64((bits >> np.uint64(52)) & np.uint64(0x7FF))
    if biased != 0:
        c = fraction | np.uint64(1 << 52)
        q = biased - 1075
    else:
        c = fraction
        q = np.int64(1 - 1075)
    odd = c & ONE
    narrow = ONE if (fraction == np.uint64(0) and biased > 1) else np.uint64(0)
    center = c << np.uint64(2)
    left = center - np.uint64(2) + narrow
    right = center + np.uint64(2)
    k = (q * 1262611 - (524031 if narrow else 0)) >> 22
    h = np.uint64(q + ((-k * 1741647) >> 19) + 1)
    power_high = POWER_HIGH[-k - EXPONENT_MIN]
    power_low = POWER_LOW[-k - EXPONENT_MIN]
    lower = _round_to_odd(power_high, power_low, left << h) + odd
    middle = _round_to_odd(power_high, power_low, center << h)
    upper = _round_to_odd(power_high, power_low, right << h) - odd
    s = middle >> np.uint64(2)
    if s >= np.uint64(10):
        tenth = s // np.uint64(10)
        under = lower <= np.uint64(40) * tenth
        within = np.uint64(40) * tenth + np.uint64(40) <= upper
        if under != within:
            return np.int64(tenth + (ONE if within else np.uint64(0))), k + 1
    under = lower <= np.uint64(4) * s
    within = np.uint64(4) * s + np.uint64(4) <= upper
    if under != within:
        return np.int64(s + (ONE if within else np.uint64(0))), k
    half = np.uint64(4) * s + np.uint64(2)
    if middle > half or (middle == half and (s & ONE) == ONE):
        s += ONE
    return np.int64(s), k


@kernel("int64(uint8[::1], int64, int64)")
def put_whole(out, at, value):
    """Decimal digits of a whole number >= 0."""
    digits = 1
    rest = value
    while rest >= 10000:
        rest //= 10000
        digits += 4
    if rest >= 1000:
        digits += 3
    elif rest >= 100:
        digits += 2
    elif rest >= 10:
        digits += 1
    end = at + digits
    i = end
    while value >= 100:
        quotient = value // 100
        pair = (value - quotient * 100) * 2
        value = quotient
        i -= 2
        out[i] = TWO_DIGITS[pair]
        out[i + 1] = TWO_DIGITS[pair + 1]
    if value >= 10:
        out[i - 2] = TWO_DIGITS[value * 2]
        out[i - 1] = TWO_DIGITS[value * 2 + 1]
    else:
        out[i - 1] = 48 + value
    return end


@kernel("int64(uint8[::1], int64, float64)")
def _put_few_decimals(out, at, value):
    # m / 10^k == value with m < 1e15 makes m the only shortest spelling; -1: try the long way.
    for decimals in (1, 2, 3, 4):
        scaled = np.rint(value * TENS[decimals])
        if scaled / TENS[decimals] == value and scaled < 1e15:
            digits = np.int64(scaled)
            unit = np.int64(TENS[decimals])
            whole = digits // unit
            fraction = digits - whole * unit
            at = put_whole(out, at, whole)
            out[at] = 46
            i = at + decimals
            while i > at:
                quotient = fraction // 10
                out[i] = 48 + (fraction - quotient * 10)
                fraction = quotient
                i -= 1
            return at + decimals + 1
    return -1


@kernel("int64(uint8[::1], int64, int64, int64)")
def _put_exponent_form(out, at, digits, exponent):
    # d.ddde-07: the digits are written one place to the right, the first then moved before the dot.
    end = put_whole(out, at + 1, digits)
    count = end - at - 1
    exponent += count - 1
    out[at] = out[at + 1]
    at += 1
    if count > 1:
        out[at] = 46
        at = end
    out[at] = 101
    out[at + 1] = 43
    if exponent < 0:
        out[at + 1] = 45
        exponent = -exponent
    at += 2
    if exponent < 10:
        out[at] = 48
        at += 1
    return put_whole(out, at, exponent)


@kernel("int64(uint8[::1], int64, int64, int64)")
def _put_plain_form(out, at, digits, exponent):
    if exponent >= 0:
        at = put_whole(out, at, digits)
        for _ in range(exponent):
            out[at] = 48
            at += 1
        return at
    end = put_whole(out, at, digits)
    count = end - at
    if count + exponent > 0:
        i = end
        while i > end + exponent:
            out[i] = out[i - 1]
            i -= 1
        out[end + exponent] = 46
        return end + 1
    out[at] = 48
    out[at + 1] = 46
    at += 2
    for _ in range(-(count + exponent)):
        out[at] = 48
        at += 1
    return put_whole(out, at, digits)


@kernel("int64(uint8[::1], int64, float64, boolean)")
def put_float(out, at, value, exponents):
    """A float in Prometheus's spelling; with `exponents`, below 1e-6 and from 1e21 as `1e-07`.

    Samples of vectors and matrices have exponents, scalars never do.
    """
    if value != value:
        out[at] = 78
        out[at + 1] = 97
        out[at + 2] = 78
        return at + 3
    bits = np.float64(value).view(np.uint64)
    negative = (bits >> SIGN_BIT) != np.uint64(0)
    if value == np.inf or value == -np.inf:
        out[at] = 45 if negative else 43
        out[at + 1] = 73
        out[at + 2] = 110
        out[at + 3] = 102
        return at + 4
    if negative:
        out[at] = 45
        at += 1
        value = -value
        bits &= MAGNITUDE
    if value < 9007199254740992.0:
        whole = np.int64(value)
        if np.float64(whole) == value:
            return put_whole(out, at, whole)
        if 1e-6 <= value < 1e9:
            end = _put_few_decimals(out, at, value)
            if end >= 0:
                return end
    digits, exponent = shortest_digits(bits)
    while digits % 10 == 0:
        digits //= 10
        exponent += 1
    if exponents and (value < 1e-6 or value >= 1e21):
        return _put_exponent_form(out, at, digits, exponent)
    return _put_plain_form(out, at, digits, exponent)


@kernel("int64(uint8[::1], int64, int64)")
def put_time_s(out, at, time_ms):
    """Milliseconds as seconds: whole, or with three decimals."""
    if time_ms < 0:
        out[at] = 45
        at += 1
        time_ms = -time_ms
    seconds = time_ms // 1000
    rest = time_ms - seconds * 1000
    at = put_whole(out, at, seconds)
    if rest:
        out[at] = 46
        out[at + 1] = 48 + rest // 100
        out[at + 2] = 48 + rest // 10 % 10
        out[at + 3] = 48 + rest % 10
        at += 4
    return at
