"""Every endpoint: shape, status and error as Prometheus gives them."""

from __future__ import annotations

import gzip
import zlib

import pytest

from narthex.api.context import Phase
from narthex.api.v1 import query
from narthex.api.v1.routes import V1
from tests.api.serving import NOW_MS, Pairs, Served, served

NOW_S = NOW_MS // 1000
RANGE = [("start", str(NOW_S - 60)), ("end", str(NOW_S)), ("step", "15")]


def test_instant_vector(api: Served) -> None:
    reply = api.get("/api/v1/query", [("query", 'up{instance="1"}'), ("time", str(NOW_S))])
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.json == {
        "status": "success",
        "data": {
            "resultType": "vector",
            "result": [
                {
                    "metric": {"__name__": "up", "instance": "1", "job": "node"},
                    "value": [NOW_S, "0"],
                }
            ],
        },
    }


def test_now_is_the_default_time(api: Served) -> None:
    assert api.get("/api/v1/query", [("query", "time()")]).json["data"] == {
        "resultType": "scalar",
        "result": [NOW_S, str(NOW_S)],
    }


def test_string(api: Served) -> None:
    reply = api.get("/api/v1/query", [("query", '"foo"')])
    assert reply.json["data"] == {"resultType": "string", "result": [NOW_S, "foo"]}


def test_range(api: Served) -> None:
    data = api.post("/api/v1/query_range", [("query", "sum(up)"), *RANGE]).json["data"]
    assert data["resultType"] == "matrix"
    times = [NOW_S - 60 + 15 * i for i in range(5)]
    assert data["result"] == [{"metric": {}, "values": [[t, "2.5"] for t in times]}]


def test_range_vector(api: Served) -> None:
    data = api.get("/api/v1/query", [("query", 'up{instance="0"}[30s]')]).json["data"]
    assert data["resultType"] == "matrix"
    assert data["result"][0]["values"] == [[NOW_S - 15, "1"], [NOW_S, "1"]]


def test_statistics_are_given_when_asked_for(api: Served) -> None:
    data = api.get("/api/v1/query", [("query", "up"), ("stats", "all")]).json["data"]
    assert data["stats"]["samples"]["totalQueryableSamples"] == 3
    assert set(data["stats"]["timings"]) >= {"evalTotalTime", "execQueueTime", "execTotalTime"}


def test_limit_says_that_it_cut(api: Served) -> None:
    reply = api.get("/api/v1/query", [("query", "up"), ("limit", "2")]).json
    assert len(reply["data"]["result"]) == 2
    assert reply["warnings"] == ["results truncated due to limit"]
    assert "warnings" not in api.get("/api/v1/query", [("query", "up"), ("limit", "3")]).json


def test_annotations_travel_beside_the_result(api: Served) -> None:
    reply = api.get("/api/v1/query", [("query", "quantile(2, up)")]).json
    assert reply["status"] == "success"
    assert reply["warnings"][0].startswith(
        "PromQL warning: quantile value should be between 0 and 1"
    )


