"""The queries that both programs must answer alike: every function, operator and modifier that
Prometheus 3.5 has, over selectors that trip them up."""

from __future__ import annotations

from collections.abc import Iterator

RANGE_SELECTORS = (
    "http_requests_total[5m]",
    'flappy{kind="holes"}[4m]',
    "odd_values[3m]",
    "queue_size[10m:1m]",
)
RANGE_FUNCTIONS = (
    "rate", "increase", "irate", "delta", "idelta", "resets", "changes", "deriv",
    "avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "count_over_time",
    "stddev_over_time", "stdvar_over_time", "last_over_time", "present_over_time",
)  # fmt: skip
VECTOR_FUNCTIONS = (
    "abs", "ceil", "floor", "exp", "ln", "log2", "log10", "sqrt", "sgn", "round", "acos", "acosh",
    "asin", "asinh", "atan", "atanh", "cos", "cosh", "sin", "sinh", "tan", "tanh", "deg", "rad",
    "timestamp", "minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month",
    "month", "year",
)  # fmt: skip
AGGREGATIONS = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
ARITHMETIC = ("+", "-", "*", "/", "%", "^", "atan2")
COMPARISONS = ("==", "!=", ">", "<", ">=", "<=")
SINGLE = (
    "1", "-1.5", "1 + 2 * 3 ^ 2", "time()", "pi()", '"text"', "vector(1)", "scalar(build_info)",
    "http_requests_total", 'http_requests_total{code=~"4..|5.."}', '{__name__=~"c.+_usage"}',
    '{"dotted.name"}', '{"label.with.dots"="x"}', 'http_requests_total{job!="api",code!~"2.*"}',
    "http_requests_total offset 10m", "http_requests_total offset -10m",
    "http_requests_total @ 1700009000", "http_requests_total @ start()",
    "rate(http_requests_total[5m] @ end())", "sum_over_time(cpu_usage[5m] offset 3m)",
    "quantile_over_time(0.3, queue_size[7m])", "quantile_over_time(2, queue_size[7m])",
    "predict_linear(queue_size[10m], 600)", "predict_linear(queue_size[10m] offset 5m, 60)",
    "clamp(queue_size, -1, 1)", "clamp_min(queue_size, 0)", "clamp_max(queue_size, 0)",
    "clamp(queue_size, 2, 1)", "round(queue_size, 0.5)", "round(queue_size, 0)",
    "absent(nonexistent{job=\"x\"})", "absent(cpu_usage)", "absent_over_time(flappy[2m])",
    "absent_over_time(nonexistent{a=\"b\"}[5m])",
    'label_replace(cpu_usage, "host", "$1-x", "instance", "(.*)")',
    'label_replace(cpu_usage, "job", "", "job", ".*")',
    'label_replace(cpu_usage, "host", "${1}", "instance", "no-match(.*)")',
    'label_join(cpu_usage, "both", "-", "job", "instance")', 'label_join(cpu_usage, "none", ",")',
    "histogram_quantile(0.9, rate(latency_bucket[10m]))",
    "histogram_quantile(0.5, sum by (le) (rate(latency_bucket[10m])))",
    "histogram_quantile(-1, latency_bucket)", "histogram_quantile(2, latency_bucket)",
    "histogram_quantile(0.9, sum by (job, le) (latency_bucket))",
    "histogram_quantile(0.9, latency_bucket{le!=\"+Inf\"})",
    "rate(latency_sum[5m]) / rate(latency_count[5m])",
    "topk(2, http_requests_total)", "bottomk by (job) (1, cpu_usage)", "topk(0, cpu_usage)",
    "topk by (job) (2, odd_values)", "quantile(0.9, cpu_usage)", "quantile by (job) (0.1, queue_size)",
    'count_values("v", numbers)', 'count_values by (job) ("v", build_info)',
    "sum without (instance) (cpu_usage)", "sum by (job, nonexistent) (cpu_usage)", "sum(odd_values)",
    "cpu_usage and queue_size", "cpu_usage or queue_size", "cpu_usage unless queue_size > 0",
    "cpu_usage and on (job) build_info", "cpu_usage unless ignoring (job, instance) numbers",
    "cpu_usage * on (job, instance) group_left (version) build_info",
    "build_info * on (job, instance) group_right (version) cpu_usage",
    "sum by (job) (cpu_usage) / on (job) group_left () cpu_usage",
    "http_requests_total / ignoring (code) group_left () sum without (code) (http_requests_total)",
    "cpu_usage > bool 2", "1 > bool 2", "cpu_usage > 2", "2 < cpu_usage", "cpu_usage == cpu_usage",
    "cpu_usage > bool on (job, instance) queue_size", "-cpu_usage", "+cpu_usage", "-(queue_size) ^ 2",
    "max_over_time(rate(http_requests_total[2m])[20m:1m])", "sum_over_time(vector(1)[10m:1m])",
    "max_over_time(cpu_usage[10m:2m] offset 4m)", "avg_over_time((cpu_usage - queue_size)[10m:])",
    "sum_over_time(cpu_usage[5m:30s] @ 1700009000)", "days_in_month(vector(1709251200))",
    "hour()", "month(odd_values)", "sort(numbers)", "sort_desc(cpu_usage)",
    "time() - timestamp(cpu_usage)", "timestamp(cpu_usage offset 1m)", "timestamp(timestamp(cpu_usage))",
    "sum(rate(http_requests_total[5m])) by (job) > 10", "cpu_usage[5m]", "flappy[10m]", "queue_size[5m:1m]",
    "scalar(numbers{n=\"10\"}) * numbers", "vector(time())", "0 / 0", "1 / 0", "-1 / 0", "7 % 0", "-7 % 3",
    "cpu_usage % -1.5", "queue_size ^ 0.5", "2 ^ queue_size", "http_requests_total == 0",
    "count(http_requests_total) by (code)", "sum(count_over_time(flappy[5m]))", "stddev(odd_values)",
    "avg(odd_values)", "min(odd_values)", "max(odd_values)", "topk(3, sum by (code) (http_requests_total))",
    "increase(flappy[6m])", "rate(flappy[20m])", "increase(http_requests_total[37s])", "rate(cpu_usage[1m])",
)  # fmt: skip


def expressions() -> Iterator[str]:
    """All of them."""
    yield from SINGLE
    for function in RANGE_FUNCTIONS:
        yield from (f"{function}({selector})" for selector in RANGE_SELECTORS)
    for function in VECTOR_FUNCTIONS:
        yield f"{function}(queue_size)"
    yield from (f"{name}(odd_values)" for name in ("abs", "ceil", "ln", "sgn", "round", "sqrt"))
    for aggregation in AGGREGATIONS:
        yield f"{aggregation} by (job) (cpu_usage)"
        yield f"{aggregation} without (code) (rate(http_requests_total[5m]))"
        yield f"{aggregation}(flappy)"
    for operator in ARITHMETIC:
        yield f"cpu_usage {operator} queue_size"
        yield f"odd_values {operator} 3"
    for operator in COMPARISONS:
        yield f"cpu_usage {operator} on (job, instance) queue_size"
        yield f"queue_size {operator} bool 0"
