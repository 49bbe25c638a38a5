"""A test file to its commands: `clear`, `load`, `eval`.

Lines are trimmed; one that begins with `#` counts as blank, and a blank one ends a block. All times
are durations from the epoch. A query that does not parse spoils its file, even where it is expected
to fail: failing is for the evaluation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from narthex.cli.tool.promql_test.errors import BadItem, BadScript
from narthex.cli.tool.promql_test.expectations import (
    ANYTHING,
    Expect,
    Expectations,
    Text,
    parse_expectation,
)
from narthex.cli.tool.promql_test.points import Point
from narthex.cli.tool.promql_test.series import parse_name, parse_series
from narthex.cli.tool.promql_test.start_times import (
    SUFFIX,
    is_start_time_line,
    parse_start_offsets,
)
from narthex.model.duration import BadDuration, parse_duration_ms
from narthex.model.labels import Labels
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.numbers import BadNumber, parse_number
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.quoting import BadEscape, unquote

_LOAD = re.compile(r"load(?P<nhcb>_with_nhcb)?\s+(?P<step>.+?)")
_INSTANT = re.compile(
    r"eval(?:_(?P<mode>fail|warn|ordered|info))?\s+instant\s+at\s+(?P<at>\S+)\s+(?P<query>.+)"
)
_RANGE = re.compile(
    r"eval(?:_(?P<mode>fail|warn|info))?\s+range\s+from\s+(?P<start>\S+)\s+to\s+(?P<end>\S+)"
    r"\s+step\s+(?P<step>\S+)\s+(?P<query>.+)"
)
_RANGE_VECTOR = re.compile(r"expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)")
_STRING = "expect string"
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|`[^`]*`")


@dataclass(frozen=True, slots=True)
class Clear:
    """Forget all series."""

    line: int


@dataclass(frozen=True, slots=True)
class LoadedSeries:
    """Points, and milliseconds from each to the start of its counter (None: unknown)."""

    points: list[Point]
    start_offsets: list[int | None]


@dataclass(frozen=True, slots=True)
class Load:
    """Add series; point i is at `i * step_ms`. A series named again replaces the one before."""

    line: int
    step_ms: int
    with_nhcb: bool
    series: dict[Labels, LoadedSeries] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moments:
    """From start to end inclusive, in ms; step 0 at one moment."""

    start_ms: int
    end_ms: int
    step_ms: int


@dataclass(slots=True)
class Evaluation:
    """A query, when to evaluate it, and what is to come of it.

    `expected` are series with their points; `scalar` and `text` are other kinds of answers.
    `expected_times` are those of the points: the query's own, but for an instant query that
    answers a range vector.
    """

    line: int
    query: str
    moments: Moments
    is_range: bool
    expectations: Expectations
    expected_times: Moments
    expects_range_vector: bool = False
    scalar: float | None = None
    text: str | None = None
    expected: dict[Labels, list[Point]] = field(default_factory=dict)


Command = Clear | Load | Evaluation


def parse_script(content: str) -> list[Command]:
    """The commands of a file, in order. Raises BadScript."""
    reader = _Reader([_significant(line) for line in content.split("\n")])
    commands: list[Command] = []
    while reader.skip_blank():
        commands.append(_command(reader))
    return commands


def _significant(line: str) -> str:
    line = line.strip()
    return "" if line.startswith("#") else line


@dataclass(slots=True)
class _Reader:
    """Lines, read from top to bottom; `number` is that of the line taken last, from 1."""

    lines: list[str]
    number: int = 0

    def skip_blank(self) -> bool:
        """Go to the next line that says something; False at the end."""
        while self.number < len(self.lines) and not self.lines[self.number]:
            self.number += 1
        return self.number < len(self.lines)

    def take(self) -> str:
        self.number += 1
        return self.lines[self.number - 1]

    def block_line(self) -> str:
        """The next line of the block, "" behind its last."""
        more = self.number < len(self.lines) and self.lines[self.number]
        return self.take() if more else ""


def _command(reader: _Reader) -> Command:
    line = reader.take()
    word = line.split(maxsplit=1)[0].lower()
    try:
        if word == "clear":
            return Clear(reader.number)
        if word.startswith("load"):
            return _load(reader, line)
        if word.startswith("eval"):
            return _evaluation(reader, line)
    except BadItem as error:
        raise BadScript(reader.number, str(error)) from error
    raise BadScript(reader.number, f"invalid command {line!r}")


def _load(reader: _Reader, line: str) -> Load:
    match = _LOAD.fullmatch(line)
    if match is None:
        raise BadItem("invalid load command. (load[_with_nhcb] <step:duration>)")
    load = Load(reader.number, _duration(match["step"], "step"), match["nhcb"] is not None)
    pending: tuple[Labels, list[int | None]] | None = None
    defaults: list[int | None] = []
    while line := reader.block_line():
        if is_start_time_line(line):
            if pending is not None:
                raise BadItem("@st line has no following sample line")
            labels, offsets = _start_times(line)
            if len(labels):
                pending = labels, offsets
            else:
                defaults = offsets
            continue
        labels, points = parse_series(line)
        load.series[labels] = LoadedSeries(points, _offsets(labels, points, pending, defaults))
        pending = None
    if pending is not None:
        raise BadItem("@st line has no following sample line")
    return load


def _start_times(line: str) -> tuple[Labels, list[int | None]]:
    name, items = line.split(maxsplit=1)
    labels, _ = parse_name(name.removesuffix(SUFFIX))
    return labels, parse_start_offsets(items)


def _offsets(
    labels: Labels,
    points: list[Point],
    pending: tuple[Labels, list[int | None]] | None,
    defaults: list[int | None],
) -> list[int | None]:
    """An offset for each point: those of the line before, else the file's defaults, repeated."""
    if pending is None:
        return [defaults[i % len(defaults)] if defaults else None for i in range(len(points))]
    named, offsets = pending
    if named != labels:
        raise BadItem("@st metric does not match the following sample line metric")
    if len(offsets) != len(points):
        raise BadItem(f"@st line has {len(offsets)} values but sample line has {len(points)}")
    return offsets


