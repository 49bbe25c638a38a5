"""Configurations that are refused: each is told with file, line, key and reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from narthex.config.load import load_config, load_config_text
from narthex.model.settings import BadConfig

CASES = Path(__file__).parents[1] / "golden" / "config" / "refused.txt"
JOB = "scrape_configs:\n- job_name: a\n  "


def cases() -> list[tuple[str, str]]:
    """YAML and the start of its message, by the rules at the top of the file."""
    lines = CASES.read_text().splitlines()
    blocks = "\n".join(line for line in lines if not line.startswith("#")).strip().split("\n\n")
    split = [block.partition("\n=> ") for block in blocks]
    return [(re.sub(r"(?m)^\.$", "", text), message) for text, _, message in split]


@pytest.mark.parametrize(("text", "message"), cases(), ids=[m for _, m in cases()])
def test_refused_with_place_and_reason(text: str, message: str) -> None:
    with pytest.raises(BadConfig) as caught:
        load_config_text(text, Path("c.yml"), {})
    assert str(caught.value).startswith(f"c.yml:{message}")


def test_a_job_of_another_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "a.yml").write_text("scrape_configs:\n- job_name: a\n")
    main = tmp_path / "prometheus.yml"
    main.write_text("scrape_config_files: [jobs/*.yml]\nscrape_configs: [{job_name: a}]\n")
    with pytest.raises(BadConfig) as caught:
        load_config(main)
    assert str(caught.value) == (
        f"{tmp_path}/jobs/a.yml:2: scrape_configs[0].job_name: found multiple scrape configs "
        f'with job name "a", first at {main}:2'
    )


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    main = tmp_path / "prometheus.yml"
    main.write_bytes(b"global:\n  external_labels: {a: \xff}\n")
    with pytest.raises(BadConfig, match=r"prometheus\.yml:2: the file is not UTF-8"):
        load_config(main)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_config(tmp_path / "prometheus.yml")


@pytest.mark.parametrize("key", ["password", "bearer_token", "client_secret"])
def test_a_secret_is_never_in_a_message(key: str) -> None:
    text = {
        "password": "basic_auth: {password: s3cret, password_file: b}",
        "bearer_token": "bearer_token: s3cret\n  bearer_token_file: b",
        "client_secret": "oauth2: {client_id: a, client_secret: s3cret}",
    }[key]
    with pytest.raises(BadConfig) as caught:
        load_config_text(JOB + text, Path("c.yml"), {})
    assert "s3cret" not in str(caught.value)
