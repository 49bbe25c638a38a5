"""Good configurations: what is filled in, expanded, resolved, printed and warned of."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from narthex.config.load import embedded_config, load_config, load_config_text
from narthex.config.schema import Config
from narthex.discovery.static import StaticConfig
from narthex.scrape.config import TEXT_PROTOCOLS

GOLDEN = Path(__file__).parents[1] / "golden" / "config"
ENVIRONMENT = {"REGION": "eu", "EMPTY": ""}


def load_text(text: str, path: str = "c.yml") -> Config:
    return load_config_text(text, Path(path), ENVIRONMENT)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.good.yml")), ids=lambda path: path.stem)
def test_printed_configurations_read_back_the_same(path: Path) -> None:
    """What is printed is a fixed point: defaults filled in once, secrets staying hidden."""
    printed = load_config(path, ENVIRONMENT).to_yaml()
    again = load_config_text(printed, path, {}).to_yaml()
    assert yaml.safe_load(again) == yaml.safe_load(printed)


def test_secrets_are_printed_nowhere() -> None:
    config = load_config(GOLDEN / "everything.good.yml", ENVIRONMENT)
    for shown in (config.to_yaml(), repr(config)):
        assert "password: p\n" not in shown
        assert "zz" not in shown
        assert "token: t\n" not in shown
        assert "secret_key: s\n" not in shown
    assert config.jobs[0].http.basic_auth is not None
    assert config.jobs[0].http.basic_auth.password.reveal() == "p"


def test_an_empty_file_is_all_defaults() -> None:
    config = load_text("")
    settings = config.global_.scrape
    assert settings.scrape_interval_ms == 60_000
    assert settings.scrape_timeout_ms == 10_000
    assert settings.metric_name_validation_scheme == "utf8"
    assert config.global_.evaluation_interval_ms == 60_000
    assert config.jobs == ()
    assert load_text("global:\n").global_ == config.global_


def test_what_a_job_takes_from_above() -> None:
    a, b, c = load_config(GOLDEN / "shared.good.yml", ENVIRONMENT).jobs
    assert (a.settings.scrape_interval_ms, a.settings.scrape_timeout_ms) == (30_000, 10_000)
    assert (b.settings.scrape_interval_ms, b.settings.scrape_timeout_ms) == (5_000, 5_000)
    assert [job.settings.sample_limit for job in (a, b, c)] == [5, 5, 1000]
    assert a.settings.metric_name_escaping_scheme == "underscores"
    assert c.settings.metric_name_escaping_scheme == "allow-utf-8"
    assert a.settings.scrape_protocols == ("PrometheusProto", *TEXT_PROTOCOLS)
    assert c.settings.scrape_protocols == ("PrometheusText0.0.4",)
    assert b.scheme == "https"
    assert b.metric_relabel_configs == a.relabel_configs


def test_false_in_a_job_beats_true_above() -> None:
    text = (
        "global: {scrape_native_histograms: true}\n"
        "scrape_configs: [{job_name: a, scrape_native_histograms: false}, {job_name: b}]"
    )
    a, b = load_text(text).jobs
    assert a.settings.scrape_native_histograms is False
    assert a.settings.scrape_protocols == TEXT_PROTOCOLS
    assert b.settings.scrape_native_histograms is True


@pytest.mark.parametrize(
    ("written", "expanded"),
    [
        ("$REGION", "eu"),
        ("${REGION}x", "eux"),
        ("a$REGION-b", "aeu-b"),
        ("$REGIONX", ""),
        ("$$REGION", "$REGION"),
        ("${NOPE}", ""),
        ("$EMPTY", ""),
        ("5$", "5$"),
        ("$1x", "x"),
        ("$/a", "$/a"),
    ],
)
def test_variables_in_external_labels(written: str, expanded: str) -> None:
    config = load_text(f"global: {{external_labels: {{a: '{written}'}}}}")
    assert config.global_.external_labels == {"a": expanded}


def test_an_unset_variable_is_warned_of() -> None:
    config = load_text("global: {external_labels: {a: $NOPE}}")
    assert config.warnings == ("external_labels: environment variable NOPE is empty",)


def test_paths_start_in_the_folder_of_their_file(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "b.yml").write_text(
        "scrape_configs: [{job_name: b, bearer_token_file: t}]"
    )
    main = tmp_path / "prometheus.yml"
    main.write_text(
        "rule_files: [rules/*.yml, /abs.yml]\nscrape_config_files: [jobs/*.yml]\n"
        "scrape_configs: [{job_name: a, tls_config: {ca_file: ca.pem}}]"
    )
    config = load_config(main)
    assert config.rule_files == (f"{tmp_path}/rules/*.yml", "/abs.yml")
    a, b = config.jobs
    assert a.http.tls_config.ca_file == f"{tmp_path}/ca.pem"
    assert b.http.authorization is not None
    assert b.http.authorization.credentials_file == f"{tmp_path}/jobs/t"
    assert config.scrape_configs == (a,)
    assert config.files == (str(main), f"{tmp_path}/jobs/b.yml")


def test_what_has_no_effect_yet_is_named_once() -> None:
    text = "scrape_configs:\n" + "".join(
        f"- {{job_name: j{i}, consul_sd_configs: [{{server: a}}]}}\n" for i in range(3)
    )
    warnings = load_text(text).warnings
    assert warnings == ("consul_sd_configs is accepted, but finds no targets yet",)


def test_urls_as_addresses_are_left_to_rules() -> None:
    text = (
        "scrape_configs: [{job_name: a, static_configs: [{targets: ['http://a/x']}], "
        "relabel_configs: [{source_labels: [__address__], target_label: __param_target}]}]"
    )
    (job,) = load_text(text).jobs
    assert job.discovery.configs() == [StaticConfig(targets=("http://a/x",))]


def test_the_embedded_configuration_scrapes_this_process() -> None:
    config = embedded_config("localhost:9090", "/prefix/metrics")
    (job,) = config.jobs
    assert job.metrics_path == "/prefix/metrics"
    assert job.discovery.addresses_listed() == ["localhost:9090"]
    assert config.warnings == ()
