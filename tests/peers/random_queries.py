"""A generator of well-typed PromQL over the samples that both programs hold.

Everything that Prometheus 3.5 has is generated; what only later versions have is judged by the
`.test` files instead.
"""

from __future__ import annotations

from hypothesis import strategies as st

SELECTORS = (
    "http_requests_total",
    'http_requests_total{job="api"}',
    'http_requests_total{code=~"4..|5.."}',
    "cpu_usage",
    'cpu_usage{instance=~"[01]"}',
    "queue_size",
    'queue_size{job!="web"}',
    "build_info",
    "latency_bucket",
    'latency_bucket{le!="+Inf"}',
    "flappy",
    'flappy{kind="holes"}',
    "odd_values",
    'odd_values{kind=~"nan|inf"}',
    "numbers",
    '{"dotted.name"}',
    '{__name__=~"cpu_usage|queue_size"}',
    '{job="api",__name__!~"latency.*|http.*"}',
    "nonexistent",
)
MODIFIERS = (
    "", "", "", "", "", " offset 1m", " offset -1m", " offset 7m", " @ 1700009000", " @ start()",
    " @ end()", " @ 1700010000 offset 2m", " @ 1900000000",
)  # fmt: skip
RANGES = ("1m", "5m", "100s", "30m", "15s", "47s")
SUBQUERY_RANGES = ("5m:1m", "10m:", "3m:20s", "10m:90s")
RANGE_FUNCTIONS = (
    "rate", "increase", "delta", "irate", "idelta", "changes", "resets", "deriv", "avg_over_time",
    "min_over_time", "max_over_time", "sum_over_time", "count_over_time", "last_over_time",
    "present_over_time", "stddev_over_time", "stdvar_over_time", "absent_over_time",
)  # fmt: skip
VECTOR_FUNCTIONS = (
    "abs", "ceil", "floor", "sqrt", "exp", "ln", "sgn", "log2", "log10", "round", "timestamp",
    "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "minute", "month",
    "year", "deg", "rad", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
    "asinh", "acosh", "atanh", "absent", "-", "+",
)  # fmt: skip
AGGREGATIONS = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
ARITHMETIC = ("+", "-", "*", "/", "%", "^", "atan2")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
LABELS = ("", "job", "instance", "job, instance", "kind", "code", "le", "version, job", "missing")
NUMBERS = ("1", "2.5", "0", "-3", "NaN", "Inf", "100", "1e9", "0.5")
QUANTILES = ("0.5", "0.9", "0", "1", "2", "-1", "NaN")
DEPTH = 3

pick = st.sampled_from


def selectors() -> st.SearchStrategy[str]:
    """Instant selectors."""
    return st.builds("{}{}".format, pick(SELECTORS), pick(MODIFIERS))


def range_vectors(depth: int) -> st.SearchStrategy[str]:
    """Range selectors, and subqueries while there is depth left."""
    plain = st.builds("{}[{}]{}".format, pick(SELECTORS), pick(RANGES), pick(MODIFIERS))
    if not depth:
        return plain
    inner = vectors(depth - 1)
    return (
        plain
        | plain
        | st.builds("({})[{}]{}".format, inner, pick(SUBQUERY_RANGES), pick(MODIFIERS))
    )


def scalars(depth: int) -> st.SearchStrategy[str]:
    """Numbers and what makes one."""
    plain = pick((*NUMBERS, "time()", "pi()"))
    if not depth:
        return plain
    smaller = scalars(depth - 1)
    return (
        plain
        | st.builds("scalar({})".format, vectors(depth - 1))
        | st.builds("({} {} {})".format, smaller, pick(ARITHMETIC), smaller)
        | st.builds("({} {} bool {})".format, smaller, pick(COMPARISONS), smaller)
    )


def groupings() -> st.SearchStrategy[str]:
    """`by`, `without`, or neither."""
    return st.just("") | st.builds(" {} ({}) ".format, pick(("by", "without")), pick(LABELS))


def matchings() -> st.SearchStrategy[str]:
    """`on`, `ignoring`, or neither; no grouping."""
    return st.just("") | st.builds(" {} ({})".format, pick(("on", "ignoring")), pick(LABELS))


def groups_of_matchings() -> st.SearchStrategy[str]:
    """`on` or `ignoring` with a side that may have several."""
    sides = pick(("group_left", "group_right", "group_left (version)", "group_right (job)"))
    return st.builds(" {} ({}) {}".format, pick(("on", "ignoring")), pick(LABELS), sides)


def vectors(depth: int = DEPTH) -> st.SearchStrategy[str]:
    """Instant vectors of all kinds."""
    if not depth:
        return selectors()
    vector, scalar, matrix = vectors(depth - 1), scalars(depth - 1), range_vectors(depth - 1)
    return st.one_of(
        selectors(),
        st.builds("{}({})".format, pick(RANGE_FUNCTIONS), matrix),
        st.builds("quantile_over_time({}, {})".format, pick(QUANTILES), matrix),
        st.builds("predict_linear({}, {})".format, matrix, pick(("60", "3600"))),
        st.builds("{}({})".format, pick(VECTOR_FUNCTIONS), vector),
        st.builds("clamp({}, {}, {})".format, vector, scalar, scalar),
        st.builds("{}({}, {})".format, pick(("clamp_min", "clamp_max", "round")), vector, scalar),
        st.builds("{}{}({})".format, pick(AGGREGATIONS), groupings(), vector),
        st.builds("quantile{}({}, {})".format, groupings(), pick(QUANTILES), vector),
        st.builds('count_values{}("v", {})'.format, groupings(), pick(("numbers", "build_info"))),
        st.builds("({} {} {})".format, vector, pick(ARITHMETIC), scalar),
        st.builds("({} {} {})".format, scalar, pick(COMPARISONS), vector),
        st.builds("({} {} bool {})".format, vector, pick(COMPARISONS), scalar),
        st.builds("({} {}{} {})".format, vector, pick(ARITHMETIC), matchings(), vector),
        st.builds("({} {}{} {})".format, vector, pick(COMPARISONS), matchings(), vector),
        st.builds("({} {}{} {})".format, vector, pick(ARITHMETIC), groups_of_matchings(), vector),
        st.builds(
            "({} {}{} {})".format, vector, pick(("and", "or", "unless")), matchings(), vector
        ),
        st.builds("histogram_quantile({}, {})".format, pick(QUANTILES), histograms()),
        st.builds('label_replace({}, "instance", "z$1", "job", "(.*)")'.format, vector),
        st.builds('label_join({}, "both", "-", "job", "instance")'.format, vector),
        st.builds("vector({})".format, scalar),
    )


def histograms() -> st.SearchStrategy[str]:
    """Classic histograms, whole, summed, or with a bucket missing."""
    return pick((
        "latency_bucket",
        "rate(latency_bucket[5m])",
        "sum by (job, le) (rate(latency_bucket[10m]))",
        "sum by (le) (latency_bucket)",
        'latency_bucket{le!="+Inf"}',
        'latency_bucket{le=~"0.5|.Inf"}',
    ))  # fmt: skip
