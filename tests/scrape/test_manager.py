"""Jobs, targets and loops on a clock that tests move."""

from __future__ import annotations

import itertools

import pytest

from narthex.httpclient.errors import BodyTooLarge
from narthex.model.labels import Labels
from narthex.model.metadata import Metadata, MetricType
from narthex.model.relabel import RelabelConfig
from narthex.scrape.loop import Health
from narthex.scrape.transport import Answer
from tests.scrape.fakes import STALE, World, groups, job, refused

A = "http://a:1/metrics"
A_UP = 'up{instance="a:1", job="job"}'
A_METRIC = 'a{instance="a:1", job="job"}'

pytestmark = pytest.mark.asyncio


def values(samples: list[tuple[int, float | str]]) -> list[float | str]:
    return [value for _, value in samples]


async def test_targets_are_scraped_at_every_tick() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(35)
        samples = world.appender.of(A_METRIC)
        assert 3 <= len(samples) <= 4
        times = [at for at, _ in samples]
        assert {later - at for at, later in itertools.pairwise(times)} == {10_000}
        (target,) = world.manager.active_targets()
        assert target.status.health is Health.UP
        assert target.status.last_scrape_ms == times[-1]
        assert target.pool == "job"


async def test_targets_are_spread_over_the_interval() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups(*(f"host{i}:1" for i in range(200)))})
        await world.after(10.2)
        per_second = [0] * 11
        for at_s, _ in world.network.fetched:
            per_second[int(at_s)] += 1
        assert len(world.network.fetched) >= 200
        assert all(5 <= count <= 45 for count in per_second[:10])


async def test_a_failed_scrape_is_down_with_its_reason_and_comes_back() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        world.network.pages[A] = refused()
        await world.after(10)
        (target,) = world.manager.active_targets()
        assert target.status.health is Health.DOWN
        assert "connection refused" in target.status.last_error
        world.network.pages[A] = b"a 2\n"
        await world.after(10)
        assert values(world.appender.of(A_METRIC)) == [1.0, STALE, 2.0]
        assert values(world.appender.of(A_UP)) == [1.0, 0.0, 1.0]
        (target,) = world.manager.active_targets()
        assert target.status.last_error == ""


@pytest.mark.parametrize(
    ("page", "message", "metric"),
    [
        (b"a 1\nb\n", "line 2, column 2: expected value after metric", ""),
        (Answer("", b"a 1\n"), "blank Content-Type", ""),
        (
            BodyTooLarge("GET", A, 10),
            "body size limit exceeded: over 10 bytes",
            "prometheus_target_scrapes_exceeded_body_size_limit_total",
        ),
        (
            b"a 1\nb 1\nc 1\n",
            "sample limit exceeded",
            "prometheus_target_scrapes_exceeded_sample_limit_total",
        ),
        (
            b'a{x="1",y="2"} 1\n',
            "label_limit exceeded",
            "prometheus_target_scrape_pool_exceeded_label_limits_total",
        ),
    ],
)
async def test_reasons_of_failed_scrapes(
    page: bytes | Answer | Exception, message: str, metric: str
) -> None:
    world = World()
    world.network.pages[A] = page
    async with world.manager:
        await world.manager.apply([job(sample_limit=2, label_limit=4)])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        (target,) = world.manager.active_targets()
        assert message in target.status.last_error
        assert values(world.appender.of(A_UP)) == [0.0]
        assert world.appender.names() == set()
        assert not metric or world.metric(metric) == 1


async def test_a_fallback_protocol_reads_pages_without_a_type() -> None:
    world = World()
    world.network.pages[A] = Answer("", b"a 1\n# EOF\n")
    async with world.manager:
        await world.manager.apply([job(fallback_scrape_protocol="OpenMetricsText1.0.0")])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        assert values(world.appender.of(A_METRIC)) == [1.0]


async def test_an_empty_page_needs_no_type() -> None:
    world = World()
    world.network.pages[A] = Answer("", b"")
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        assert values(world.appender.of(A_UP)) == [1.0]


