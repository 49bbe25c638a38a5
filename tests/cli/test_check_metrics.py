"""`narthex tool check metrics`: the problems of names and labels, in promtool's words."""

from __future__ import annotations

import io
import sys

import pytest

from narthex.cli.main import main

Capture = pytest.CaptureFixture[str]


def check(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, page: str, *arguments: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(page.encode())))
    code = main(["tool", "check", "metrics", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("page", "problems"),
    [
        ("# HELP a x\na 1\n", []),
        ("a 1\n", ["a no help text"]),
        ("# HELP a:b x\na:b 1\n", ["a:b metric names should not contain ':'"]),
        ("# HELP a x\na 1\na 1\n", ["a metric not unique"]),
        (
            "# HELP fooBar x\nfooBar 1\n",
            ["fooBar metric names should be written in 'snake_case' not 'camelCase'"],
        ),
        (
            '# HELP a x\na{fooBar="1"} 1\n',
            ["a label names should be written in 'snake_case' not 'camelCase'"],
        ),
        (
            "# HELP a_ms x\na_ms 1\n",
            ["a_ms metric names should not contain abbreviated units"],
        ),
        (
            "# HELP a_milliseconds x\na_milliseconds 1\n",
            ['a_milliseconds use base unit "seconds" instead of "milliseconds"'],
        ),
        (
            "# HELP a x\n# TYPE a counter\na 1\n",
            ['a counter metrics should have "_total" suffix'],
        ),
        (
            "# HELP a_total x\n# TYPE a_total gauge\na_total 1\n",
            ['a_total non-counter metrics should not have "_total" suffix'],
        ),
        (
            "# HELP x_gauge_y x\n# TYPE x_gauge_y gauge\nx_gauge_y 1\n",
            ["x_gauge_y metric name should not include type 'gauge'"],
        ),
        (
            '# HELP a_count x\n# TYPE a_count gauge\na_count{le="1",quantile="1"} 1\n',
            [
                'a_count non-histogram and non-summary metrics should not have "_count" suffix',
                'a_count non-histogram metrics should not have "le" label',
                'a_count non-summary metrics should not have "quantile" label',
            ],
        ),
        (
            (
                '# HELP h x\n# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n'
                '# HELP s x\n# TYPE s summary\ns{quantile="1"} 1\ns_sum 1\ns_count 1\n'
            ),
            [],
        ),
    ],
)
def test_problems(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, page: str, problems: list[str]
) -> None:
    code, out, err = check(monkeypatch, capsys, page)
    assert (code, out, err.splitlines()) == (3 if problems else 0, "", problems)
    assert check(monkeypatch, capsys, page, "--lint=none")[0] == 0


def test_a_page_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    code, _, err = check(monkeypatch, capsys, "a 1\nb{ 1\n")
    assert code == 1
    assert err.startswith("error while linting: cannot parse page, line 2")


def test_cardinality(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    page = (
        '# HELP a x\na{x="1"} 1\na{x="2"} 1\n# HELP h x\n# TYPE h histogram\n'
        'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n'
    )
    code, out, _ = check(monkeypatch, capsys, page, "--extended")
    assert code == 0
    assert [line.split() for line in out.splitlines()] == [
        ["Metric", "Cardinality", "Percentage"],
        ["h", "4", "66.67%"],
        ["a", "2", "33.33%"],
        ["Total", "6", "100%"],
    ]
