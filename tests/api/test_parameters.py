"""What the texts of parameters mean, and how bad ones are refused."""

import pytest

from narthex.api.errors import ApiError
from narthex.api.parameters import Parameters, parse_api_duration_ms, parse_time_ms
from narthex.model.value import MAX_TIME_MS, MIN_TIME_MS


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1435781451.781", 1_435_781_451_781),
        ("0", 0),
        ("-1.5", -1500),
        ("1e2", 100_000),
        ("2015-07-01T20:10:51.781Z", 1_435_781_451_781),
        ("2015-07-01T20:10:51Z", 1_435_781_451_000),
        ("2015-07-01T22:10:51.7+02:00", 1_435_781_451_700),
        ("2015-07-01T20:10:51.781999999Z", 1_435_781_451_781),
        ("-292273086-05-16T16:47:06Z", MIN_TIME_MS),
        ("292277025-08-18T07:12:54.999999999Z", MAX_TIME_MS),
    ],
)
def test_moments(text: str, milliseconds: int) -> None:
    assert parse_time_ms(text, "time") == milliseconds


@pytest.mark.parametrize(
    "text", ["", "now", "1_000", "0x10", "2015-13-01T00:00:00Z", "NaN", "1e400"]
)
def test_no_moments(text: str) -> None:
    with pytest.raises(
        ApiError, match=f'invalid parameter "time": cannot parse "{text}" to a valid'
    ):
        parse_time_ms(text, "time")


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("15", 15_000), ("1e2", 100_000), ("0.001", 1), ("1m30s", 90_000), ("-1", -1000)],
)
def test_durations(text: str, milliseconds: int) -> None:
    assert parse_api_duration_ms(text, "step") == milliseconds


@pytest.mark.parametrize("text", ["0x10", "", "5x", "1e300"])
def test_no_durations(text: str) -> None:
    with pytest.raises(ApiError, match='invalid parameter "step": cannot parse'):
        parse_api_duration_ms(text, "step")


def test_a_form_body_comes_before_the_url() -> None:
    parameters = Parameters(b"query=up&match[]=a", b"query=down+1&match[]=b%2B")
    assert parameters.first("query") == "down 1"
    assert parameters.all("match[]") == ["b+", "a"]


@pytest.mark.parametrize("body", [b"query=%zz", b'{"query":"up"}', b"query=up;time=1"])
def test_a_broken_form_holds_no_query(body: bytes) -> None:
    assert Parameters(b"", body).first("query") == ""


@pytest.mark.parametrize(("text", "limit"), [("", 0), ("0", 0), ("7", 7), ("+7", 7)])
def test_limits(text: str, limit: int) -> None:
    assert Parameters(f"limit={text}".encode().replace(b"+", b"%2B")).limit() == limit


@pytest.mark.parametrize("text", ["-1", "x", "1.5"])
def test_no_limits(text: str) -> None:
    with pytest.raises(ApiError, match='invalid parameter "limit"'):
        Parameters(f"limit={text}".encode()).limit()
