# ruff: noqa: E501 - pages are data
"""A real Prometheus and our parsers take the same pages, with the same samples, or refuse both."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from narthex.exposition.errors import ExpositionError
from narthex.exposition.negotiation import Format, format_of
from narthex.exposition.page import NO_TIME
from narthex.exposition.parse import parse
from narthex.model.value import format_float
from tests.exposition.cases import PAGES
from tests.exposition.prometheus_oracle import (
    OPENMETRICS,
    TEXT,
    Verdict,
    judge,
)
from tests.peer_programs import require_peer

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(120),
]

MUTATIONS = 500
TARGET_LABELS = {"case", "instance", "job"}
RECENT_MS = 240_000
SEED = 20


@pytest.fixture(autouse=True, scope="module")
def _peer() -> None:
    require_peer("prometheus")


def ours(content_type: str, body: bytes) -> Verdict:
    """Our verdict, by the rules by which a scrape keeps samples."""
    try:
        page_format = format_of(content_type)
        if not body and page_format is Format.OPENMETRICS:
            return Verdict("", frozenset())
        page = parse(body, page_format, SEED)
        labels = page.labels()
    except ExpositionError as error:
        return Verdict(str(error), frozenset())
    now_ms = time.time_ns() // 1_000_000
    kept: dict[tuple[frozenset[tuple[str, str]], int], str] = {}
    for series, value, at in zip(labels, page.values.tolist(), page.times.tolist(), strict=True):
        if at == NO_TIME or abs(at - now_ms) < RECENT_MS:
            pairs = frozenset(pair for pair in series if pair[0] not in TARGET_LABELS)
            kept.setdefault((pairs, 0 if at == NO_TIME else at), format_float(value))
    return Verdict("", frozenset((*key, value) for key, value in kept.items()))


def without_scrape_times(verdict: Verdict, body: bytes) -> Verdict:
    """The samples with their target's labels off, and times only where the page gave them."""
    samples = set()
    for pairs, at, value in verdict.samples:
        given = str(at).encode() in body or f"{at / 1000:.3f}".rstrip("0").encode() in body
        bare = frozenset(pair for pair in pairs if pair[0] not in TARGET_LABELS)
        samples.add((bare, at if given else 0, value))
    return Verdict(verdict.error, frozenset(samples))


def assert_alike(pages: list[tuple[str, bytes]], folder: Path) -> None:
    different = []
    for (content_type, body), verdict in zip(pages, judge(pages, folder), strict=True):
        mine, theirs = ours(content_type, body), without_scrape_times(verdict, body)
        if bool(mine.error) != bool(theirs.error):
            different.append(f"{content_type} {body!r}\n  {mine.error=}\n  {theirs.error=}")
        elif not mine.error and mine.samples != theirs.samples:
            different.append(
                f"{content_type} {body!r}\n  only ours: {set(mine.samples - theirs.samples)}"
                f"\n  only theirs: {set(theirs.samples - mine.samples)}"
            )
    assert not different, f"{len(different)} differ\n" + "\n".join(different)


def mutate(body: bytes, chance: random.Random) -> bytes:
    """One to three small changes: a byte removed, replaced, doubled, a piece moved, a cut."""
    data = bytearray(body)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(6)
        if kind == 0:
            del data[at : at + chance.randint(1, 3)]
        elif kind == 1:
            data[at:at] = bytes([chance.choice(b' \t\n"\\{},=#e+-.0123456789aN_:\0\r\xff\xc3\xa9')])
        elif kind == 2:
            data[at : at + 1] = bytes([chance.choice(b' \t\n"\\{},=#e+-.9NI\0\r\xff')])
        elif kind == 3:
            data[at:at] = data[at : at + chance.randint(1, 20)]
        elif kind == 4:
            other = chance.randrange(len(data) + 1)
            data[at:at] = data[other : other + 12]
        elif chance.random() < 0.3:
            del data[at:]
    return bytes(data)


def seed_pages(now_ms: int) -> list[tuple[str, bytes]]:
    """Well-formed pages with every feature of the two formats."""
    return [
        (TEXT, b'# HELP a_b Some "help" \\n.\n# TYPE a_b counter\na_b{x="1",y="\\"q\\\\"} 12.5\na_b 3\n'),
        (TEXT, b'# TYPE h histogram\nh_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 3\nh_count 2\n'),
        (TEXT, b'{"my.metric","k.v"="w",z="\xc3\xa9"} -1e-3\nplain +Inf\n{"other"} NaN\n'),
        (TEXT, f"timed{{a=\"b\"}} 1 {now_ms}\nuntimed 0.1 \n".encode()),
        (OPENMETRICS, b'# TYPE c counter\n# HELP c Help.\nc_total{a="b"} 1.0 # {id="x"} 0.5\n# EOF\n'),
        (OPENMETRICS, f"# TYPE g_s gauge\n# UNIT g_s s\ng_s 2 {now_ms / 1000:.3f}\n# EOF\n".encode()),
        (OPENMETRICS, b'{"u.v",a="b",} 1e5 # {"t.u"="v",w="x"} 1 1.5\nk{l="m"} -0\n# EOF\n'),
        (OPENMETRICS, b'# TYPE s summary\ns{quantile="0.5"} 1\ns_count 2\ns_created 1.5\n# EOF\n'),
    ]  # fmt: skip


def test_chosen_pages(tmp_path: Path) -> None:
    assert_alike(PAGES, tmp_path)


def test_mutated_pages(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    now_ms = time.time_ns() // 1_000_000
    seeds = seed_pages(now_ms)
    pages = [
        (content_type, mutate(body, chance))
        for content_type, body in (chance.choice(seeds) for _ in range(MUTATIONS))
    ]
    assert_alike(pages, tmp_path)
