"""The values of one label as texts side by side, and which of them a pattern matches.

What a pattern was found to match is kept: a value is looked at once for a pattern, however often it
is asked for, and a label that grows costs only its new values.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from narthex.model.matcher import compile_anchored
from narthex.storage.index.pattern import Glob, Pattern, analyse

UNKNOWN, NO, YES = 0, 1, 2


class LabelValues(Protocol):
    """The distinct values of one label; each has a code, and codes ascend."""

    @property
    def codes(self) -> NDArray[np.int64]:
        """All codes."""

    @property
    def code_end(self) -> int:
        """Codes are below this."""

    def find(self, texts: Iterable[str]) -> NDArray[np.int64]:
        """Codes of those texts that are values of the label, ascending."""

    def texts(self, codes: NDArray[np.int64]) -> list[str]:
        """The text of each code."""

    def spans(
        self, codes: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
        """A blob, and where each text starts and ends in it."""


@dataclass(slots=True)
class _Known:
    """What is known of one pattern: a byte (unknown, no, yes) for each code."""

    pattern: Pattern
    states: NDArray[np.uint8]


class RegexCache:
    """What the latest patterns match, bounded by bytes. Thread-safe.

    With `one_space`, codes mean the same in every label (symbols of a TSDB); else each label has
    its own.
    """

    def __init__(self, *, one_space: bool, bytes_max: int = 32 << 20) -> None:
        self._one_space, self._bytes_max = one_space, bytes_max
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._lock = threading.Lock()

    def matching(self, name: str, pattern: str, values: LabelValues) -> NDArray[np.bool_]:
        """For each of `values.codes`, whether the pattern matches the whole text."""
        key = ("" if self._one_space else name, pattern)
        codes = values.codes
        known = self._recall(key, values.code_end)
        states = known.states
        unknown = codes[states[codes] == UNKNOWN]
        if unknown.size:
            found = _evaluate(known.pattern, pattern, values, unknown)
            # Two threads may write the same states; they write the same values.
            states[unknown] = np.where(found, YES, NO)
        result: NDArray[np.bool_] = states[codes] == YES
        return result

    def _recall(self, key: tuple[str, str], size: int) -> _Known:
        with self._lock:
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = _Known(analyse(key[1]), np.zeros(size, np.uint8))
            elif known.states.size < size:
                grown = np.zeros(size * 5 // 4, np.uint8)
                grown[: known.states.size] = known.states
                known = self._known[key] = _Known(known.pattern, grown)
            self._known.move_to_end(key)
            total = sum(entry.states.size for entry in self._known.values())
            while total > self._bytes_max and len(self._known) > 1:
                total -= self._known.popitem(last=False)[1].states.size
            return known


def _evaluate(
    analysed: Pattern, pattern: str, values: LabelValues, codes: NDArray[np.int64]
) -> NDArray[np.bool_]:
    literals = analysed.literals
    if literals is not None:
        return np.isin(codes, values.find(literals))
    blob, starts, ends = values.spans(codes)
    out = np.zeros(codes.size, np.uint8)
    if analysed.globs:
        for glob in analysed.globs:
            glob.mark(blob, starts, ends, out)
        return out.astype(np.bool_)
    Glob((analysed.prefix, ""), (0,)).mark(blob, starts, ends, out)
    regex = compile_anchored(pattern)
    candidates = np.flatnonzero(out)
    texts = values.texts(codes[candidates])
    out[candidates] = [regex.match(text) is not None for text in texts]
    return out.astype(np.bool_)
