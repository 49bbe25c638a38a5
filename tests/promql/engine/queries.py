"""Queries that type-check, drawn at random, over the series of `small_store`."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from narthex.model.value import STALE_NAN
from tests.promql.memory_store import MemoryStore

SCRAPE_S = 15
SCRAPES = 80

SELECTORS = ("c_total", "g", 'g{i!="0"}', '{__name__=~"c_total|g"}', "turn", "odd", "nothing")
SHIFTS = ("", "", "", " offset 1m", " offset -1m", " @ 600", " @ start()", " @ end() offset 30s")
RANGE_FUNCTIONS = (
    "rate", "increase", "delta", "irate", "changes", "resets", "avg_over_time", "max_over_time",
    "sum_over_time", "count_over_time", "last_over_time", "stddev_over_time", "absent_over_time",
)  # fmt: skip
FUNCTIONS = ("abs", "-", "sqrt", "timestamp", "absent", "sgn", "minute", "sort")
AGGREGATIONS = (
    "sum", "avg", "min", "max", "count", "group", "stddev", "topk(2,", "bottomk(1,",
    "quantile(0.7,", "limitk(2,",
)  # fmt: skip
GROUPINGS = ("", " by (job)", " by (i)", " without (i)", " without (job, i)")
OPERATORS = (
    "+", "-", "*", "/", "%", "^", "atan2", "==", ">", "<= bool", "!=", "and", "or", "unless",
)  # fmt: skip
MATCHINGS = ("", " on (job, i)", " ignoring (i)", " on ()")

selectors = st.builds("{}{}".format, st.sampled_from(SELECTORS), st.sampled_from(SHIFTS))
ranges = st.builds(
    "{}[{}]{}".format,
    st.sampled_from(SELECTORS),
    st.sampled_from(("1m", "5m", "100s")),
    st.sampled_from(SHIFTS),
)


def _larger(vectors: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    scalars = st.sampled_from(("1", "-2.5", "NaN", "time()")) | vectors.map("scalar({})".format)
    subqueries = st.builds(
        "({})[{}]{}".format, vectors, st.sampled_from(("3m:1m", "2m:20s")), st.sampled_from(SHIFTS)
    )
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(RANGE_FUNCTIONS), ranges | subqueries),
        st.builds("{}({})".format, st.sampled_from(FUNCTIONS), vectors),
        st.builds(_aggregation, st.sampled_from(AGGREGATIONS), st.sampled_from(GROUPINGS), vectors),
        st.builds(
            "({} {}{} {})".format,
            vectors, st.sampled_from(OPERATORS), st.sampled_from(MATCHINGS), vectors,
        ),
        st.builds("({} {} {})".format, vectors, st.sampled_from(OPERATORS[:11]), scalars),
    )  # fmt: skip


def _aggregation(operator: str, grouping: str, vector: str) -> str:
    name, _, parameter = operator.partition("(")
    return f"{name}{grouping} ({parameter} {vector})"


vectors = st.recursive(selectors, _larger, max_leaves=6)


def small_store() -> MemoryStore:
    """Counters with resets and gaps, gauges, series that take turns, odd values."""
    store = MemoryStore()
    for job in "ab":
        for i in range(3):
            labels = {"job": job, "i": str(i)}
            counter = [(k * SCRAPE_S, float(k % (17 + i) * 3 + i)) for k in range(SCRAPES)]
            store.add(labels | {"__name__": "c_total"}, counter if i else counter[::2])
            gauge = [(k * SCRAPE_S, math.sin(k * (i + 1)) * 10) for k in range(SCRAPES)]
            store.add(labels | {"__name__": "g"}, [s for s in gauge if i != 1 or s[0] % 7])
    for turn in range(3):
        samples = [(k * SCRAPE_S, float(k)) for k in range(turn * 25, turn * 25 + 20)]
        ended = [*samples, (samples[-1][0] + SCRAPE_S, STALE_NAN)]
        store.add({"__name__": "turn", "job": "a", "pod": str(turn)}, ended)
    odd = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e308]
    store.add({"__name__": "odd", "job": "a"}, [(k * SCRAPE_S, odd[k % 6]) for k in range(SCRAPES)])
    return store
