"""Numbers and durations: where one ends in a text, and what it is worth.

Numbers are decimal, hexadecimal (`0x`) or octal (a leading `0`), with `_` between digits, with a
point and an exponent. Durations are numbers with units, from years down to milliseconds.
"""

from __future__ import annotations

import math
import re

from narthex.model.duration import MAX_MS, UNITS_MS, BadDuration, parse_duration_ms
from narthex.promql.syntax.quoting import go_quote

DURATION_SECONDS_MAX = 2**63 / 1e9
"""Prometheus holds durations as int64 nanoseconds."""

_ALPHANUMERIC = re.compile(r"[A-Za-z0-9_]")
_DIGITS = {10: "0123456789", 16: "0123456789abcdefABCDEF"}
_PARTS = {
    base: re.compile(rf"(?P<point>\.)|(?P<exponent>[eE][+-]?)|(?P<separator>_)|[{digits}]+")
    for base, digits in _DIGITS.items()
}
_NEVER_AFTER = {
    "point": frozenset("._"),
    "exponent": frozenset(["", *"._eE"]),
    "separator": frozenset(["", *"._eE"]),
}
"""What makes a number malformed behind each of its parts; "" is the end of the text."""

_DURATION_REST = re.compile(r"[smhdwy]s?((?:[0-9]+[smhdw]s?)*)(?P<open>[0-9]*)")
_DURATION_PART = re.compile(r"([0-9]+)([^0-9]+)")
_LOOSE_SEPARATOR = re.compile(r"_(?![0-9a-fA-F])|(?<![0-9a-fA-FxX])_")
_OCTAL = re.compile(r"0[0-7_]*")


class BadNumber(ValueError):
    """A text that looks like a number and is none."""


def scan_number(text: str, start: int, *, hexadecimal: bool = True) -> tuple[int, bool]:
    """Where the number at `start` ends, and whether it is one (False: a duration may follow).

    `hexadecimal` is off where `x` repeats a value. Whatever passes is still parsed by
    `parse_number`, which may refuse it.
    """
    i, base = start, 10
    if hexadecimal and text[i : i + 1] == "0":
        i += 1
        if text[i : i + 1] in ("x", "X"):
            i += 2 if text[i + 1 : i + 2] == "_" else 1
            base = 16
    if text[i : i + 1] == ".":
        i += 1
    if text[i : i + 1] and text[i] in _DIGITS[base]:
        i += 1
    i, well_formed = _scan_rest(text, i, base)
    if not well_formed or i == start:
        return i, False
    follows = text[i : i + 1]
    repeats = not hexadecimal and follows == "x"
    return i, repeats or _ALPHANUMERIC.match(follows) is None


def _scan_rest(text: str, i: int, base: int) -> tuple[int, bool]:
    """The digits, points, exponents and separators of a number; False at a misplaced one."""
    seen: set[str] = set()
    while True:
        part = _PARTS[base].match(text, i)
        if part is None:
            return i, True
        i, kind = part.end(), part.lastgroup
        if kind is None:
            continue
        follows = text[i : i + 1]
        if follows in _NEVER_AFTER[kind]:
            return i + len(follows), False
        if kind in seen or (kind == "point" and base == 16):
            return i, False
        if kind != "separator":
            seen.add(kind)


def scan_duration_rest(text: str, start: int) -> tuple[int, bool]:
    """Where the units behind a first number end, and whether they can be a duration."""
    match = _DURATION_REST.match(text, start)
    if match is None:
        return start, False
    end = match.end()
    if match["open"]:
        return end, False
    if _ALPHANUMERIC.match(text[end : end + 1]):
        return end + 1, False
    return end, True


def parse_number(text: str) -> float:
    """The value of a number that `scan_number` found. Raises BadNumber in Go's words."""
    if _LOOSE_SEPARATOR.search(text):
        raise BadNumber(_go_parse_error(text, "invalid syntax"))
    plain = text.replace("_", "")
    integer = _parse_integer(plain)
    if integer is not None:
        return float(integer)
    try:
        value = float(plain)
    except ValueError:
        raise BadNumber(_go_parse_error(text, "invalid syntax")) from None
    if math.isinf(value) and "inf" not in plain.lower():
        raise BadNumber(_go_parse_error(text, "value out of range"))
    return value


def _parse_integer(text: str) -> int | None:
    """An integer that fits in 64 bits, in the base that its prefix names."""
    try:
        if text[:2] in ("0x", "0X"):
            value = int(text, 16)
        elif _OCTAL.fullmatch(text):
            value = int(text, 8)
        elif text.isdigit() and text[0] != "0":
            value = int(text) if len(text) < 20 else 2**63
        else:
            return None
    except ValueError:
        return None
    return value if value < 2**63 else None


def _go_parse_error(text: str, reason: str) -> str:
    return f"strconv.ParseFloat: parsing {go_quote(text)}: {reason}"


def parse_duration_seconds(text: str) -> float:
    """The seconds of a duration that the lexer found. Raises BadNumber in Prometheus's words."""
    try:
        return parse_duration_ms(text) / 1000
    except BadDuration as error:
        raise BadNumber(_duration_fault(text)) from error


def _duration_fault(text: str) -> str:
    order = list(UNITS_MS)
    last = -1
    if _DURATION_PART.sub("", text):
        return f"not a valid duration string: {go_quote(text)}"
    for count, unit in _DURATION_PART.findall(text):
        if unit not in UNITS_MS:
            return f"unknown unit {go_quote(unit)} in duration {go_quote(text)}"
        if order.index(unit) <= last:
            break
        last = order.index(unit)
        if len(count) > 19 or int(count) * UNITS_MS[unit] > MAX_MS:
            return "duration out of range"
    else:
        return "duration out of range"
    return f"not a valid duration string: {go_quote(text)}"
