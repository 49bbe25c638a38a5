"""What Grafana's Prometheus data source sends, in the order in which it does, is answered."""

from __future__ import annotations

from tests.api.serving import NOW_MS, Served

NOW_S = NOW_MS / 1000


def test_a_data_source_is_saved_and_tested(api: Served) -> None:
    assert api.post("/api/v1/query", [("query", "1+1"), ("time", str(NOW_S))]).json["data"] == {
        "resultType": "scalar",
        "result": [NOW_S, "2"],
    }
    build = api.get("/api/v1/status/buildinfo").json["data"]
    assert {"version", "revision", "branch", "buildUser", "buildDate", "goVersion"} >= build.keys()
    assert api.get("/api/v1/rules").json["data"] == {"groups": []}


def test_a_query_is_built(api: Served) -> None:
    window = [("start", str(NOW_S - 3600)), ("end", str(NOW_S))]
    names = api.post("/api/v1/labels", window).json["data"]
    assert "job" in names
    values = api.get("/api/v1/label/__name__/values", window).json["data"]
    assert values == ["dotted.name", "up"]
    narrowed = [*window, ("match[]", '{__name__="up",job=~".+"}')]
    assert api.get("/api/v1/label/instance/values", narrowed).json["data"] == ["0", "1", "2"]
    found = api.post("/api/v1/series", [*window, ("match[]", '{__name__="up"}')]).json["data"]
    assert len(found) == 3
    assert api.get("/api/v1/metadata").json["data"] == {}
    assert api.get("/api/v1/metadata", [("limit", "0")]).json["data"] == {}


def test_a_panel_is_drawn(api: Served) -> None:
    parameters = [
        ("query", "rate(up[$__rate_interval])".replace("$__rate_interval", "1m0s")),
        ("start", f"{NOW_S - 300:.3f}"),
        ("end", f"{NOW_S:.3f}"),
        ("step", "15"),
    ]
    headers = {"x-grafana-user": "admin", "accept-encoding": "gzip"}
    reply = api.post("/api/v1/query_range", parameters, headers)
    assert reply.status == 200
    exemplars = api.post("/api/v1/query_exemplars", parameters[:3])
    assert exemplars.json == {"status": "success", "data": []}
