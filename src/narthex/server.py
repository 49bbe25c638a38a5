"""A process: the rooms put together, started in order, stopped in the opposite one.

Addresses are bound and the configuration is read before anything else, so that what is wrong is
said at once. Health and replay progress are answered while the log is replayed; then discovery and
scraping begin, and queries are answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from narthex.api.app import App
from narthex.api.context import ApiContext, ApiOptions, Phase, ProcessState, Rooms
from narthex.api.features import feature_table, without_effect
from narthex.api.listen import CannotListen, bind, bound_urls, http_server, url_from_outside
from narthex.config.load import embedded_config, load_config
from narthex.config.reload import Reloader, ReloadFailed, ReloadMetrics
from narthex.config.schema import Config
from narthex.discovery.interface import Surroundings
from narthex.discovery.manager import DiscoveryManager
from narthex.discovery.metrics import DiscoveryMetrics
from narthex.model.duration import format_duration_ms
from narthex.model.settings import BadConfig
from narthex.model.size import format_size_bytes
from narthex.model.tenant import DEFAULT_TENANT, TenantId
from narthex.model.value import format_rfc3339_ms
from narthex.promql.engine import Engine, EngineOptions
from narthex.runtime.allocator import keep_freed_memory
from narthex.runtime.clock import SystemClock
from narthex.runtime.executor import Executor
from narthex.runtime.rng import stable_seed
from narthex.runtime.supervisor import Supervisor
from narthex.runtime.wall_clock import WallClockWatch
from narthex.scrape.manager import ScrapeManager, ScrapeOptions
from narthex.scrape.series import Destination
from narthex.storage.block.meta import VERSION, BlockMeta
from narthex.storage.errors import StorageError
from narthex.storage.head.head import HeadLimits
from narthex.storage.metrics import StorageMetrics
from narthex.storage.store import Store
from narthex.storage.tsdb import BLOCK_MS, Machine, TsdbOptions
from narthex.telemetry import log
from narthex.telemetry.process import LoopMetrics, new_registry, publish_build

SWITCH_INTERVAL_S = 0.0005
"""Measured: a busy Python thread delays the loop by 2.4 ms at p99 instead of 11."""
MAINTAIN_S = 15.0
SYNC_S = 1.0
SEAL_S = 1.0
LAG_SLEEP_S = 0.2
CLOCK_CHECK_S = 1.0
OPEN_FILES_MIN = 1024
AHEAD_MS = 600_000
"""Samples later than this are refused, as in Prometheus. They would move the newest time of the
head, and with it the oldest that it takes: one target whose clock is ahead would shut out all."""
SPARE_JOBS = 6
"""Threads for what is no query: storage's upkeep, encoding, configuration."""


class CannotStart(Exception):
    """Why the process did not start, in one sentence."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What the command line decides; sizes in bytes, times as their names say, 0: no limit."""

    config_file: str = ""
    auto_reload_s: float = 0.0
    listen_addresses: tuple[str, ...] = ("0.0.0.0:9090",)
    external_url: str = ""
    route_prefix: str = ""
    enable_lifecycle: bool = False
    cors_origin: str = ".*"
    page_title: str = "Narthex"
    connections_max: int = 512
    idle_connection_s: float = 300.0
    data_folder: str = "data/"
    retention_ms: int = 0
    retention_bytes: int = 0
    block_ms: int = BLOCK_MS
    wal_sync_always: bool = False
    head_series_max: int = 0
    lookback_ms: int = 300_000
    query_timeout_s: float = 120.0
    query_concurrency: int = 20
    query_samples_max: int = 50_000_000
    features: frozenset[str] = frozenset()
    log_level: str = "info"
    log_format: str = "logfmt"
    flags: Mapping[str, str] = field(default_factory=dict)
    version: str = ""


def run(options: ServerOptions) -> int:
    """Serve until SIGTERM, SIGINT or `/-/quit`; the exit code. Raises CannotStart."""
    log.configure(options.log_level, options.log_format)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    raise_open_files()
    keep_freed_memory()
    try:
        sockets = bind(options.listen_addresses)
    except CannotListen as error:
        raise CannotStart(str(error)) from error
    try:
        config = first_config(options, bound_urls(sockets, "")[0])
        server = Server(options, config, sockets)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(server.run())
    finally:
        for bound in sockets:
            bound.close()


