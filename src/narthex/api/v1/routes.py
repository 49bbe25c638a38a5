"""The table of `/api/v1`."""

from __future__ import annotations

from narthex.api.router import Route
from narthex.api.v1 import empty, expression, labels, query, status, targets

READ = ("GET", "POST")

V1 = [
    Route("/api/v1/query", query.query, READ),
    Route("/api/v1/query_range", query.query_range, READ),
    Route("/api/v1/query_exemplars", empty.query_exemplars, READ),
    Route("/api/v1/format_query", expression.format_query, READ),
    Route("/api/v1/parse_query", expression.parse_query, READ),
    Route("/api/v1/labels", labels.labels, READ),
    Route("/api/v1/series", labels.series, READ),
    Route("/api/v1/targets", targets.targets),
    Route("/api/v1/targets/metadata", targets.target_metadata),
    Route("/api/v1/targets/relabel_steps", targets.relabel_steps),
    Route("/api/v1/scrape_pools", targets.scrape_pools),
    Route("/api/v1/metadata", targets.metadata),
    Route("/api/v1/rules", empty.rules),
    Route("/api/v1/alerts", empty.alerts),
    Route("/api/v1/alertmanagers", empty.alertmanagers),
    Route("/api/v1/status/config", status.config),
    Route("/api/v1/status/flags", status.flags),
    Route("/api/v1/status/runtimeinfo", status.runtime_info),
    Route("/api/v1/status/buildinfo", status.build_info),
    Route("/api/v1/status/tsdb", status.tsdb),
    Route("/api/v1/status/tsdb/blocks", status.tsdb_blocks),
    Route("/api/v1/status/walreplay", status.wal_replay, before_ready=True),
    Route("/api/v1/features", status.features),
]

LABEL_VALUES = Route("/api/v1/label/<name>/values", labels.label_values)
