"""What can be wrong with a page.

ExpositionError (ValueError)
  BadContentType     the page does not say, in words we know, which format it has
  BadExposition      the page breaks its format: line, column, what was wrong, the line's text
  BadSeries          one series of a page has labels that no store takes
"""

from __future__ import annotations

TEXT_MAX = 120
"""Characters of the line that an error quotes."""


class ExpositionError(ValueError):
    """A page that cannot be read."""


class BadContentType(ExpositionError):
    """A Content-Type that names no known format, without a fallback protocol to stand in."""


class BadSeries(ExpositionError):
    """Labels that name no series; reported as a BadExposition with the series's place."""


class BadExposition(ExpositionError):
    """A malformed page. `line` and `column` count from 1; the column counts bytes."""

    def __init__(self, line: int, column: int, what: str, text: str) -> None:
        self.line = line
        self.column = column
        self.what = what
        self.text = text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + "..."
        super().__init__(
            f"cannot parse page, line {line}, column {column}: {what} while parsing: {self.text!r}"
        )


def fault(body: bytes, at: int, what: str) -> BadExposition:
    """The error for a fault at byte `at`, with the line it is in."""
    at = min(at, len(body))
    line_start = body.rfind(b"\n", 0, at) + 1
    line_end = body.find(b"\n", at)
    text = body[line_start : len(body) if line_end < 0 else line_end]
    line = body.count(b"\n", 0, at) + 1
    return BadExposition(line, at - line_start + 1, what, text.decode("utf-8", "replace"))