@pytest.mark.parametrize(
    ("path", "parameters", "error_type", "status", "message"),
    [
        ("query", [("query", "sum(")], "bad_data", 400, 'invalid parameter "query": 1:5: parse error'),
        ("query", [], "bad_data", 400, 'invalid parameter "query"'),
        ("query", [("query", "up"), ("time", "x")], "bad_data", 400, 'invalid parameter "time"'),
        ("query", [("query", "up"), ("timeout", "x")], "bad_data", 400, 'invalid parameter "timeout"'),
        ("query", [("query", "up"), ("limit", "-1")], "bad_data", 400, 'invalid parameter "limit"'),
        ("query", [("query", "up * on() up")], "execution", 422, "many-to-many matching not allowed"),
        ("query_range", [("query", "up"), *RANGE[:2], ("step", "0")], "bad_data", 400, "zero or negative"),
        ("query_range", [("query", "up"), *RANGE[1:]], "bad_data", 400, 'invalid parameter "start"'),
        ("query_range", [("query", "up[1m]"), *RANGE], "bad_data", 400, "invalid expression type"),
        ("query_range", [("query", "up"), ("start", "2"), ("end", "1"), ("step", "1")], "bad_data", 400,
         "end timestamp must not be before start time"),
        ("query_range", [("query", "up"), ("start", "0"), ("end", "11001"), ("step", "1")], "bad_data", 400,
         "exceeded maximum resolution of 11,000 points"),
        ("series", [], "bad_data", 400, "no match[] parameter provided"),
        ("series", [("match[]", "up{")], "bad_data", 400, 'invalid parameter "match[]"'),
        ("label//values", [], None, 404, ""),
        ("status/tsdb", [("limit", "0")], "bad_data", 400, "limit must be a positive number"),
        ("targets/relabel_steps", [], "bad_data", 400, "no scrapePool parameter provided"),
        ("query_exemplars", [("query", "up"), ("start", "2"), ("end", "1")], "bad_data", 400, "end timestamp"),
    ],
)  # fmt: skip
def test_errors(
    api: Served, path: str, parameters: Pairs, error_type: str | None, status: int, message: str
) -> None:
    reply = api.get(f"/api/v1/{path}", parameters)
    assert reply.status == status
    if error_type is not None:
        assert reply.json["status"] == "error"
        assert reply.json["errorType"] == error_type
        assert message in reply.json["error"]


def test_exactly_eleven_thousand_and_one_points_are_taken(api: Served) -> None:
    parameters = [("query", "1"), ("start", "0"), ("end", "11000"), ("step", "1")]
    assert api.get("/api/v1/query_range", parameters).status == 200


def test_labels_values_and_series(api: Served) -> None:
    names = ["__name__", "instance", "job", "label.with.dots"]
    assert api.get("/api/v1/labels").json["data"] == names
    matched = api.post("/api/v1/labels", [("match[]", "up"), ("match[]", "none")])
    assert matched.json["data"] == ["__name__", "instance", "job"]
    assert api.get("/api/v1/label/job/values").json["data"] == ["node"]
    escaped = "/api/v1/label/U__label_2e_with_2e_dots/values"
    assert api.get(escaped).json["data"] == ["x"]
    assert api.get("/api/v1/label/0bad/values").json["data"] == []
    parameters = [("match[]", 'up{instance=~"0|2"}'), ("match[]", 'up{instance="0"}')]
    found = api.get("/api/v1/series", parameters).json["data"]
    assert sorted(labels["instance"] for labels in found) == ["0", "2"]
    limited = api.get("/api/v1/series", [("match[]", "up"), ("limit", "1")]).json
    assert len(limited["data"]) == 1
    assert limited["warnings"] == ["results truncated due to limit"]
    assert (
        api.get("/api/v1/series", [("match[]", "up"), ("start", "2"), ("end", "1")]).status == 200
    )


def test_a_selector_of_targets_may_match_all(api: Served) -> None:
    reply = api.get("/api/v1/targets/metadata", [("match_target", "{}")])
    assert reply.json == {"status": "success", "data": []}


def test_targets_in_a_state_that_is_none_are_none(api: Served) -> None:
    found = api.get("/api/v1/targets", [("state", "odd")]).json["data"]
    assert found == {"activeTargets": [], "droppedTargets": [], "droppedTargetCounts": None}


@pytest.mark.parametrize("lookback", ["0", "-1"])
def test_a_lookback_that_is_none_is_the_usual_one(api: Served, lookback: str) -> None:
    reply = api.get("/api/v1/query", [("query", "up"), ("lookback_delta", lookback)])
    assert len(reply.json["data"]["result"]) == 3


