"""Texts of the annotations about native histograms, in Prometheus's own words."""

from __future__ import annotations

from narthex.model.labels import quote

AGGREGATION = "aggregation"
ADDITION = "addition"
SUBTRACTION = "subtraction"
"""What was being done when histograms did not fit together."""

MIXED_IN_AGGREGATION = "encountered a mix of histograms and floats for aggregation"


def mixed_buckets(metric: str) -> str:
    """Exponential and custom buckets that were to be added up."""
    text = "vector contains a mix of histograms with exponential and custom buckets schemas"
    return f"{text}{_for_metric(metric)}"


def mixed_samples(metric: str) -> str:
    """Floats and histograms in one window."""
    return f"encountered a mix of histograms and floats{_for_metric(metric)}"


def mixed_classic(metric: str) -> str:
    """A classic and a native histogram of the same labels."""
    return f"vector contains a mix of classic and native histograms{_for_metric(metric)}"


def not_a_counter(metric: str) -> str:
    """`rate` of gauges."""
    return f"this native histogram metric is not a counter: {quote(metric)}"


def not_a_gauge(metric: str) -> str:
    """`delta` of counters."""
    return f"this native histogram metric is not a gauge: {quote(metric)}"


def ignored_in_aggregation(operator: str) -> str:
    """An aggregation that only takes floats."""
    return f"ignored histogram in {operator} aggregation"


def ignored_in_range(metric: str) -> str:
    """A function that only takes floats met both."""
    text = "ignored histograms in a range containing both floats and histograms"
    return f"{text}{_for_metric(metric)}"


def resets_collide(operation: str) -> str:
    """One says that the counter was reset, another that it was not."""
    return f"conflicting counter resets during histogram {operation}"


def bounds_reconciled(operation: str) -> str:
    """Custom bounds were not the same."""
    return f"mismatched custom buckets were reconciled during {operation}"


def incompatible_types(left: str, operator: str, right: str) -> str:
    """An operator that has no meaning for such operands."""
    return (
        f"incompatible sample types encountered for binary operator {quote(operator)}:"
        f" {left} {operator} {right}"
    )


def incompatible_buckets(operator: str) -> str:
    """Exponential and custom buckets on the two sides of an operator."""
    return f"incompatible bucket layout encountered for binary operator {operator}"


def quantile_of_nan(metric: str, *, skewed: bool) -> str:
    """Observations that are NaN are in no bucket."""
    outcome = "result is skewed higher" if skewed else "result is NaN"
    text = f"input to histogram_quantile has NaN observations, {outcome}"
    return f"{text}{_for_metric(metric)}"


def fraction_of_nan(metric: str) -> str:
    """Observations that are NaN are in no bucket."""
    text = "input to histogram_fraction has NaN observations, which are excluded from all fractions"
    return f"{text}{_for_metric(metric)}"


def _for_metric(metric: str) -> str:
    return f" for metric name {quote(metric)}" if metric else ""
