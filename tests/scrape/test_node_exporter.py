"""A real node_exporter, over a real network, into a real store."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from benchmarks.processes import PEERS
from narthex.discovery.target_group import TargetGroup
from narthex.model.matcher import Matcher, MatchType
from narthex.model.tenant import DEFAULT_TENANT
from narthex.runtime.clock import SystemClock
from narthex.runtime.executor import Executor
from narthex.scrape.loop import Health
from narthex.scrape.manager import ActiveTarget, ScrapeManager
from narthex.scrape.series import Destination
from narthex.storage.tsdb import Tsdb
from tests.peer_programs import require_peer
from tests.scrape.fakes import job

BINARY = PEERS / "prometheus-node-exporter"

pytestmark = [
    pytest.mark.peers,
    pytest.mark.asyncio,
]


@pytest.fixture(autouse=True, scope="module")
def _peer() -> None:
    require_peer("prometheus-node-exporter")


@contextlib.contextmanager
def node_exporter() -> Iterator[str]:
    """The address of a running one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = subprocess.Popen(
        [BINARY, f"--web.listen-address={address}", "--log.level=error"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield address
    finally:
        process.terminate()
        process.wait()


async def scraped(manager: ScrapeManager) -> ActiveTarget:
    """The target, once it has been scraped well."""
    async with asyncio.timeout(30):
        while True:
            for target in manager.active_targets():
                if target.status.health is Health.UP:
                    return target
            await asyncio.sleep(0.05)


async def test_a_page_ends_up_in_storage(tmp_path: Path) -> None:
    tsdb, executor = Tsdb.open(tmp_path), Executor()
    manager = ScrapeManager(
        Destination(DEFAULT_TENANT, tsdb),
        clock=SystemClock(),
        run_aside=executor.run,
        registry=CollectorRegistry(),
    )
    with node_exporter() as address:
        async with manager:
            await manager.apply([job("node", interval_ms=200)])
            manager.update({"node": [TargetGroup.of([address], {"dc": "x"}, "test/0")]})
            target = await scraped(manager)
    assert target.target.labels.as_dict() == {"job": "node", "instance": address, "dc": "x"}
    assert "node_cpu_seconds_total" in target.status.families.by_name
    matchers = [Matcher(MatchType.EQUAL, "dc", "x")]
    selection = tsdb.select(matchers, 0, 2**60)
    names = {labels.metric_name for labels in selection.labels.to_labels()}
    assert {"up", "node_cpu_seconds_total", "scrape_series_added"} <= names
    columns = selection.read(np.arange(len(selection.labels)), 0, 2**60)
    assert columns.series > 200
    assert columns.samples >= columns.series
    tsdb.close()
    executor.close()
