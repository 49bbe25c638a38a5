# ruff: noqa: E501, PT017 - pieces are data; one of two outcomes is an error
"""Any bytes are a page or a BadExposition: never another error, never a hang."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, example, given, settings

from narthex.exposition.errors import BadExposition
from narthex.exposition.negotiation import Format
from narthex.exposition.page import Page
from narthex.exposition.parse import parse

PIECES = st.sampled_from(
    [b"# HELP ", b"# TYPE ", b"# UNIT ", b"# EOF", b"\n", b" ", b"\t", b"{", b"}", b'"', b"\\", b",",
     b"=", b"foo", b"le", b"1", b"-", b".", b"e", b"Inf", b"NaN", b" # {", b"counter", b"\0", b"\xff",
     b"\xc3\xa9", b"histogram", b'{le="1"}', b"9" * 25]
)  # fmt: skip
PAGES = st.binary(max_size=64) | st.lists(PIECES, max_size=40).map(b"".join)


def read_whole(page: Page) -> None:
    page.labels()
    page.families()
    page.exemplars()
    page.created_times()


@settings(max_examples=2500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PAGES, st.sampled_from(Format))
@example(b"\0" * 9, Format.OPENMETRICS)
@example(b'{"', Format.TEXT)
@example(b'foo{a="\\', Format.TEXT)
def test_any_bytes(body: bytes, page_format: Format) -> None:
    try:
        page = parse(body, page_format, 1)
    except BadExposition as error:
        assert 1 <= error.line <= body.count(b"\n") + 1
        assert error.column >= 1
        return
    assert np.all(page.starts <= page.ends)
    try:
        read_whole(page)
    except BadExposition as error:
        assert 1 <= error.line <= body.count(b"\n") + 1
