"""What the user reads for each kind of malformed page: the line, the place, the fault."""

from __future__ import annotations

import json
import os
from pathlib import Path

from narthex.exposition.errors import BadExposition
from narthex.exposition.negotiation import Format
from narthex.exposition.parse import parse
from tests.exposition.cases import OPENMETRICS_PAGES, TEXT_PAGES

EXPECTED = Path(__file__).with_name("exposition_messages.json")


def messages(pages: list[bytes], page_format: Format) -> dict[str, str]:
    """The message for each page that is refused, by the page's text."""
    found = {}
    for body in pages:
        try:
            parse(b"first 1\n" + body, page_format, 1).labels()
        except BadExposition as error:
            found[body.decode("latin-1")] = str(error)
    return found


def test_messages() -> None:
    now = {
        "text": messages(TEXT_PAGES, Format.TEXT),
        "openmetrics": messages(OPENMETRICS_PAGES, Format.OPENMETRICS),
    }
    if os.environ.get("NARTHEX_UPDATE_GOLDEN"):
        EXPECTED.write_text(json.dumps(now, indent=1, ensure_ascii=True) + "\n")
    assert now == json.loads(EXPECTED.read_text())
