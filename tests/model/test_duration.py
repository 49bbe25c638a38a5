"""Durations read and written as Prometheus does."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from narthex.model.duration import BadDuration, format_duration_ms, parse_duration_ms


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("1h30m", 5_400_000),
        ("1ms", 1),
        ("2y", 2 * 365 * 86_400_000),
        ("1d1s", 86_401_000),
    ],
)
def test_read(text: str, milliseconds: int) -> None:
    assert parse_duration_ms(text) == milliseconds


@pytest.mark.parametrize("text", ["", "1", "1m1h", "5 m", "-5m", "1.5h", "1h1h", "h", "300y"])
def test_refused(text: str) -> None:
    with pytest.raises(BadDuration):
        parse_duration_ms(text)


@given(st.integers(0, 2**43))
def test_written_and_read_again(milliseconds: int) -> None:
    assert parse_duration_ms(format_duration_ms(milliseconds)) == milliseconds


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (90_000, "1m30s"),
        (14 * 86_400_000, "2w"),
        (36 * 3_600_000, "36h"),
        (-1500, "-1s500ms"),
    ],
)
def test_written(milliseconds: int, text: str) -> None:
    assert format_duration_ms(milliseconds) == text
