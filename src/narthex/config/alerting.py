"""The `alerting` section: which Alertmanagers are told, and how alerts are rewritten for them."""

from __future__ import annotations

from dataclasses import dataclass

from narthex.config.cloud import SigV4Config
from narthex.discovery.mechanisms import DiscoveryConfigs, discovery_keys
from narthex.httpclient.options import HttpOptions
from narthex.model.relabel import RelabelConfig
from narthex.model.settings import (
    DURATION_MS,
    TEXT,
    BadSetting,
    ListOf,
    Nested,
    OneOf,
    inline,
    setting,
)
from narthex.scrape.config import check_addresses

RELABEL_CONFIGS = ListOf(Nested(RelabelConfig))


@dataclass(frozen=True, slots=True)
class AlertmanagerConfig:
    """A set of Alertmanagers that are found and spoken to in the same way."""

    http: HttpOptions = inline(HttpOptions)
    sigv4: SigV4Config | None = setting(Nested(SigV4Config), acted_on=False)
    scheme: str = setting(OneOf(("http", "https")), "http")
    path_prefix: str = setting(TEXT, "")
    timeout_ms: int = setting(DURATION_MS, 10_000, key="timeout")
    api_version: str = setting(OneOf(("v2",)), "v2")
    relabel_configs: tuple[RelabelConfig, ...] = setting(RELABEL_CONFIGS, ())
    alert_relabel_configs: tuple[RelabelConfig, ...] = setting(RELABEL_CONFIGS, ())
    discovery: DiscoveryConfigs = discovery_keys()

    def __post_init__(self) -> None:
        if self.sigv4 and (self.http.basic_auth or self.http.authorization or self.http.oauth2):
            raise BadSetting(
                "sigv4",
                "at most one of basic_auth, authorization, oauth2 & sigv4 must be configured",
            )
        if not self.relabel_configs:
            check_addresses(self.discovery)


@dataclass(frozen=True, slots=True)
class AlertingConfig:
    """Everything about sending alerts."""

    alert_relabel_configs: tuple[RelabelConfig, ...] = setting(RELABEL_CONFIGS, ())
    alertmanagers: tuple[AlertmanagerConfig, ...] = setting(ListOf(Nested(AlertmanagerConfig)), ())