async def test_a_removed_target_ends_after_two_intervals() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1", "b:1")})
        await world.after(10.2)
        world.manager.update({"job": groups("b:1")})
        await world.after(9)
        assert STALE not in values(world.appender.of(A_METRIC))
        await world.after(21)
        assert values(world.appender.of(A_METRIC)) == [1.0, STALE]
        assert values(world.appender.of(A_UP)) == [1.0, STALE]
        assert [target.target.url for target in world.manager.active_targets()] == [
            "http://b:1/metrics"
        ]


async def test_a_target_that_comes_back_in_time_is_not_ended() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        world.manager.update({"job": groups()})
        await world.after(5)
        world.manager.update({"job": groups("a:1")})
        await world.after(40)
        assert STALE not in values(world.appender.of(A_METRIC))


async def test_a_job_that_is_gone_ends() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job(), job("other")])
        world.manager.update({"job": groups("a:1"), "other": groups("b:1")})
        await world.after(10.2)
        await world.manager.apply([job("other")])
        assert world.manager.scrape_pools() == ["other"]
        await world.after(30)
        assert values(world.appender.of(A_METRIC))[-1] == STALE
        assert world.network.closed == 1


async def test_an_unchanged_job_is_left_alone_by_a_reload() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        fetched = len(world.network.fetched)
        await world.manager.apply([job()])
        await world.after(10)
        assert len(world.network.fetched) == fetched + 1
        assert world.network.closed == 0


async def test_a_changed_job_ends_what_its_new_rules_drop() -> None:
    world = World()
    world.network.pages[A] = b"a 1\nb 1\n"
    rules = (RelabelConfig(source_labels=("__name__",), regex="b", action="drop"),)
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        await world.manager.apply([job(metric_relabel_configs=rules)])
        await world.after(10.2)
        assert values(world.appender.of('b{instance="a:1", job="job"}')) == [1.0, STALE]
        assert values(world.appender.of(A_METRIC)) == [1.0, 1.0]
        assert world.network.closed == 1


async def test_too_many_targets_fail_every_scrape_of_the_job() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job(target_limit=1)])
        world.manager.update({"job": groups("a:1", "b:1")})
        await world.after(10.2)
        errors = {target.status.last_error for target in world.manager.active_targets()}
        assert errors == {"target_limit exceeded (number of targets: 2, limit: 1)"}
        assert world.network.fetched == []
        assert world.metric("prometheus_target_scrape_pool_exceeded_target_limit_total") == 1
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        assert values(world.appender.of(A_UP)) == [0.0, 1.0]


async def test_dropped_targets_are_shown_as_many_as_asked_and_all_counted() -> None:
    world = World()
    rules = (RelabelConfig(source_labels=("__address__",), regex="a.*", action="keep"),)
    async with world.manager:
        await world.manager.apply([job(relabel_configs=rules, keep_dropped_targets=1)])
        world.manager.update({"job": groups("a:1", "b:1", "c:1")})
        await world.after(0.3)
        ((pool, dropped),) = world.manager.dropped_targets()
        assert pool == "job"
        assert dropped.discovered_labels.get("__address__") == "b:1"
        assert dropped.reason == "relabel_configs"
        assert world.manager.dropped_counts() == {"job": 2}
        steps = world.manager.relabel_steps("job", dropped.discovered_labels)
        assert [step.keep for step in steps] == [False]


async def test_what_is_no_target_is_counted() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("http://a/")})
        await world.after(0.3)
        assert list(world.manager.active_targets()) == []
        assert world.metric("prometheus_target_sync_failed_total", scrape_job="job") == 1


async def test_metadata_is_shared_by_targets_that_say_the_same() -> None:
    world = World()
    page = b"# HELP a Some help.\n# TYPE a gauge\na 1\n"
    world.network.pages = {A: page, "http://b:1/metrics": page}
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1", "b:1")})
        await world.after(10.2)
        found = list(world.manager.metadata("a"))
        assert len(found) == 2
        assert found[0][1] == Metadata("a", MetricType.GAUGE, "Some help.")
        assert found[0][1] is found[1][1]
        assert list(world.manager.metadata("b")) == []


