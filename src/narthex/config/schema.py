"""The whole of `prometheus.yml`, composed of what each room declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from narthex.config.alerting import AlertingConfig
from narthex.config.otlp import OtlpConfig
from narthex.config.remote import RemoteReadConfig, RemoteWriteConfig
from narthex.config.storage import StorageConfig
from narthex.config.tracing import TracingConfig
from narthex.config.yaml_out import to_yaml
from narthex.model.labels import LEGACY_LABEL_NAME
from narthex.model.settings import (
    DURATION_MS,
    INTEGER,
    LABEL_MAP,
    PATH,
    BadSetting,
    ListOf,
    Nested,
    document,
    inline,
    setting,
)
from narthex.scrape.config import LEGACY, ScrapeConfig, ScrapeSettings

GLOB_PATTERN = re.compile(r"[^*]*(\*[^/]*)?")
"""One `*`, in the last part of a path: what Prometheus takes for files of rules and jobs."""


@dataclass(frozen=True, slots=True)
class GlobalConfig:
    """What holds for all jobs and rule groups unless they say otherwise."""

    scrape: ScrapeSettings = inline(ScrapeSettings)
    evaluation_interval_ms: int = setting(DURATION_MS, 60_000, key="evaluation_interval")
    rule_query_offset_ms: int = setting(DURATION_MS, 0, key="rule_query_offset")
    query_log_file: str = setting(PATH, "", acted_on=False)
    external_labels: Mapping[str, str] = setting(LABEL_MAP, {})

    def __post_init__(self) -> None:
        if self.scrape.metric_name_validation_scheme != LEGACY:
            return
        for name in self.external_labels:
            if not LEGACY_LABEL_NAME.fullmatch(name):
                raise BadSetting("external_labels", f'"{name}" is not a valid label name')


@dataclass(frozen=True, slots=True)
class RuntimeConfig:
    """Settings of Go's runtime; Narthex has none of it and keeps them for Prometheus."""

    gogc: int = setting(INTEGER, 75)


@dataclass(frozen=True, slots=True)
class Config:
    """One configuration, read and checked: complete, so that no room fills in defaults.

    `scrape_configs` are those of the file itself, `jobs` adds those of `scrape_config_files`.
    `warnings` names, once each, what is accepted and has no effect yet. `files` are all the files
    that were read.
    """

    global_: GlobalConfig = setting(Nested(GlobalConfig), GlobalConfig(), key="global")
    runtime: RuntimeConfig = setting(Nested(RuntimeConfig), RuntimeConfig())
    alerting: AlertingConfig = setting(Nested(AlertingConfig), AlertingConfig(), acted_on=False)
    rule_files: tuple[str, ...] = setting(ListOf(PATH), (), acted_on=False)
    scrape_config_files: tuple[str, ...] = setting(ListOf(PATH), ())
    scrape_configs: tuple[ScrapeConfig, ...] = setting(ListOf(Nested(ScrapeConfig)), ())
    storage: StorageConfig = setting(Nested(StorageConfig), StorageConfig())
    tracing: TracingConfig | None = setting(Nested(TracingConfig), acted_on=False)
    remote_write: tuple[RemoteWriteConfig, ...] = setting(
        ListOf(Nested(RemoteWriteConfig)), (), acted_on=False
    )
    remote_read: tuple[RemoteReadConfig, ...] = setting(
        ListOf(Nested(RemoteReadConfig)), (), acted_on=False
    )
    otlp: OtlpConfig = setting(Nested(OtlpConfig), OtlpConfig(), acted_on=False)
    jobs: tuple[ScrapeConfig, ...] = field(default=(), kw_only=True)
    warnings: tuple[str, ...] = field(default=(), kw_only=True)
    files: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        for key, paths in (
            ("rule_files", self.rule_files),
            ("scrape_config_files", self.scrape_config_files),
        ):
            for path in paths:
                if not GLOB_PATTERN.fullmatch(path):
                    raise BadSetting(key, f'invalid path "{path}": at most one *, in its last part')
        if self.otlp.needs_utf8 and self.global_.scrape.metric_name_validation_scheme == LEGACY:
            raise BadSetting(
                "otlp",
                f'OTLP translation strategy "{self.otlp.translation_strategy}" is not allowed '
                "when UTF8 is disabled",
            )
        _refuse_same_names("remote_write", [config.name for config in self.remote_write])
        _refuse_same_names("remote_read", [config.name for config in self.remote_read])

    def to_yaml(self) -> str:
        """As Prometheus prints it: defaults filled in, secrets hidden."""
        return to_yaml(document(self))


def _refuse_same_names(key: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        if name and name in names[:index]:
            raise BadSetting(key, f'found multiple {key} configs with job name "{name}"')


@dataclass(frozen=True, slots=True)
class ScrapeConfigFile:
    """What a file of `scrape_config_files` may hold."""

    scrape_configs: tuple[ScrapeConfig, ...] = setting(ListOf(Nested(ScrapeConfig)), ())
