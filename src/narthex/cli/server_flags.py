"""The flags of `narthex server`: Prometheus's own, and a few of ours.

Flags of Prometheus that nothing here acts on yet are in the table too, so that they are refused by
name instead of being unknown.
"""

from __future__ import annotations

from narthex.cli.flags import Flag, FlagTable, Kind

LATER = "nothing in this version acts on it; leave it out"

ACTED_ON = [
    Flag("config.file", Kind.TEXT, "", "Configuration file; without one, a built-in configuration"
         " scrapes this server itself.", value="FILE"),
    Flag("config.auto-reload", Kind.SWITCH, "false", "Reload when the configuration or a file it"
         " names changes."),
    Flag("config.auto-reload-interval", Kind.DURATION, "30s", "How often to look for changes of"
         " these files."),
    Flag("web.listen-address", Kind.LIST, ("0.0.0.0:9090",), "Address to listen on, HOST:PORT or"
         " :PORT; may be given several times."),
    Flag("web.external-url", Kind.TEXT, "", "The URL under which this server is reachable from"
         " outside; its path becomes the route prefix.", value="URL"),
    Flag("web.route-prefix", Kind.TEXT, "", "Prefix of all paths; by default the path of"
         " --web.external-url.", value="PATH"),
    Flag("web.enable-lifecycle", Kind.SWITCH, "false", "Allow reload and quit over HTTP."),
    Flag("web.cors.origin", Kind.TEXT, ".*", "Regular expression of the origins that browsers may"
         " ask from, fully anchored."),
    Flag("web.page-title", Kind.TEXT, "Narthex", "Title of the start page."),
    Flag("web.max-connections", Kind.WHOLE, "512", "Connections at the same time; beyond them the"
         " answer is 503."),
    Flag("web.read-timeout", Kind.DURATION, "5m", "Close connections that were idle for this"
         " long."),
    Flag("storage.tsdb.path", Kind.TEXT, "data/", "Folder of the data."),
    Flag("storage.tsdb.retention.time", Kind.DURATION, "", "How long to keep samples (15d unless"
         " a size is given; 0s: for ever)."),
    Flag("storage.tsdb.retention.size", Kind.SIZE, "", "How many bytes to keep; units B, KB, MB,"
         " GB, TB, PB, EB; the oldest blocks go first."),
    Flag("storage.tsdb.min-block-duration", Kind.DURATION, "2h", "How much time the smallest blocks"
         " cover. For tests and benchmarks.", hidden=True),
    Flag("storage.wal-sync", Kind.TEXT, "interval", "When the write-ahead log reaches the disk:"
         " each second, or before a write is acknowledged.", choices=("interval", "always")),
    Flag("storage.head-series-max", Kind.WHOLE, "0", "Series in the head; new ones beyond are"
         " refused and counted, the others go on (0: no limit)."),
    Flag("query.lookback-delta", Kind.DURATION, "5m", "How far back a selector looks for the"
         " newest sample."),
    Flag("query.timeout", Kind.DURATION, "2m", "How long a query may take before it is stopped."),
    Flag("query.max-concurrency", Kind.WHOLE, "20", "Queries evaluated at the same time; others"
         " wait."),
    Flag("query.max-samples", Kind.WHOLE, "50000000", "Samples that one query may hold in memory"
         " at once."),
    Flag("enable-feature", Kind.LIST, (), "Names of features to turn on, comma-separated; may be"
         " given several times.", value="NAME"),
    Flag("log.level", Kind.TEXT, "info", "Write lines from this severity on.",
         choices=("debug", "info", "warn", "error")),
    Flag("log.format", Kind.TEXT, "logfmt", "Form of the lines.", choices=("logfmt", "json")),
]  # fmt: skip

REFUSED = [
    Flag(name, kind, "", "", refused=LATER)
    for name, kind in {
        "web.config.file": Kind.TEXT,
        "web.user-assets": Kind.TEXT,
        "web.enable-admin-api": Kind.SWITCH,
        "web.enable-remote-write-receiver": Kind.SWITCH,
        "web.remote-write-receiver.accepted-protobuf-messages": Kind.LIST,
        "web.enable-otlp-receiver": Kind.SWITCH,
        "web.console.templates": Kind.TEXT,
        "web.console.libraries": Kind.TEXT,
        "web.max-notifications-subscribers": Kind.WHOLE,
        "web.search.max-limit": Kind.WHOLE,
        "storage.tsdb.no-lockfile": Kind.SWITCH,
        "storage.tsdb.wal-segment-size": Kind.SIZE,
        "storage.tsdb.wal-compression": Kind.SWITCH,
        "storage.tsdb.wal-compression-type": Kind.TEXT,
        "storage.tsdb.head-chunks-write-queue-size": Kind.WHOLE,
        "storage.tsdb.max-block-duration": Kind.DURATION,
        "storage.tsdb.max-block-chunk-segment-size": Kind.SIZE,
        "storage.tsdb.samples-per-chunk": Kind.WHOLE,
        "storage.tsdb.allow-overlapping-compaction": Kind.SWITCH,
        "storage.tsdb.delayed-compaction.max-percent": Kind.WHOLE,
        "storage.tsdb.delay-compact-file.path": Kind.TEXT,
        "storage.tsdb.block-reload-interval": Kind.DURATION,
        "storage.agent.path": Kind.TEXT,
        "storage.agent.wal-segment-size": Kind.SIZE,
        "storage.agent.wal-compression": Kind.SWITCH,
        "storage.agent.wal-compression-type": Kind.TEXT,
        "storage.agent.wal-truncate-frequency": Kind.DURATION,
        "storage.agent.retention.min-time": Kind.DURATION,
        "storage.agent.retention.max-time": Kind.DURATION,
        "storage.agent.no-lockfile": Kind.SWITCH,
        "storage.remote.flush-deadline": Kind.DURATION,
        "storage.remote.read-sample-limit": Kind.WHOLE,
        "storage.remote.read-concurrent-limit": Kind.WHOLE,
        "storage.remote.read-max-bytes-in-frame": Kind.WHOLE,
        "rules.alert.for-outage-tolerance": Kind.DURATION,
        "rules.alert.for-grace-period": Kind.DURATION,
        "rules.alert.resend-delay": Kind.DURATION,
        "rules.max-concurrent-evals": Kind.WHOLE,
        "alertmanager.notification-queue-capacity": Kind.WHOLE,
        "alertmanager.notification-batch-size": Kind.WHOLE,
        "alertmanager.drain-notification-queue-on-shutdown": Kind.SWITCH,
        "scrape.adjust-timestamps": Kind.SWITCH,
        "scrape.timestamp-tolerance": Kind.DURATION,
        "scrape.discovery-reload-interval": Kind.DURATION,
        "auto-gomaxprocs": Kind.SWITCH,
        "auto-gomemlimit": Kind.SWITCH,
        "auto-gomemlimit.ratio": Kind.NUMBER,
        "auto-gomemlimit.refresh-interval": Kind.DURATION,
        "agent": Kind.SWITCH,
    }.items()
]

SERVER_FLAGS = FlagTable([*ACTED_ON, *REFUSED])
