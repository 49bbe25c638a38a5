"""Sizes: the spellings that Prometheus takes, and the one that it prints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narthex.model.size import MAX_BYTES, BadSize, format_size_bytes, parse_size_bytes


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("0", 0),
        ("1B", 1),
        ("10MB", 10 * 1024**2),
        ("10MiB", 10 * 1024**2),
        ("1.5KB", 1536),
        (".5KB", 512),
        ("1GB512MB", 1024**3 + 512 * 1024**2),
        ("7EB", 7 * 1024**6),
    ],
)
def test_spellings(text: str, size_bytes: int) -> None:
    assert parse_size_bytes(text) == size_bytes


@pytest.mark.parametrize("text", ["", "10", "MB", "10mb", "-1MB", "10 MB", "1XB", "8EB", "1MBx"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(BadSize):
        parse_size_bytes(text)


@given(st.integers(0, MAX_BYTES))
def test_printed_sizes_read_back(size_bytes: int) -> None:
    assert parse_size_bytes(format_size_bytes(size_bytes)) == size_bytes


def test_printed_as_prometheus_does() -> None:
    assert format_size_bytes(10 * 1024**2) == "10MiB"
    assert format_size_bytes(1024 + 1) == "1KiB1B"
    assert format_size_bytes(0) == "0B"
