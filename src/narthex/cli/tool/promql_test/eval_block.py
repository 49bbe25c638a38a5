"""`eval instant at 5m query` and what is expected of it, line by line.

A query that does not parse spoils its file, even where it is expected to fail: failing is for the
evaluation.
"""

from __future__ import annotations

import re

from narthex.cli.tool.promql_test.commands import Evaluation, Moments
from narthex.cli.tool.promql_test.errors import BadItem
from narthex.cli.tool.promql_test.expectations import (
    ANYTHING,
    Expect,
    Expectations,
    Text,
    parse_expectation,
)
from narthex.cli.tool.promql_test.lines import Lines, duration_ms
from narthex.cli.tool.promql_test.series import parse_series
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.numbers import BadNumber, parse_number
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.quoting import BadEscape, unquote

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


def parse_evaluation(lines: Lines, line: str) -> Evaluation:
    """The block that begins with `line`. Raises BadItem; `lines` is then at the faulty line."""
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
        lines.number, match["query"], moments, instant is None, expectations, moments
    )
    _check_query(evaluation.query)
    while line := lines.take_of_block():
        if _is_last(evaluation, line):
            break
    return evaluation


def _moments(match: re.Match[str]) -> Moments:
    found = match.groupdict()
    if "at" in found:
        at = duration_ms(found["at"], "timestamp")
        return Moments(at, at, 0)
    return _from_to_step(found["start"], found["end"], found["step"])


def _from_to_step(start: str, end: str, step: str) -> Moments:
    start_ms, end_ms = duration_ms(start, "start timestamp"), duration_ms(end, "end timestamp")
    if end_ms < start_ms:
        raise BadItem(f"end timestamp ({end}) is before start timestamp ({start})")
    return Moments(start_ms, end_ms, duration_ms(step, "step"))


def _check_query(query: str) -> None:
    try:
        parse(query, ALL_FEATURES)
    except ParseError as error:
        raise BadItem(str(error)) from error


def _is_last(evaluation: Evaluation, line: str) -> bool:
    """Take one line of a block; whether it ends the block, as numbers and old failures do."""
    if evaluation.expectations.failure is not None and _old_failure(evaluation, line):
        return True
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
        return True
    else:
        _expected_series(evaluation, line)
    return False


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
