"""Configurations that are refused: each with the file, line, key and reason that it must be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from narthex.config.load import load_config, load_config_text
from narthex.model.settings import BadConfig

JOB = "scrape_configs:\n- job_name: a\n  "

REFUSED = {
    # Shape.
    "scrape_config: []": "1: scrape_config: unknown key (did you mean scrape_configs?)",
    "scrape_configs: {}": "1: scrape_configs: expected a list, found a mapping",
    "scrape_configs:\n- null": "2: scrape_configs[0]: expected a mapping, found a empty value",
    "global:\n  scrape_interval: 15": '2: global.scrape_interval: not a valid duration string: "15"',
    "global: {}\nglobal: {}": "2: global: the key is given twice, first on line 1",
    "- a": "1: expected a mapping, found a list",
    "a: b: c": "1: bad YAML: mapping values are not allowed in this context",
    # global
    "global: {scrape_timeout: 2m}": "1: global.scrape_timeout: scrape timeout greater than scrape interval",
    "global: {scrape_protocols: [Prom]}": "1: global.scrape_protocols[0]: expected one of PrometheusProto,",
    "global: {external_labels: [a]}": "1: global.external_labels: expected a mapping",
    "global:\n  metric_name_validation_scheme: legacy\n  external_labels: {a-b: c}": '3: global.external_labels: "a-b" is not a valid label name',
    "global: {sample_limit: -1}": "1: global.sample_limit: expected a number from 0 to",
    "global: {body_size_limit: 10}": '1: global.body_size_limit: not a valid size: "10"',
    "global: {metric_name_validation_scheme: x}": "1: global.metric_name_validation_scheme: expected one of utf8, legacy",
    # Jobs.
    "scrape_configs: [{scheme: http}]": "1: scrape_configs[0]: job_name is missing",
    "scrape_configs: [{job_name: }]": "1: scrape_configs[0].job_name: job_name is empty",
    JOB + "\n- job_name: b\n\n- job_name: a": '6: scrape_configs[2].job_name: found multiple scrape configs with job name "a", first at c.yml:2',
    JOB + "scrape_interval: 5s\n  scrape_timeout: 6s": "4: scrape_configs[0].scrape_timeout: scrape timeout greater than scrape interval",
    "global: {scrape_interval: 5s}\n" + JOB + "scrape_timeout: 6s": "4: scrape_configs[0].scrape_timeout: scrape timeout greater",
    JOB + "scheme: ftp": '3: scrape_configs[0].scheme: expected one of http, https, found "ftp"',
    JOB + "scrape_protocols: [PrometheusText0.0.4, PrometheusText0.0.4]": "3: scrape_configs[0].scrape_protocols: a protocol is given twice",
    JOB + "metric_name_validation_scheme: legacy\n  metric_name_escaping_scheme: allow-utf-8": "4: scrape_configs[0].metric_name_escaping_scheme: utf8 metric names requested",
    JOB + "honor_labels: maybe": "3: scrape_configs[0].honor_labels: expected true or false, found `maybe`",
    JOB + "params: {a: b}": "3: scrape_configs[0].params.a: expected a list",
    # Targets.
    JOB + "static_configs: [{targets: ['http://a']}]": '3: scrape_configs[0].static_configs: "http://a" is not a valid hostname',
    JOB + "static_configs: [{target: [a]}]": "3: scrape_configs[0].static_configs[0].target: unknown key (did you mean targets?)",
    JOB + "file_sd_configs: [{files: []}]": "3: scrape_configs[0].file_sd_configs[0].files: file service discovery config must contain",
    JOB + "file_sd_configs: [{}]": "3: scrape_configs[0].file_sd_configs[0]: files is missing",
    JOB + "file_sd_configs: [{files: ['a/*/b.json']}]": '3: scrape_configs[0].file_sd_configs[0].files: path name "a/*/b.json" is not valid',
    JOB + "file_sd_configs: [{files: ['a.txt']}]": '3: scrape_configs[0].file_sd_configs[0].files: path name "a.txt" is not valid',
    JOB + "http_sd_configs: [{}]": "3: scrape_configs[0].http_sd_configs[0]: url is missing",
    JOB + "http_sd_configs: [{url: 'ftp://a'}]": "3: scrape_configs[0].http_sd_configs[0].url: URL scheme must be 'http' or 'https'",
    JOB + "http_sd_configs: [{url: '/a'}]": '3: scrape_configs[0].http_sd_configs[0].url: not a URL with scheme and host: "/a"',
    JOB + "consul_sd_configs: [{serverr: x}]": "3: scrape_configs[0].consul_sd_configs[0].serverr: unknown key",
    JOB + "kubernetes_sd_configs: [{}]": "3: scrape_configs[0].kubernetes_sd_configs[0]: role is missing",
    JOB + "ec2_sd_configs: [{refresh_interval: 5}]": "3: scrape_configs[0].ec2_sd_configs[0].refresh_interval: not a valid duration",
    JOB + "dns_sd_configs: [{names: [a], port: 65536}]": "3: scrape_configs[0].dns_sd_configs[0].port: expected a number from 0 to 65535",
    # Relabelling.
    JOB + "relabel_configs:\n  - action: hashmod\n    target_label: x": "4: scrape_configs[0].relabel_configs[0]: relabel configuration for hashmod requires non-zero modulus",
    JOB + "relabel_configs:\n  - target_label: x\n    regex: '('": "5: scrape_configs[0].relabel_configs[0].regex: error parsing regexp: missing",
    JOB + "relabel_configs: [{action: nope}]": '3: scrape_configs[0].relabel_configs[0].action: unknown relabel action "nope"',
    JOB + "metric_relabel_configs: [{action: labeldrop, target_label: x}]": "3: scrape_configs[0].metric_relabel_configs[0].target_label: labeldrop action requires only 'regex'",
    # HTTP options.
    JOB + "basic_auth: {username: a}\n  bearer_token: b": "4: scrape_configs[0].bearer_token: at most one of basic_auth, authorization, oauth2,",
    JOB + "basic_auth: {password: a, password_file: b}": "3: scrape_configs[0].basic_auth.password_file: at most one of password & password_file",
    JOB + "authorization: {type: Basic}": "3: scrape_configs[0].authorization.type: authorization type cannot be basic",
    JOB + "authorization: {}\n  oauth2: {client_id: a, token_url: 'http://a'}": "4: scrape_configs[0].oauth2: at most one of",
    JOB + "oauth2: {token_url: 'http://a'}": "3: scrape_configs[0].oauth2: oauth2 client_id must be configured",
    JOB + "oauth2: {client_id: a}": "3: scrape_configs[0].oauth2: token_url is missing",
    JOB + "tls_config: {cert_file: a}": "3: scrape_configs[0].tls_config: exactly one of key or key_file",
    JOB + "tls_config: {ca: a, ca_file: b}": "3: scrape_configs[0].tls_config.ca_file: at most one of ca & ca_file",
    JOB + "tls_config: {min_version: TLS13, max_version: TLS12}": "3: scrape_configs[0].tls_config.max_version: max_version must not be below",
    JOB + "tls_config: {min_version: '1.2'}": "3: scrape_configs[0].tls_config.min_version: expected one of TLS10,",
    JOB + "proxy_url: 'http://p'\n  proxy_from_environment: true": "3: scrape_configs[0].proxy_url: proxy_from_environment and proxy_url must not both",
    JOB + "no_proxy: a": "3: scrape_configs[0].no_proxy: no_proxy needs proxy_url",
    JOB + "http_headers: {user-AGENT: {values: [x]}}": '3: scrape_configs[0].http_headers: setting header "user-AGENT" is not allowed',
    # Everything else.
    "rule_files: ['a/*/b']": '1: rule_files: invalid path',
    "remote_write: [{}]": "1: remote_write[0]: url is missing",
    "remote_write: [{url: 'http://a', name: n}, {url: 'http://b', name: n}]": '1: remote_write: found multiple remote_write configs with job name "n"',
    "remote_write: [{url: 'http://a', headers: {Authorization: x}}]": "1: remote_write[0].headers: authorization header must be changed via",
    "remote_write: [{url: 'http://a', protobuf_message: x}]": "1: remote_write[0].protobuf_message: expected one of prometheus.WriteRequest,",
    "remote_write: [{url: 'http://a', basic_auth: {}, sigv4: {}}]": "1: remote_write[0].sigv4: at most one of basic_auth,",
    "remote_read: [{url: 'http://a', headers: {Host: x}}]": "1: remote_read[0].headers: Host is a reserved header",
    "tracing: {}": "1: tracing: tracing endpoint must be set",
    "tracing: {endpoint: a, client_type: x}": "1: tracing.client_type: expected one of grpc, http",
    "otlp: {translation_strategy: x}": "1: otlp.translation_strategy: expected one of",
    "otlp: {ignore_resource_attributes: [a]}": "1: otlp.ignore_resource_attributes: 'ignore_resource_attributes' cannot be",
    "otlp: {promote_resource_attributes: [a, a]}": '1: otlp.promote_resource_attributes: attribute "a" is given twice',
    "storage: {tsdb: {retention: {size: 5}}}": '1: storage.tsdb.retention.size: not a valid size: "5"',
    "storage: {tsdb: {chunk_encoding: {floats: gorilla}}}": "1: storage.tsdb.chunk_encoding.floats: expected one of xor, xor2",
    "runtime: {gogc: x}": "1: runtime.gogc: expected a whole number, found `x`",
    "alerting: {alertmanagers: [{api_version: v1}]}": '1: alerting.alertmanagers[0].api_version: expected one of v2, found "v1"',
    "alerting: {alertmanagers: [{static_configs: [{targets: [a/b]}]}]}": '1: alerting.alertmanagers[0].static_configs: "a/b" is not a valid hostname',
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED.items(), ids=range(len(REFUSED)))
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
