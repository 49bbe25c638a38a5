"""The lines of a test file, and the durations that stand in them.

Lines are trimmed; one that begins with `#` counts as blank, and a blank one ends a block.
"""

from __future__ import annotations

from dataclasses import dataclass

from narthex.cli.tool.promql_test.errors import BadItem
from narthex.model.duration import BadDuration, parse_duration_ms


@dataclass(slots=True)
class Lines:
    """Read from top to bottom; `number` is that of the line taken last, from 1."""

    lines: list[str]
    number: int = 0

    @classmethod
    def of(cls, content: str) -> Lines:
        """The lines of a file."""
        return cls([_significant(line) for line in content.split("\n")])

    def skip_blank(self) -> bool:
        """Go to the next line that says something; False at the end."""
        while self.number < len(self.lines) and not self.lines[self.number]:
            self.number += 1
        return self.number < len(self.lines)

    def take(self) -> str:
        """The next line."""
        self.number += 1
        return self.lines[self.number - 1]

    def take_of_block(self) -> str:
        """The next line of the block, "" behind its last."""
        more = self.number < len(self.lines) and self.lines[self.number]
        return self.take() if more else ""


def _significant(line: str) -> str:
    line = line.strip()
    return "" if line.startswith("#") else line


def duration_ms(text: str, what: str) -> int:
    """Milliseconds of a duration; `what` it is for the complaint. Raises BadItem."""
    try:
        return parse_duration_ms(text)
    except BadDuration as error:
        raise BadItem(f"invalid {what} definition {text!r}: {error}") from error
