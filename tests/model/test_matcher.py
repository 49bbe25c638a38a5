"""Matchers: whole values, RE2, and what an absent label means."""

import pytest

from narthex.model.matcher import BadRegex, Matcher, MatchType

EQUAL, NOT_EQUAL = MatchType.EQUAL, MatchType.NOT_EQUAL
REGEX, NOT_REGEX = MatchType.REGEX, MatchType.NOT_REGEX


@pytest.mark.parametrize(
    ("kind", "pattern", "value", "matches"),
    [
        (EQUAL, "x", "x", True),
        (EQUAL, "", "", True),
        (NOT_EQUAL, "x", "", True),
        (REGEX, "a|b", "b", True),
        (REGEX, "a|b", "ab", False),
        (REGEX, "a.b", "a\nb", True),
        (REGEX, "(?i)AB", "ab", True),
        (REGEX, ".*", "", True),
        (NOT_REGEX, "a.*", "b", True),
        (NOT_REGEX, ".+", "", True),
    ],
)
def test_matches(kind: MatchType, pattern: str, value: str, matches: bool) -> None:
    assert Matcher(kind, "l", pattern).matches(value) is matches


def test_a_bad_pattern_is_named() -> None:
    with pytest.raises(BadRegex, match=r"error parsing regexp: missing .*\("):
        Matcher(REGEX, "l", "(")


def test_written_as_promql_does() -> None:
    assert str(Matcher(NOT_REGEX, "a.b", 'x"')) == r'"a.b"!~"x\""'