def test_format_and_parse(api: Served) -> None:
    asked = [("query", "sum by(job)(rate(up[5m]))>1")]
    formatted = api.get("/api/v1/format_query", asked).json["data"]
    assert formatted == "sum by (job) (rate(up[5m])) > 1"
    tree = api.post("/api/v1/parse_query", asked).json["data"]
    assert tree["type"] == "binaryExpr"
    assert tree["lhs"]["type"] == "aggregation"
    assert tree["lhs"]["expr"]["func"]["name"] == "rate"
    assert tree["lhs"]["expr"]["args"][0]["range"] == 300_000
    minus = api.get("/api/v1/parse_query", [("query", "-1")]).json["data"]
    assert minus == {"type": "numberLiteral", "val": "-1"}


def test_every_route_answers_json(api: Served) -> None:
    for route in V1:
        reply = api.get(route.path, [("query", "up"), ("match[]", "up"), *RANGE])
        assert reply.headers["content-type"] == "application/json", route.path
        assert reply.json["status"] in ("success", "error")


def test_endpoints_of_empty_rooms(api: Served) -> None:
    assert api.get("/api/v1/rules").json["data"] == {"groups": []}
    assert api.get("/api/v1/alerts").json["data"] == {"alerts": []}
    managers: dict[str, list[object]] = {"activeAlertmanagers": [], "droppedAlertmanagers": []}
    assert api.get("/api/v1/alertmanagers").json["data"] == managers
    assert api.get("/api/v1/query_exemplars", [("query", "up")]).json["data"] == []


def test_methods(api: Served) -> None:
    assert api.ask("PUT", "/api/v1/query").status == 405
    assert api.ask("HEAD", "/api/v1/query").status == 405
    assert api.ask("GET", "/-/reload").status == 405
    assert api.ask("OPTIONS", "/api/v1/anything").status == 204
    assert api.ask("HEAD", "/-/healthy").body == b""
    assert api.get("/api/v1/nothing").status == 404
    assert api.get("/nothing").status == 404


def test_cross_origin_headers_only_for_those_who_name_their_origin(api: Served) -> None:
    unnamed = api.get("/api/v1/labels").headers
    assert "access-control-allow-origin" not in unnamed
    assert unnamed["vary"] == "Origin"
    reply = api.get("/api/v1/labels", headers={"origin": "http://x"})
    assert reply.headers["access-control-allow-origin"] == "*"
    with served(cors_origin="https?://good") as narrow:
        good = narrow.get("/api/v1/labels", headers={"origin": "http://good"})
        assert good.headers["access-control-allow-origin"] == "http://good"
        bad = narrow.get("/api/v1/labels", headers={"origin": "http://bad"})
        assert "access-control-allow-origin" not in bad.headers


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [("gzip", "gzip"), ("deflate, gzip", "deflate"), ("gzip;q=0", None), ("br", None), ("", None)],
)
def test_compression(api: Served, accept: str, encoding: str | None) -> None:
    parameters = [("query", "up"), ("start", str(NOW_S - 600)), ("end", str(NOW_S)), ("step", "1")]
    plain = api.get("/api/v1/query_range", parameters).body
    reply = api.get("/api/v1/query_range", parameters, headers={"accept-encoding": accept})
    assert reply.headers.get("content-encoding") == encoding
    body = reply.body
    if encoding == "gzip":
        body = gzip.decompress(body)
    elif encoding == "deflate":
        body = zlib.decompress(body)
    assert body == plain


def test_large_answers_are_streamed_whole(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "STREAM_SAMPLES_MIN", 100)
    parameters = [("query", "up"), ("start", str(NOW_S - 9000)), ("end", str(NOW_S)), ("step", "1")]
    reply = api.get("/api/v1/query_range", [*parameters, ("stats", "all")])
    assert "content-length" not in reply.headers
    rows = reply.json["data"]["result"]
    assert sum(len(row["values"]) for row in rows) > 1000
    assert "stats" in reply.json["data"]
    zipped = api.get("/api/v1/query_range", parameters, headers={"accept-encoding": "gzip"})
    assert len(gzip.decompress(zipped.body)) > 20_000


