"""Targets whose own clock is wrong: theirs is refused, all others go on."""

from __future__ import annotations

from narthex.model.tenant import DEFAULT_TENANT
from narthex.runtime.clock import ManualClock
from narthex.runtime.filesystem_memory import InMemoryFileSystem
from narthex.server import ServerOptions, head_limits
from narthex.storage.interface import RejectReason
from narthex.storage.store import memory_store
from narthex.storage.tsdb import Machine, TsdbOptions
from tests.storage.samples import commit, named, resolve

NOW_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


def test_a_target_whose_clock_is_ahead_shuts_out_no_other() -> None:
    machine = Machine(filesystem=InMemoryFileSystem(), clock=ManualClock(NOW_MS))
    store = memory_store(machine, TsdbOptions(limits=head_limits(ServerOptions())))
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("ahead", "right"))
    ahead = commit(appender, refs[:1], NOW_MS + 2 * HOUR_MS, [1])
    assert ahead.rejected.tolist() == [RejectReason.TOO_FAR_AHEAD]
    assert commit(appender, refs[1:], NOW_MS, [1]).accepted == 1


def test_minutes_ahead_are_taken() -> None:
    machine = Machine(filesystem=InMemoryFileSystem(), clock=ManualClock(NOW_MS))
    store = memory_store(machine, TsdbOptions(limits=head_limits(ServerOptions())))
    appender = store.appender(DEFAULT_TENANT)
    refs = resolve(appender, named("ahead"))
    assert commit(appender, refs, NOW_MS + 5 * 60_000, [1]).accepted == 1