def _evaluation(reader: _Reader, line: str) -> Evaluation:
    instant, ranged = _INSTANT.fullmatch(line), _RANGE.fullmatch(line)
    match = instant or ranged
    if match is None:
        raise BadItem(
            "invalid evaluation command. Must be either "
            "'eval[_fail|_warn|_ordered] instant [at <offset:duration>] <query>' or "
            "'eval[_fail|_warn] range from <from> to <to> step <step> <query>'"
        )
    moments = _moments(match)
    expectations = Expectations()
    if match["mode"]:
        expectations.add(Expect(match["mode"]), ANYTHING)
    evaluation = Evaluation(
        reader.number, match["query"], moments, instant is None, expectations, moments
    )
    _check_query(evaluation.query)
    while line := reader.block_line():
        if _expected_line(evaluation, line) is _LAST:
            break
    return evaluation


def _moments(match: re.Match[str]) -> Moments:
    found = match.groupdict()
    if "at" in found:
        at = _duration(found["at"], "timestamp")
        return Moments(at, at, 0)
    return _from_to_step(found["start"], found["end"], found["step"])


def _from_to_step(start: str, end: str, step: str) -> Moments:
    start_ms, end_ms = _duration(start, "start timestamp"), _duration(end, "end timestamp")
    if end_ms < start_ms:
        raise BadItem(f"end timestamp ({end}) is before start timestamp ({start})")
    return Moments(start_ms, end_ms, _duration(step, "step"))


def _duration(text: str, what: str) -> int:
    try:
        return parse_duration_ms(text)
    except BadDuration as error:
        raise BadItem(f"invalid {what} definition {text!r}: {error}") from error


def _check_query(query: str) -> None:
    try:
        parse(query, ALL_FEATURES)
    except ParseError as error:
        raise BadItem(str(error)) from error


_LAST, _MORE = True, False


def _expected_line(evaluation: Evaluation, line: str) -> bool:
    """Take one line of a block; says whether it was the last of its block by its nature."""
    if evaluation.expectations.failure is not None and _old_failure(evaluation, line):
        return _LAST
    if line.startswith("expect range vector"):
        match = _RANGE_VECTOR.fullmatch(line)
        if match is None:
            raise BadItem(f"invalid range vector definition {line!r}")
        evaluation.expected_times = _from_to_step(*match.groups())
        evaluation.expects_range_vector = True
        at = evaluation.expected_times.end_ms
        evaluation.moments = Moments(at, at, 0)
    elif line.startswith(_STRING):
        evaluation.text = _string(line)
    elif line.split(maxsplit=1)[0] == "expect":
        evaluation.expectations.add(*parse_expectation(line))
    elif (number := _number(line)) is not None:
        evaluation.scalar = number
        return _LAST
    else:
        _expected_series(evaluation, line)
    return _MORE


def _old_failure(evaluation: Evaluation, line: str) -> bool:
    """The lines that `expect fail msg:` and `expect fail regex:` took the place of."""
    for prefix, text in (("expected_fail_message", Text), ("expected_fail_regexp", Text.found_by)):
        if line.startswith(prefix):
            wanted = text(line.removeprefix(prefix).strip())
            evaluation.expectations.texts[Expect.FAIL] = [wanted]
            return True
    return False


def _string(line: str) -> str:
    literal = line.removeprefix(_STRING).strip()
    if not _QUOTED.fullmatch(literal):
        raise BadItem(
            "expected string literal not valid - check that the string is correctly quoted"
        )
    try:
        return unquote(literal)
    except BadEscape as error:
        raise BadItem(f"expected string literal not valid - {error}") from error


def _number(line: str) -> float | None:
    try:
        value = parse_number(line.lstrip("+-"))
    except BadNumber:
        return None
    return -value if line.startswith("-") else value


def _expected_series(evaluation: Evaluation, line: str) -> None:
    labels, points = parse_series(line)
    several = evaluation.is_range or evaluation.expects_range_vector
    if len(points) > 1 and not several:
        raise BadItem(
            "expecting multiple values in instant evaluation not allowed. consider using "
            "'expect range vector' directive to enable a range vector result for an instant query"
        )
    # Named again, a series takes the place of the later line.
    evaluation.expected.pop(labels, None)
    evaluation.expected[labels] = points
