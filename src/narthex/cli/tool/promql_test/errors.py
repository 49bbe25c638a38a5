"""What is wrong with a test file."""

from __future__ import annotations


class BadScript(ValueError):
    """A line that does not say anything in the test language; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason


class BadItem(ValueError):
    """A part of a line that cannot be read; who reads the line knows its number."""