def test_the_version_stands_outside_the_envelope(api: Served) -> None:
    assert api.get("/version").json == dict(api.context.options.build)


def test_lifecycle(api: Served) -> None:
    before = api.operations.reloads
    assert api.post("/-/reload").status == 200
    assert api.operations.reloads == before + 1
    api.operations.refuse = "line 3: unknown key"
    refused = api.ask("PUT", "/-/reload")
    api.operations.refuse = ""
    assert refused.status == 500
    assert b"failed to reload config: line 3: unknown key" in refused.body
    assert api.post("/-/quit").status == 200
    assert api.operations.quits == 1
    with served() as locked:
        assert locked.post("/-/reload").status == 403
        assert locked.post("/-/quit").status == 403
        assert not locked.operations.quits


def test_before_it_is_ready_only_health_answers(api: Served) -> None:
    api.context.state.phase = Phase.STARTING
    api.context.state.replay.max, api.context.state.replay.current = 7, 3
    try:
        starting = api.get("/api/v1/query", [("query", "up")])
        assert starting.status == 503
        assert starting.headers["x-prometheus-stopping"] == "false"
        assert b"segment 3 of 7" in api.get("/-/ready").body
        assert api.get("/-/healthy").status == 200
        progress = api.get("/api/v1/status/walreplay").json["data"]
        assert progress == {"min": 0, "max": 7, "current": 3}
        api.context.state.phase = Phase.STOPPING
        assert api.get("/-/ready").headers["x-prometheus-stopping"] == "true"
    finally:
        api.context.state.phase = Phase.READY
    assert api.get("/-/ready").status == 200


def test_everything_stands_below_the_prefix() -> None:
    with served(route_prefix="/mon/itor", external_url="http://x/mon/itor") as below:
        assert below.get("/mon/itor/api/v1/labels").status == 200
        assert below.get("/mon/itor/-/healthy").status == 200
        assert below.get("/mon/itor").status == 200
        assert b'href="/mon/itor/metrics"' in below.get("/mon/itor/").body
        assert below.get("/api/v1/labels").status == 404
        redirect = below.get("/")
        assert redirect.status == 302
        assert redirect.headers["location"] == "/mon/itor/"
        assert below.get("/mon/itorial/-/healthy").status == 404


@pytest.mark.parametrize(
    ("method", "path", "status", "location"),
    [
        ("GET", "//api/v1/labels", 301, "/api/v1/labels?limit=1"),
        ("POST", "/api/v1//labels", 308, "/api/v1/labels?limit=1"),
        ("GET", "/metrics/", 301, "/metrics?limit=1"),
        ("GET", "/api/v1/label/job/values/", 301, "/api/v1/label/job/values?limit=1"),
        ("GET", "//example.com/x", 404, None),
        ("GET", "/api/v1/nothing/", 404, None),
    ],
)
def test_slashes_too_many_lead_to_the_path_that_was_meant(
    api: Served, method: str, path: str, status: int, location: str | None
) -> None:
    reply = api.ask(method, path, "limit=1")
    assert (reply.status, reply.headers.get("location")) == (status, location)
    with served(route_prefix="/mon") as below:
        reply = below.ask(method, f"/mon{path}", "limit=1")
        assert reply.headers.get("location") == (location and f"/mon{location}")


def test_requests_are_counted_by_handler(api: Served) -> None:
    api.get("/api/v1/label/job/values")
    text = api.get("/metrics").body.decode()
    counted = 'prometheus_http_requests_total{code="200",handler="/api/v1/label/<name>/values"}'
    assert counted in text


def test_a_client_that_goes_cancels_its_query() -> None:
    with served() as serving:
        serving.gone_after = 50
        parameters = [
            ("query", "count_values('v', sum_over_time(vector(1)[9000d:1s]))"),
        ]
        reply = serving.get("/api/v1/query", parameters)
        assert reply.status in (499, 422)