async def test_extra_metrics_of_a_job() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job(extra_scrape_metrics=True, sample_limit=7)])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        labels = '{instance="a:1", job="job"}'
        assert values(world.appender.of(f"scrape_timeout_seconds{labels}")) == [10.0]
        assert values(world.appender.of(f"scrape_sample_limit{labels}")) == [7.0]
        assert values(world.appender.of(f"scrape_body_size_bytes{labels}")) == [4.0]


async def test_a_clock_that_steps_back_is_survived() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(20.2)
        world.clock.step_wall_ms(-15_000)
        await world.after(40)
        kept = world.appender.of(A_METRIC)
        assert len(world.network.fetched) == 6
        assert len(kept) >= 4
        assert world.metric("prometheus_target_scrapes_sample_out_of_order_total") > 0


async def test_a_suspended_machine_goes_on_at_the_next_tick() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        world.clock.step_wall_ms(3_600_000)
        await world.after(10)
        assert len(world.appender.of(A_METRIC)) == 2


async def test_a_slow_target_misses_no_tick_of_its_own() -> None:
    world = World()
    world.network.takes_s = 9.0
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(60)
        starts = [at_s for at_s, _ in world.network.fetched]
        steps = [b - a for a, b in itertools.pairwise(starts)]
        assert steps == pytest.approx([10.0] * len(steps))


async def test_a_store_that_cannot_write_is_named_and_the_loop_goes_on() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        world.appender.broken = True
        await world.after(10.2)
        (target,) = world.manager.active_targets()
        assert "cannot store the scrape: [Errno 28]" in target.status.last_error
        assert world.metric("narthex_scrape_commits_failed_total") == 1
        world.appender.broken = False
        await world.after(10)
        assert values(world.appender.of(A_METRIC)) == [1.0]


async def test_steps_of_an_unknown_job() -> None:
    world = World()
    with pytest.raises(KeyError):
        world.manager.relabel_steps("nobody", Labels())
    assert list(world.manager.active_targets("nobody")) == []


async def test_what_targets_tell_of_their_metrics_is_counted_by_job() -> None:
    world = World()
    world.network.pages[A] = b"# TYPE a gauge\n# HELP a words\na 1\n# TYPE b gauge\nb 2\n"
    of_job = {"scrape_job": "job"}
    sample = world.registry.get_sample_value
    async with world.manager:
        await world.manager.apply([job()])
        assert sample("prometheus_target_sync_failed_total", of_job) == 0
        assert sample("prometheus_target_metadata_cache_entries", of_job) == 0
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        assert sample("prometheus_target_metadata_cache_entries", of_job) == 2
        assert sample("prometheus_target_metadata_cache_bytes", of_job) == len("awordsb")
        await world.manager.apply([])
        assert sample("prometheus_target_metadata_cache_entries", of_job) is None


async def test_intervals_between_scrapes_are_told_with_quantiles() -> None:
    world = World()
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(35)
    for quantile in ("0.01", "0.05", "0.5", "0.9", "0.99"):
        labels = {"interval": "10s", "quantile": quantile}
        name = "prometheus_target_interval_length_seconds"
        assert world.metric(name, **labels) == pytest.approx(10, abs=0.2)


async def test_a_fault_of_ours_is_one_failed_scrape_and_no_end() -> None:
    world = World()
    world.network.pages[A] = RuntimeError("a kernel that is wrong")
    async with world.manager:
        await world.manager.apply([job()])
        world.manager.update({"job": groups("a:1")})
        await world.after(10.2)
        (target,) = world.manager.active_targets()
        assert target.status.health is Health.DOWN
        assert "a kernel that is wrong" in target.status.last_error
        world.network.pages[A] = b"a 1\n"
        await world.after(10)
        assert values(world.appender.of(A_UP)) == [0.0, 1.0]
