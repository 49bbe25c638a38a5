"""Pages that are made from the code are those that the code makes."""

from __future__ import annotations

from scripts import flags_page


def test_page_of_flags_is_current() -> None:
    assert flags_page.PAGE.read_text() == flags_page.page(), "run `make docs`"
