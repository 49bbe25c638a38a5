"""`name{..}@st items`: when the counters of a series began, relative to each of its samples."""

from __future__ import annotations

import re

from narthex.cli.tool.promql_test.errors import BadItem
from narthex.cli.tool.promql_test.points import POINTS_MAX
from narthex.model.duration import BadDuration, parse_duration_ms

SUFFIX = "@st"
_OFFSET = r"[+-]?\d+(?:ms|[smhdwy])?"
_ITEM = re.compile(
    rf"(?:(?P<gap>_)|(?P<again>\*)|(?P<start>{_OFFSET})(?P<step>[+-]{_OFFSET}(?=x))?)"
    r"(?:x(?P<times>\d+))?"
)


def is_start_time_line(line: str) -> bool:
    """Whether the first word ends in `@st`; labels of such a line hold no spaces."""
    words = line.split(maxsplit=1)
    return len(words) == 2 and words[0].endswith(SUFFIX)


def parse_start_offsets(text: str) -> list[int | None]:
    """Milliseconds from each sample to its start, None where none is given. Raises BadItem."""
    offsets: list[int | None] = []
    for word in text.split():
        item = _ITEM.fullmatch(word)
        if item is None or int(item["times"] or 0) > POINTS_MAX:
            raise BadItem(f'invalid @st sequence: invalid ST item "{word}"')
        times = int(item["times"] or 0)
        if item["gap"]:
            offsets += [None] * (times if item["times"] else 1)
            continue
        if item["again"]:
            start = next((offset for offset in reversed(offsets) if offset is not None), 0)
        else:
            start = _offset_ms(item["start"])
        step = _offset_ms(item["step"] or "0")
        offsets += [start + i * step for i in range(times + 1)]
    return offsets


def _offset_ms(text: str) -> int:
    try:
        size = parse_duration_ms(text.lstrip("+-"))
    except BadDuration as error:
        raise BadItem(str(error)) from error
    return -size if text.startswith("-") else size
