"""What this server can do, by category, as `/api/v1/features` gives it."""

from __future__ import annotations

from collections.abc import Mapping

from narthex.promql.syntax.functions import FUNCTIONS

FLAGS_OF_PROMQL = (
    "promql-binop-fill-modifiers",
    "promql-delayed-name-removal",
    "promql-experimental-functions",
    "promql-extended-range-selectors",
    "promql-per-step-stats",
    "type-and-unit-labels",
    "use-start-timestamps",
)


ACTED_ON = frozenset(
    {
        "promql-binop-fill-modifiers",
        "promql-delayed-name-removal",
        "promql-experimental-functions",
        "promql-extended-range-selectors",
        "type-and-unit-labels",
        "use-start-timestamps",
    }
)
"""Names of `--enable-feature` that change something here."""
ALWAYS_ON = frozenset({"promql-duration-expr"})


def without_effect(enabled: frozenset[str]) -> list[str]:
    """The names given that change nothing, sorted."""
    return sorted(enabled - ACTED_ON - ALWAYS_ON)


def feature_table(enabled: frozenset[str]) -> dict[str, Mapping[str, bool]]:
    """Categories to features; `enabled` are the names given to `--enable-feature`."""
    experimental = "promql-experimental-functions" in enabled
    return {
        "api": {
            "exclude_alerts": False,
            "label_values_match": True,
            "lifecycle": True,
            "query_stats": True,
            "query_timeout": True,
            "query_warnings": True,
            "time_range_labels": True,
            "time_range_series": True,
        },
        "promql": {
            "at_modifier": True,
            "bool": True,
            "by": True,
            "duration_expr": True,
            "group_left": True,
            "group_right": True,
            "ignoring": True,
            "negative_offset": True,
            "offset": True,
            "on": True,
            "per_query_lookback_delta": True,
            "subqueries": True,
            "without": True,
            **{
                name.removeprefix("promql-").replace("-", "_"): name in enabled
                for name in FLAGS_OF_PROMQL
            },
        },
        "promql_functions": {
            name: experimental or not function.experimental for name, function in FUNCTIONS.items()
        },
        "scrape": {
            "extra_scrape_metrics": True,
            "openmetrics": True,
            "start_timestamp_zero_ingestion": False,
        },
        "service_discovery_providers": {"file": True, "http": True, "static": True},
        "tsdb": {"exemplars": False, "native_histograms": False, "out_of_order": False},
    }
