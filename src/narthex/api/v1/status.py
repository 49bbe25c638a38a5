"""`/api/v1/status/*` and `/api/v1/features`: what the process is, has loaded, and can do."""

from __future__ import annotations

import os
import platform
import socket
import sys
from pathlib import Path

from narthex.api.context import ApiContext
from narthex.api.errors import bad_parameter
from narthex.api.request import Request
from narthex.api.respond import Answer, success_object
from narthex.model.value import format_rfc3339_ms
from narthex.storage.interface import Statistics

TSDB_LIMIT_DEFAULT = 10
TSDB_LIMIT_MAX = 10_000


async def config(context: ApiContext, request: Request) -> Answer:
    """The configuration in force."""
    return success_object({"yaml": context.operations.config_yaml()})


async def flags(context: ApiContext, request: Request) -> Answer:
    """Every flag and its value."""
    return success_object(dict(context.options.flags))


async def build_info(context: ApiContext, request: Request) -> Answer:
    """Version and build; `goVersion` tells clients that look there what runs this."""
    return success_object(dict(context.options.build))


async def runtime_info(context: ApiContext, request: Request) -> Answer:
    """Times, folder, host, and what the process holds."""
    state = context.state
    facts = {
        "startTime": format_rfc3339_ms(state.started_ms),
        "CWD": str(Path.cwd()),
        "hostname": socket.gethostname(),
        "serverTime": format_rfc3339_ms(context.clock.now_ms()),
        "goroutineCount": 0,
        "GOMAXPROCS": os.cpu_count() or 1,
        "GOMEMLIMIT": 0,
        "GOGC": "",
        "GODEBUG": "",
        "pythonVersion": platform.python_version(),
        "switchInterval": sys.getswitchinterval(),
        **context.operations.runtime_facts(),
    }
    return success_object(facts)


async def tsdb(context: ApiContext, request: Request) -> Answer:
    """Cardinality of the head."""
    limit = request.parameters.whole("limit", TSDB_LIMIT_DEFAULT)
    if limit < 1:
        raise bad_parameter("limit", "limit must be a positive number")
    if limit > TSDB_LIMIT_MAX:
        raise bad_parameter("limit", f"limit must not exceed {TSDB_LIMIT_MAX}")

    def measure() -> Answer:
        with context.executor.python_lane():
            return success_object(
                statistics_object(context.storage.statistics(context.tenant, limit))
            )

    return await context.executor.run(measure)


def statistics_object(statistics: Statistics) -> dict[str, object]:
    """The shape of Prometheus's answer."""
    head = statistics.head

    def rows(pairs: object) -> list[dict[str, object]]:
        return [{"name": name, "value": value} for name, value in pairs]  # type: ignore[attr-defined]

    return {
        "headStats": {
            "numSeries": head.series,
            "numLabelPairs": head.label_pairs,
            "chunkCount": head.chunks,
            "minTime": head.min_time_ms,
            "maxTime": head.max_time_ms,
        },
        "seriesCountByMetricName": rows(statistics.series_by_metric),
        "labelValueCountByLabelName": rows(statistics.values_by_label),
        "memoryInBytesByLabelName": rows(statistics.memory_by_label),
        "seriesCountByLabelValuePair": rows(statistics.series_by_pair),
    }


async def tsdb_blocks(context: ApiContext, request: Request) -> Answer:
    """The `meta` of every block."""
    return success_object({"blocks": context.operations.blocks(context.tenant)})


async def wal_replay(context: ApiContext, request: Request) -> Answer:
    """How far the replay of the write-ahead log is."""
    replay = context.state.replay
    return success_object({"min": replay.min, "max": replay.max, "current": replay.current})


async def features(context: ApiContext, request: Request) -> Answer:
    """What this server can do, by category."""
    categories = context.options.features
    return success_object({name: dict(sorted(has.items())) for name, has in categories.items()})
