r"""Texts in quotes, as Go writes and reads them.

A literal may name single bytes (`"\xc5"`). Bytes that are no UTF-8 are kept as the lone surrogates
U+DC80..U+DCFF (Python's `surrogateescape`), so that such a text is still a `str`, is no valid label
name, and prints back as it was written.
"""

from __future__ import annotations

_NAMED = {
    "a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34,
}  # fmt: skip
_ESCAPED = {chr(code): "\\" + letter for letter, code in _NAMED.items() if letter != "'"}
_NUMBERED = {"x": (2, 16), "u": (4, 16), "U": (8, 16)}
_OCTAL_DIGITS = 3


class BadEscape(ValueError):
    """An escape that means nothing; the text says why."""


def go_quote(text: str, quotation: str = '"') -> str:
    """`text` between quotation marks, with whatever does not print escaped."""
    return quotation + "".join(_escape(c, quotation) for c in text) + quotation


def go_quote_character(character: str) -> str:
    """One character between single quotes."""
    return go_quote(character, "'")


def _escape(character: str, quotation: str) -> str:
    code = ord(character)
    if character in "'\"":
        return "\\" + character if character == quotation else character
    if character in _ESCAPED:
        return _ESCAPED[character]
    if character.isprintable():
        return character
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(literal: str) -> str:
    """The text of a literal in any of the three quotes. Raises BadEscape."""
    quotation, body = literal[0], literal[1:-1]
    if quotation == "`" or "\\" not in body:
        return body
    out = bytearray()
    i = 0
    while i < len(body):
        if body[i] != "\\":
            end = body.find("\\", i)
            end = len(body) if end < 0 else end
            out += body[i:end].encode("utf-8", "surrogateescape")
            i = end
            continue
        encoded, i = _read_escape(body, i + 1, quotation)
        out += encoded
    return out.decode("utf-8", "surrogateescape")


def _read_escape(body: str, i: int, quotation: str) -> tuple[bytes, int]:
    """The bytes that the escape at `i` (behind its backslash) stands for, and where it ends."""
    if i >= len(body):
        raise BadEscape("escape sequence not terminated")
    letter = body[i]
    if letter in _NAMED and (letter not in "'\"" or letter == quotation):
        return bytes((_NAMED[letter],)), i + 1
    if letter in "01234567":
        count, base, start = _OCTAL_DIGITS, 8, i
    elif letter in _NUMBERED:
        (count, base), start = _NUMBERED[letter], i + 1
    else:
        raise BadEscape(f"unknown escape sequence {_code_point(letter)}")
    code = _read_digits(body, start, count, base, quotation)
    if base == 8 or letter == "x":
        if code > 0xFF:
            raise BadEscape("escape sequence is an invalid Unicode code point")
        return bytes((code,)), start + count
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise BadEscape("escape sequence is an invalid Unicode code point")
    return chr(code).encode(), start + count


def _read_digits(body: str, start: int, count: int, base: int, quotation: str) -> int:
    code = 0
    for i in range(start, start + count):
        # Behind the body stands the closing quotation mark, which is no digit either.
        digit = body[i] if i < len(body) else quotation
        if digit not in "0123456789abcdefABCDEF"[: base if base == 8 else None]:
            raise BadEscape(f"illegal character {_code_point(digit)} in escape sequence")
        code = code * base + int(digit, 16)
    return code


def _code_point(character: str) -> str:
    named = f"U+{ord(character):04X}"
    return f"{named} '{character}'" if character.isprintable() else named
