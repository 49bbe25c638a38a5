"""Look-ups against the obvious: every series asked whether every matcher matches it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from narthex.model.labels import Labels
from narthex.model.matcher import Matcher, MatchType
from narthex.model.symbols import Symbols
from narthex.storage.index.lookup import find_rows, label_names, label_values
from narthex.storage.index.memory import MemoryIndex

NAMES = ["__name__", "job", "instance", "a"]
VALUES = ["", "up", "up_total", "node", "node-1", "node-22", "prod.eu", "prodxeu", "x\ny", "é"]
PATTERNS = [
    "", ".*", ".+", "up", "up.*", ".*up", "up.+", ".*o.*", "node|up", "node-(1|22)", "n.*e-.*",
    "(?i)NODE", "node-[0-9]+", "prod\\.eu", "prod.eu", "up|", "x.*y", "no*de.*", "(up|node).*|é",
    ".+_total", "n.+e", "(a|b)*", "^up$", "é+",
]  # fmt: skip

series = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)).map(Labels.of)
matcher = st.one_of(
    st.builds(
        Matcher,
        st.sampled_from([MatchType.EQUAL, MatchType.NOT_EQUAL]),
        st.sampled_from([*NAMES, "missing"]),
        st.sampled_from([*VALUES, "unknown"]),
    ),
    st.builds(
        Matcher,
        st.sampled_from([MatchType.REGEX, MatchType.NOT_REGEX]),
        st.sampled_from([*NAMES, "missing"]),
        st.sampled_from(PATTERNS),
    ),
)


def fill(index: MemoryIndex, symbols: Symbols, first_row: int, batch: list[Labels]) -> None:
    starts = np.cumsum([0, *map(len, batch)])
    names = symbols.intern_many(name for labels in batch for name, _ in labels)
    values = symbols.intern_many(value for labels in batch for _, value in labels)
    index.add(first_row, starts.astype(np.int64), names, values)


def matching(series: list[Labels], matchers: list[Matcher]) -> list[int]:
    return [
        row
        for row, labels in enumerate(series)
        if all(matcher.matches(labels.get(matcher.name)) for matcher in matchers)
    ]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(series, max_size=12), max_size=4), st.lists(matcher, max_size=4))
def test_memory_index_agrees_with_brute_force(
    batches: list[list[Labels]], matchers: list[Matcher]
) -> None:
    symbols = Symbols()
    index = MemoryIndex(symbols)
    held: list[Labels] = []
    for batch in batches:
        fill(index, symbols, len(held), batch)
        held += batch
        expected = matching(held, matchers)
        view = index.view()
        assert find_rows(view, matchers).tolist() == expected
        assert label_names(view, matchers) == sorted({n for i in expected for n, _ in held[i]})
        for name in NAMES:
            values = {held[i].get(name) for i in expected} - {""}
            assert label_values(view, name, matchers) == sorted(values)


def test_a_large_index_agrees_with_brute_force_after_removal() -> None:
    """Enough rows for bitmaps, for the small table beside the large one, and for gaps."""
    symbols = Symbols()
    index = MemoryIndex(symbols)
    held = [
        Labels.of({"__name__": f"m{i % 7}", "job": "node", "instance": f"host-{i}", "a": a})
        for i, a in enumerate(["", "x"] * 20_000)
    ]
    for start in range(0, len(held), 9_000):
        fill(index, symbols, start, held[start : start + 9_000])
        index.view()
    gone = np.arange(0, 40_000, 3)
    queries = [
        [Matcher.equal("__name__", "m3")],
        [Matcher.equal(*pair) for pair in (("job", "node"), ("instance", "host-31"), ("a", "x"))],
        [Matcher(MatchType.REGEX, "instance", "host-1.*"), Matcher(MatchType.NOT_EQUAL, "a", "")],
        [Matcher(MatchType.NOT_REGEX, "instance", "host-.*1"), Matcher.equal("__name__", "m1")],
        [Matcher.equal("a", "")],
    ]
    for matchers in queries:
        assert find_rows(index.view(), matchers).tolist() == matching(held, matchers)
    index.remove(gone)
    fill(index, symbols, 40_000, held[:100])
    held += held[:100]
    for matchers in queries:
        left = [row for row in matching(held, matchers) if row >= 40_000 or row % 3]
        assert find_rows(index.view(), matchers).tolist() == left
