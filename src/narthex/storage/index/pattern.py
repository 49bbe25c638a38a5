"""A regular expression as literals with gaps, where it is one: most patterns that people write.

`a|b`, `prod-.*`, `.*err.*`, `(web|api)-.+` become globs that a kernel matches at a nanosecond a
byte. What is more than that keeps the literal that every match begins with, and RE2 decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from narthex.storage.index.kernels import match_glob

GLOBS_MAX = 256
"""More alternatives than this are left to RE2."""

SPECIAL = set(r".+*?()|[]{}^$")
ESCAPED_LITERALS = set(r".+*?()|[]{}^$\-/:,;=!@#%&~<>_'\" ")


@dataclass(frozen=True, slots=True)
class Glob:
    """Literals with gaps between: `gaps[k]`, 0 or 1, is the least length of the gap behind `k`."""

    literals: tuple[str, ...]
    gaps: tuple[int, ...]

    @property
    def is_literal(self) -> bool:
        """Whether it matches one text only."""
        return not self.gaps

    def then(self, other: Glob) -> Glob:
        """Self directly followed by `other`."""
        joined = self.literals[-1] + other.literals[0]
        if not joined and self.gaps[-1:] == other.gaps[:1] == (1,):
            # Two characters at least, and a gap's length is counted in bytes.
            raise _NotSimpleError
        return Glob((*self.literals[:-1], joined, *other.literals[1:]), (*self.gaps, *other.gaps))

    def mark(
        self,
        blob: NDArray[np.uint8],
        starts: NDArray[np.int64],
        ends: NDArray[np.int64],
        out: NDArray[np.uint8],
    ) -> None:
        """Set `out[i]` to 1 where the text `blob[starts[i]:ends[i]]` matches."""
        encoded = [literal.encode() for literal in self.literals]
        bounds = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(literal) for literal in encoded], out=bounds[1:])
        joined = np.frombuffer(b"".join(encoded) or b"\0", np.uint8)
        match_glob(blob, starts, ends, joined, bounds, np.array(self.gaps, np.uint8), out)


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is known of a pattern: all its `globs`, or none and the `prefix` of every match."""

    globs: tuple[Glob, ...]
    prefix: str

    @property
    def literals(self) -> list[str] | None:
        """The texts that it matches, when they are a list."""
        if self.globs and all(glob.is_literal for glob in self.globs):
            return [glob.literals[0] for glob in self.globs]
        return None


def analyse(pattern: str) -> Pattern:
    """Take an RE2 pattern (known to compile, anchored at both ends) apart, if it is simple."""
    try:
        return Pattern(tuple(_Parser(pattern).whole()), "")
    except _NotSimpleError:
        return Pattern((), _leading_literal(pattern))


class _NotSimpleError(Exception):
    """The pattern is more than literals and gaps."""


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def whole(self) -> list[Glob]:
        globs = self.alternatives()
        if self.at < len(self.pattern):
            raise _NotSimpleError
        return globs

    def alternatives(self) -> list[Glob]:
        globs = self.sequence()
        while self.peek() == "|":
            self.at += 1
            globs = globs + self.sequence()
            _check_count(len(globs))
        return globs

    def sequence(self) -> list[Glob]:
        globs = [Glob(("",), ())]
        while (character := self.peek()) and character not in "|)":
            parts = self.part()
            _check_count(len(globs) * len(parts))
            globs = [glob.then(part) for glob in globs for part in parts]
        return globs

    def part(self) -> list[Glob]:
        character = self.peek()
        if character == "(":
            parts = self.group()
        elif character == ".":
            return [self.gap()]
        else:
            parts = [Glob((self.literal(),), ())]
        if self.peek() and self.peek() in "*+?{":
            raise _NotSimpleError
        return parts

    def group(self) -> list[Glob]:
        self.at += 1
        if self.peek() == "?":
            if self.pattern[self.at : self.at + 2] != "?:":
                raise _NotSimpleError
            self.at += 2
        globs = self.alternatives()
        if self.peek() != ")":
            raise _NotSimpleError
        self.at += 1
        return globs

    def gap(self) -> Glob:
        repeat = self.pattern[self.at + 1 : self.at + 2]
        if not repeat or repeat not in "*+":
            raise _NotSimpleError
        self.at += 2
        if self.peek() and self.peek() in "*+?{":
            raise _NotSimpleError
        return Glob(("", ""), (int(repeat == "+"),))

    def literal(self) -> str:
        character = self.peek()
        self.at += 1
        if character == "\\":
            escaped = self.peek()
            self.at += 1
            if not escaped or escaped not in ESCAPED_LITERALS:
                raise _NotSimpleError
            return escaped
        if character in SPECIAL:
            raise _NotSimpleError
        return character


def _check_count(count: int) -> None:
    if count > GLOBS_MAX:
        raise _NotSimpleError


def _leading_literal(pattern: str) -> str:
    """The text that every match begins with; empty when alternatives or flags may undo it."""
    if "|" in pattern or "(?" in pattern:
        return ""
    parser = _Parser(pattern)
    prefix = ""
    try:
        while parser.peek():
            character = parser.literal()
            if parser.peek() and parser.peek() in "*?{":
                break
            prefix += character
            if parser.peek() == "+":
                break
    except _NotSimpleError:
        pass
    return prefix