def first_config(options: ServerOptions, own_url: str) -> Config:
    """The configuration to start with; without a file, one that scrapes `own_url`.

    Raises CannotStart.
    """
    if not options.config_file:
        return embedded_config(urlsplit(own_url).netloc, f"{options.route_prefix}/metrics")
    path = Path(options.config_file)
    try:
        return load_config(path)
    except BadConfig as error:
        raise CannotStart(f"the configuration is refused: {error}") from error
    except OSError as error:
        reason = error.strerror or error
        raise CannotStart(f"cannot read the configuration {path}: {reason}") from error


def head_limits(options: ServerOptions) -> HeadLimits:
    """What the head takes."""
    return HeadLimits(options.head_series_max or None, options.block_ms // 2, AHEAD_MS)


def raise_open_files() -> None:
    """Take as many open files as the machine gives; say so when they are few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    if soft < OPEN_FILES_MIN:
        log.Logger("main").warning(
            "few open files are allowed: many targets or blocks will fail, raise `ulimit -n`",
            allowed=soft,
            wanted=OPEN_FILES_MIN,
        )


class Server:
    """One running process."""

    def __init__(
        self, options: ServerOptions, config: Config, sockets: list[socket.socket]
    ) -> None:
        self._options = options
        self._config = config
        self._sockets = sockets
        self._log = log.Logger("main")
        self._clock = SystemClock()
        self._registry = new_registry()
        self._executor = Executor(options.query_concurrency + SPARE_JOBS)
        self._supervisor = Supervisor("main")
        self._stopping = asyncio.Event()
        self._store: Store | None = None
        self._reloader: Reloader | None = None
        self._loop_metrics = LoopMetrics(self._registry)
        self._state = ProcessState(started_ms=self._clock.now_ms())
        self._context = ApiContext(
            self._api_options(), self._state, self, self._executor, self._clock, self._registry
        )

    def _api_options(self) -> ApiOptions:
        options = self._options
        build = {
            "version": options.version,
            "revision": "",
            "branch": "",
            "buildUser": "",
            "buildDate": "",
            "goVersion": f"python{sys.version.split()[0]}",
        }
        publish_build(self._registry, build)
        external_url = options.external_url or url_from_outside(self._sockets, options.route_prefix)
        return ApiOptions(
            route_prefix=options.route_prefix,
            external_url=external_url,
            listen_port=self._sockets[0].getsockname()[1],
            cors_origin=options.cors_origin,
            enable_lifecycle=options.enable_lifecycle,
            page_title=options.page_title,
            flags=options.flags,
            features=feature_table(options.features),
            build=build,
        )

    async def run(self) -> int:
        """Start everything, serve, stop everything; the exit code."""
        options = self._options
        http = http_server(App(self._context), options.connections_max, options.idle_connection_s)
        self._take_signals()
        for name in without_effect(options.features):
            self._log.warning("this feature has no effect here", option=name)
        async with self._supervisor:
            serving = self._supervisor.start("http", http.serve(sockets=self._sockets))
            try:
                async with AsyncExitStack() as rooms:
                    await self._open(rooms)
                    await self._until_stopped()
                    self._state.phase = Phase.STOPPING
                    self._loop_metrics.ready.set(0)
                    self._log.info("stopping")
            finally:
                http.should_exit = True
                await asyncio.wait([serving])
                self._executor.close()
        self._log.info("stopped")
        failure = self._supervisor.failure
        return 0 if failure is None else 1

    async def _open(self, rooms: AsyncExitStack) -> None:
        store = await rooms.enter_async_context(self._opened_store())
        scraping = await rooms.enter_async_context(self._scraping(store))
        discovery = await rooms.enter_async_context(self._discovery(scraping))
        engine = Engine(store, self._executor, self._clock, self._engine_options(), self._registry)

        async def apply_storage(config: Config) -> None:
            store.set_retention(*self._retention(config))

        async def apply_scraping(config: Config) -> None:
            await scraping.apply(config.jobs)

        async def apply_discovery(config: Config) -> None:
            await discovery.apply({job.job_name: job.discovery.configs() for job in config.jobs})

        path = Path(self._options.config_file) if self._options.config_file else None
        self._reloader = Reloader(
            path,
            [
                ("storage", apply_storage),
                ("scraping", apply_scraping),
                ("discovery", apply_discovery),
            ],
            clock=self._clock,
            metrics=ReloadMetrics(self._registry),
        )
        await self._reloader.start(self._config)
        self._start_upkeep(store)
        gc.collect()
        gc.freeze()
        self._context.rooms = Rooms(engine, store, scraping)
        self._state.phase = Phase.READY
        self._loop_metrics.ready.set(1)
        for url in bound_urls(self._sockets, self._options.route_prefix):
            self._log.info("ready", url=url)

    @asynccontextmanager
    async def _opened_store(self) -> AsyncIterator[Store]:
        options = self._options

        def open_store() -> Store:
            return Store.open(
                Path(options.data_folder),
                machine=Machine(clock=self._clock, metrics=StorageMetrics(self._registry)),
                options=TsdbOptions(
                    retention_ms=options.retention_ms,
                    retention_bytes=options.retention_bytes,
                    block_ms=options.block_ms,
                    limits=head_limits(options),
                    sync_each_commit=options.wal_sync_always,
                ),
                progress=self._note_replay,
            )

        try:
            store = await self._executor.run(open_store)
        except StorageError as error:
            raise CannotStart(str(error)) from error
        except OSError as error:
            reason = error.strerror or error
            raise CannotStart(
                f"cannot open the data folder {options.data_folder}: {reason}"
            ) from error
        self._store = store
        try:
            yield store
        finally:
            await self._executor.run(store.close)

    def _note_replay(self, done: int, of: int) -> None:
        replay = self._state.replay
        replay.max, replay.current = of, done

    @asynccontextmanager
    async def _scraping(self, store: Store) -> AsyncIterator[ScrapeManager]:
        destination = Destination(DEFAULT_TENANT, store.appender(DEFAULT_TENANT))
        manager = ScrapeManager(
            destination,
            clock=self._clock,
            run_aside=self._executor.run,
            registry=self._registry,
            options=ScrapeOptions(f"Narthex/{self._options.version}", self._spread_seed()),
        )
        async with manager:
            yield manager

    def _spread_seed(self) -> int:
        """Of this host and its external labels, as in Prometheus: a restart finds its places."""
        labels = sorted(self._config.global_.external_labels.items())
        return stable_seed(f"{socket.gethostname()}{labels}")

    def _discovery(self, scraping: ScrapeManager) -> DiscoveryManager:
        surroundings = Surroundings(
            self._clock,
            self._executor.run,
            DiscoveryMetrics(self._registry),
            log.Logger("discovery"),
        )
        return DiscoveryManager("scrape", surroundings, scraping.update)

    def _engine_options(self) -> EngineOptions:
        options = self._options
        return EngineOptions(
            lookback_ms=options.lookback_ms,
            timeout_s=options.query_timeout_s,
            max_samples=options.query_samples_max,
            max_concurrency=options.query_concurrency,
            default_subquery_step_ms=self._default_subquery_step_ms,
            features=options.features,
        )

    def _default_subquery_step_ms(self, _range_ms: int) -> int:
        return self._current_config().global_.evaluation_interval_ms

    def _start_upkeep(self, store: Store) -> None:
        start = self._supervisor.start
        start("maintain", self._regularly(MAINTAIN_S, store.maintain, "cannot maintain the store"))
        start("seal", self._regularly(SEAL_S, store.seal, "cannot seal rows"))
        if not self._options.wal_sync_always:
            start("sync", self._regularly(SYNC_S, store.sync, "cannot sync the log"))
        start("lag", self._watch_lag())
        start("wall clock", self._watch_clock())
        if self._options.auto_reload_s and self._reloader is not None:
            start("auto-reload", self._reloader.watch(self._options.auto_reload_s))

    async def _regularly(self, every_s: float, work: object, failure: str) -> None:
        """Run `work` in a worker thread again and again; a disk that fails is tried again."""
        while True:
            await self._clock.sleep_s(every_s)
            try:
                await self._executor.run(work)  # type: ignore[arg-type]
            except (OSError, StorageError) as error:
                self._log.error(failure, err=str(error))

    async def _watch_lag(self) -> None:
        while True:
            before_s = self._clock.monotonic_s()
            await self._clock.sleep_s(LAG_SLEEP_S)
            late_s = self._clock.monotonic_s() - before_s - LAG_SLEEP_S
            self._loop_metrics.lag.observe(max(0.0, late_s))

    async def _watch_clock(self) -> None:
        clock = self._clock
        watch = WallClockWatch(clock.now_ms(), clock.monotonic_s())
        while True:
            await clock.sleep_s(CLOCK_CHECK_S)
            step_ms = watch.step_ms(clock.now_ms(), clock.monotonic_s())
            if step_ms:
                self._log.warning(
                    "the wall clock stepped, or the machine was suspended",
                    by=f"{step_ms / 1000:.3f}s",
                )

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.quit)
        loop.add_signal_handler(
            signal.SIGHUP, lambda: self._supervisor.start("reload", self._reload_on_signal())
        )

    async def _until_stopped(self) -> None:
        failed = self._supervisor.start("watch failures", self._supervisor.wait_failed())
        stopped = self._supervisor.start("wait for the end", self._stopping.wait())
        await asyncio.wait([failed, stopped], return_when=asyncio.FIRST_COMPLETED)

    async def _reload_on_signal(self) -> None:
        with contextlib.suppress(ReloadFailed):  # logged and shown by a metric
            await self.reload()

    # What the API can ask of the process (`api.context.Operations`).

    async def reload(self) -> None:
        """Load the configuration anew. Raises ReloadFailed; the old one then goes on."""
        if self._reloader is None:
            raise ReloadFailed("the process is still starting")
        try:
            await self._reloader.reload()
        except ReloadFailed as error:
            self._log.error("reload failed, the old one goes on", err=str(error))
            raise

    def quit(self) -> None:
        """Begin to stop."""
        self._stopping.set()

    def config_yaml(self) -> str:
        """The configuration in force, secrets hidden."""
        return self._current_config().to_yaml()

    def runtime_facts(self) -> Mapping[str, object]:
        """What the process knows beyond times."""
        reloader = self._reloader
        assert reloader is not None, "asked before the process was ready"
        return {
            "reloadConfigSuccess": reloader.succeeded,
            "lastConfigTime": format_rfc3339_ms(reloader.succeeded_ms),
            "corruptionCount": self._corruptions(),
            "storageRetention": self._retention_text(),
        }

    def _corruptions(self) -> int:
        shards = self._store.shards() if self._store is not None else []
        return sum(len(shard.replayed.corruptions) for shard in shards)

    def _current_config(self) -> Config:
        config = self._reloader.config if self._reloader is not None else None
        return config or self._config

    def _retention(self, config: Config) -> tuple[int, int]:
        """Milliseconds and bytes to keep: the configuration's where it says, else the flags'."""
        tsdb = config.storage.tsdb
        said = tsdb.retention if tsdb is not None else None
        flags = self._options
        if said is None:
            return flags.retention_ms, flags.retention_bytes
        return said.time_ms or flags.retention_ms, said.size_bytes or flags.retention_bytes

    def _retention_text(self) -> str:
        parts = []
        retention_ms, retention_bytes = self._retention(self._current_config())
        if retention_ms:
            parts.append(format_duration_ms(retention_ms))
        if retention_bytes:
            parts.append(format_size_bytes(retention_bytes))
        return " or ".join(parts)

    def blocks(self, tenant: TenantId) -> list[Mapping[str, object]]:
        """The `meta` of every block."""
        assert self._store is not None
        return [meta_object(block.meta) for block in self._store.tsdb(tenant).blocks.all]


def meta_object(meta: BlockMeta) -> Mapping[str, object]:
    """A block's `meta` with Prometheus's keys; its end is exclusive."""
    return {
        "ulid": meta.ulid,
        "minTime": meta.min_time_ms,
        "maxTime": meta.max_time_ms,
        "stats": {"numSamples": meta.stats.samples, "numSeries": meta.stats.series},
        "compaction": {"level": meta.level, "sources": list(meta.sources)},
        "version": VERSION,
    }
