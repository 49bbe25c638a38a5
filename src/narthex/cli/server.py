"""`narthex server`: flags to options, and one sentence on stderr when it cannot start."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from narthex.cli.command import Command
from narthex.cli.flags import Arguments
from narthex.cli.server_flags import SERVER_FLAGS

RETENTION_DEFAULT_MS = 15 * 86_400_000
CANNOT_START = 1


def serve(arguments: Arguments) -> int:
    """Run until told to stop; the exit code."""
    # The rooms are imported here, so that `--help` and a mistyped flag cost nothing.
    from narthex.server import CannotStart, ServerOptions, run  # noqa: PLC0415

    try:
        return run(ServerOptions(**_options(arguments)))
    except CannotStart as error:
        print(f"narthex: {error}", file=sys.stderr)
        return CANNOT_START


def _options(arguments: Arguments) -> dict[str, Any]:
    """The fields of `ServerOptions`, which is imported only when the server runs."""
    external_url = arguments.text("web.external-url").rstrip("/")
    return {
        "config_file": arguments.text("config.file"),
        "auto_reload_s": arguments.whole("config.auto-reload-interval") / 1000
        if arguments.switch("config.auto-reload")
        else 0.0,
        "listen_addresses": tuple(arguments.texts("web.listen-address")),
        "external_url": external_url,
        "route_prefix": _route_prefix(arguments, external_url),
        "enable_lifecycle": arguments.switch("web.enable-lifecycle"),
        "cors_origin": arguments.text("web.cors.origin"),
        "page_title": arguments.text("web.page-title"),
        "connections_max": arguments.whole("web.max-connections"),
        "idle_connection_s": arguments.whole("web.read-timeout") / 1000,
        "data_folder": arguments.text("storage.tsdb.path"),
        "retention_ms": _retention_ms(arguments),
        "retention_bytes": arguments.whole("storage.tsdb.retention.size"),
        "block_ms": arguments.whole("storage.tsdb.min-block-duration"),
        "wal_sync_always": arguments.text("storage.wal-sync") == "always",
        "head_series_max": arguments.whole("storage.head-series-max"),
        "lookback_ms": arguments.whole("query.lookback-delta"),
        "query_timeout_s": arguments.whole("query.timeout") / 1000,
        "query_concurrency": arguments.whole("query.max-concurrency"),
        "query_samples_max": arguments.whole("query.max-samples"),
        "features": frozenset(
            name for text in arguments.texts("enable-feature") for name in text.split(",") if name
        ),
        "log_level": arguments.text("log.level"),
        "log_format": arguments.text("log.format"),
        "flags": SERVER_FLAGS.shown(arguments),
        "version": version("narthex"),
    }


def _route_prefix(arguments: Arguments, external_url: str) -> str:
    given = arguments.text("web.route-prefix")
    path = given if "web.route-prefix" in arguments.given else urlsplit(external_url).path
    trimmed = path.strip("/")
    return f"/{trimmed}" if trimmed else ""


def _retention_ms(arguments: Arguments) -> int:
    by_time = "storage.tsdb.retention.time" in arguments.given
    by_size = arguments.whole("storage.tsdb.retention.size") > 0
    if by_time or by_size:
        return arguments.whole("storage.tsdb.retention.time")
    return RETENTION_DEFAULT_MS


COMMAND = Command(usage="", flags=SERVER_FLAGS, run=serve)
