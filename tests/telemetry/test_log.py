"""Log lines in both forms."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from narthex.telemetry.log import Logger, configure, quote


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """What `configure` does to the process's logging ends with the test."""
    root = logging.getLogger("narthex")
    before = root.handlers[:], root.level, root.propagate
    yield
    root.handlers[:], root.level, root.propagate = before


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("two words", '"two words"'),
        ("", '""'),
        ('q"', r'"q\""'),
        ("a\nb", r'"a\nb"'),
        (3, "3"),
    ],
)
def test_logfmt_values_stay_on_one_line(value: object, text: str) -> None:
    assert quote(value) == text


def test_both_forms_carry_the_fields() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    Logger("scrape").info("scrape failed", target="http://x/metrics")
    Logger("scrape").debug("not written")
    line = json.loads(stream.getvalue())
    assert line["msg"] == "scrape failed"
    assert line["component"] == "scrape"
    assert line["target"] == "http://x/metrics"
    stream = io.StringIO()
    configure("warn", "logfmt", stream)
    Logger("scrape").warning("scrape failed", err="no answer")
    assert 'level=WARN msg="scrape failed" component=scrape err="no answer"' in stream.getvalue()
