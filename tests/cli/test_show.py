"""Answers as promtool prints them."""

from __future__ import annotations

from narthex.cli.tool.show import show_series


def test_series_are_label_sets_with_the_name_among_them() -> None:
    series = [{"job": "a", "__name__": "up", "path": 'C:\\"x"'}]
    assert show_series(series, "promql") == '{__name__="up", job="a", path="C:\\\\\\"x\\""}'
    assert show_series(series, "json") == '[{"job":"a","__name__":"up","path":"C:\\\\\\"x\\""}]'
