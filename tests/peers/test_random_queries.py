"""Queries that nobody thought of are answered alike, too.

What differs by version stands in `DIFFERENCES` with its reason; an entry whose own example does not
differ any more fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from tests.peers import samples
from tests.peers.filled import Both, both_filled, difference
from tests.peers.random_queries import vectors

EXAMPLES = 300
STEPS_S = (15, 37, 60, 600)
QUERY_LENGTH_MAX = 600


@dataclass(frozen=True)
class Difference:
    """Where later versions, which Narthex follows, differ from Prometheus 3.5."""

    reason: str
    told: str
    """A pattern of what `difference` says."""
    example: str


DIFFERENCES = (
    Difference(
        "since 3.9 a comparison that filters needs group_left, however few of a side survive it",
        r"^errors: None None / execution multiple matches for labels: many-to-one matching must be",
        "cpu_usage == on () vector(NaN)",
    ),
)


@pytest.fixture(scope="module")
def both(peers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with both_filled(peers, tmp_path_factory.mktemp("random")) as programs:
        yield programs


def moments() -> st.SearchStrategy[str]:
    """Parameters of an instant query or of a range."""
    within = st.integers(samples.START_S - 300, samples.END_S + 600)
    instants = st.builds("query?time={}".format, within)
    ranges = st.builds(
        lambda start, length, step: f"query_range?start={start}&end={start + length}&step={step}",
        within,
        st.integers(0, 1800),
        st.sampled_from(STEPS_S),
    )
    return instants | ranges


@settings(max_examples=max(EXAMPLES, settings().max_examples))
@given(query=vectors(), when=moments())
def test_answered_alike(both: Both, query: str, when: str) -> None:
    assume(len(query) < QUERY_LENGTH_MAX)
    told = difference(both, f"/api/v1/{when}&query={quote(query)}", ordered="range" in when)
    for known in DIFFERENCES:
        if told and re.search(known.told, told):
            event(known.reason)
            return
    assert not told, f"{query}\n{when}\n{told}"


@pytest.mark.parametrize("known", DIFFERENCES, ids=lambda known: known.reason)
def test_known_differences_are_still_there(both: Both, known: Difference) -> None:
    told = difference(
        both,
        f"/api/v1/query?time={samples.START_S + 3600}&query={quote(known.example)}",
        ordered=False,
    )
    assert re.search(known.told, told), f"no longer: {told or 'alike'}"
