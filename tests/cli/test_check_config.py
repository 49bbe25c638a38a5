"""`narthex tool check config`: what it says and how it exits, as promtool does."""

from __future__ import annotations

from pathlib import Path

import pytest

from narthex.cli.main import main

GOOD = "scrape_configs: [{job_name: a, static_configs: [{targets: [a]}]}]\n"


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["tool", "check", "config", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_good_file(write: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("p.yml").write_text(GOOD)
    assert check(capsys, "p.yml") == (
        0,
        "Checking p.yml\n SUCCESS: p.yml is valid prometheus config file syntax\n\n",
        "",
    )


def test_a_refused_file_among_good_ones(write: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("p.yml").write_text(GOOD)
    Path("q.yml").write_text("scrape_configs:\n- job_nam: a\n")
    code, out, err = check(capsys, "q.yml", "p.yml")
    assert code == 1
    assert "SUCCESS: p.yml" in out
    assert "FAILED: q.yml:2: scrape_configs[0].job_nam: unknown key (did you mean job_name?)" in err


def test_a_file_that_is_not_there(write: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = check(capsys, "p.yml")
    assert (code, err) == (1, "narthex: error: path 'p.yml' does not exist, try --help\n")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("rule_files: [nope.yml]", '"nope.yml" does not point to an existing file'),
        (
            "scrape_configs: [{job_name: a, basic_auth: {password_file: nope}}]",
            'error checking password file "nope": No such file or directory',
        ),
        (
            "remote_read: [{url: 'http://a', tls_config: {ca_file: nope}}]",
            'error checking CA cert file "nope"',
        ),
        (
            "remote_write: [{url: 'http://a', bearer_token_file: nope}]",
            'error checking authorization credentials file "nope"',
        ),
        (
            "scrape_configs: [{job_name: a, file_sd_configs: [{files: [sd.json]}]}]",
            'checking SD file "sd.json": bad JSON',
        ),
    ],
)
def test_files_that_it_names(
    write: Path, capsys: pytest.CaptureFixture[str], text: str, fault: str
) -> None:
    Path("sd.json").write_text("[")
    Path("p.yml").write_text(text)
    code, _, err = check(capsys, "p.yml")
    assert code == 1
    assert f"FAILED: {fault}" in err
    assert check(capsys, "--syntax-only", "p.yml")[0] == 0


def test_files_of_targets_that_are_not_there_yet(
    write: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("p.yml").write_text(
        "scrape_configs: [{job_name: a, file_sd_configs: [{files: ['x*.yml']}]}]"
    )
    code, out, _ = check(capsys, "p.yml")
    assert code == 0
    assert 'WARNING: file "x*.yml" for file_sd in scrape job "a" does not exist' in out


def test_lint(write: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("p.yml").write_text("scrape_configs: [{job_name: a, scrape_interval: 1h}]")
    assert check(capsys, "p.yml")[0] == 0
    code, _, err = check(capsys, "--lint=too-long-scrape-interval", "p.yml")
    assert code == 0
    assert "too long scrape interval found" in err
    assert "job: a, interval: 1h" in err
    assert check(capsys, "--lint=all", "--lint-fatal", "p.yml")[0] == 3


@pytest.mark.parametrize(
    "text",
    [
        "rule_files: ['*.yml']",
        "remote_read: [{url: 'http://a'}]",
        "alerting: {alertmanagers: [{}]}",
    ],
)
def test_an_agent(write: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    Path("p.yml").write_text(text)
    assert check(capsys, "p.yml")[0] == 0
    code, _, err = check(capsys, "--agent", "p.yml")
    assert code == 1
    assert "is not allowed in agent mode" in err
