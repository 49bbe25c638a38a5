"""Targets from an endpoint: the whole list each time, the last good one on failure."""

from __future__ import annotations

import pytest

from narthex.discovery.http import HttpConfig
from narthex.httpclient.options import BasicAuth, HttpOptions
from narthex.model.settings import Secret
from tests.discovery.world import World, until
from tests.httpclient.servers import Answer, Request, serve

pytestmark = pytest.mark.asyncio

JSON = {"Content-Type": "application/json; charset=utf-8"}


class Endpoint:
    """Answers whatever it is told to next."""

    def __init__(self) -> None:
        self.answer = Answer(headers=JSON, body=b'[{"targets": ["a:1"]}, {"targets": ["a:2"]}]')
        self.answered = 0

    def handle(self, _: Request) -> Answer:
        self.answered += 1
        return self.answer


async def test_targets_with_their_url_as_a_label() -> None:
    world, endpoint = World(), Endpoint()
    async with serve(endpoint.handle) as server:
        config = HttpConfig(
            url=f"{server.url}/targets",
            refresh_interval_ms=90_000,
            http=HttpOptions(basic_auth=BasicAuth(username="u", password=Secret("p"))),
        )
        async with world.running(config):
            await until(lambda: world.updates == 1)
        assert world.addresses() == ["a:1", "a:2"]
        group = world.found[f"{server.url}/targets:0"]
        assert group.labels == {"__meta_url": f"{server.url}/targets"}
        (request,) = server.requests
        assert request.headers["x-prometheus-refresh-interval-seconds"] == "90"
        assert request.headers["accept"] == "application/json"
        assert request.headers["authorization"].startswith("Basic ")


async def test_each_answer_replaces_the_one_before() -> None:
    world, endpoint = World(), Endpoint()
    async with serve(endpoint.handle) as server, world.running(HttpConfig(url=server.url)):
        await until(lambda: world.updates == 1)
        endpoint.answer = Answer(headers=JSON, body=b'[{"targets": ["b:1"]}]')
        await world.clock.advance_s(60)
        await until(lambda: world.updates == 2)
        assert world.addresses() == ["b:1"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500, headers=JSON, body=b"[]"),
        Answer(status=204, headers=JSON),
        Answer(headers={"Content-Type": "text/plain"}, body=b"[]"),
        Answer(body=b"[]"),
        Answer(headers=JSON, body=b"{}"),
        Answer(raw=b""),
    ],
)
async def test_a_failure_keeps_the_targets(answer: Answer) -> None:
    world, endpoint = World(), Endpoint()
    async with serve(endpoint.handle) as server, world.running(HttpConfig(url=server.url)):
        await until(lambda: world.updates == 1)
        good, endpoint.answer = endpoint.answer, answer
        await world.clock.advance_s(60)
        await until(lambda: world.metric("http_failures_total") == 1)
        assert world.addresses() == ["a:1", "a:2"]
        names = {"mechanism": "http", "config": "job"}
        assert world.metric("refresh_failures_total", **names) == 1
        endpoint.answer = good
        await until(lambda: bool(world.clock._sleepers))
        await world.clock.advance_s(60)
        await until(lambda: world.updates == 2)
