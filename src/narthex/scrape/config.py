"""What a configuration says of scraping: settings shared with `global`, and one job's own.

A job is complete once `ScrapeConfig.inheriting` has filled in what it leaves to `global`; rooms see
complete ones only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from narthex.discovery.mechanisms import DiscoveryConfigs, discovery_keys
from narthex.httpclient.options import HttpOptions
from narthex.model.relabel import RelabelConfig
from narthex.model.settings import (
    BOOLEAN,
    DURATION_MS,
    NUMBER,
    PATH,
    SIZE_BYTES,
    TEXT,
    UNSIGNED,
    BadSetting,
    ListOf,
    MapOf,
    Nested,
    OneOf,
    inline,
    setting,
)

TEXT_PROTOCOLS: Final = (
    "OpenMetricsText1.0.0",
    "OpenMetricsText0.0.1",
    "PrometheusText1.0.0",
    "PrometheusText0.0.4",
)
PROTOBUF_PROTOCOL: Final = "PrometheusProto"
PROTOCOLS: Final = (PROTOBUF_PROTOCOL, *TEXT_PROTOCOLS)

UTF8: Final = "utf8"
LEGACY: Final = "legacy"
ALLOW_UTF8: Final = "allow-utf-8"
UNDERSCORES: Final = "underscores"
ESCAPING_SCHEMES: Final = (ALLOW_UTF8, UNDERSCORES, "dots", "values")


@dataclass(frozen=True, slots=True)
class ScrapeSettings:
    """What `global` gives and a job may override.

    Zero, None or empty means *not said*, so it is taken from above; in a complete job it means no
    limit or no.
    """

    scrape_interval_ms: int = setting(DURATION_MS, 0, key="scrape_interval")
    scrape_timeout_ms: int = setting(DURATION_MS, 0, key="scrape_timeout")
    scrape_protocols: tuple[str, ...] = setting(ListOf(OneOf(PROTOCOLS)), ())
    scrape_native_histograms: bool | None = setting(BOOLEAN, printed_empty=True)
    always_scrape_classic_histograms: bool | None = setting(BOOLEAN, printed_empty=True)
    convert_classic_histograms_to_nhcb: bool | None = setting(BOOLEAN, printed_empty=True)
    extra_scrape_metrics: bool | None = setting(BOOLEAN, printed_empty=True)
    scrape_failure_log_file: str = setting(PATH, "", acted_on=False)
    body_size_limit: int = setting(SIZE_BYTES, 0)
    sample_limit: int = setting(UNSIGNED, 0)
    target_limit: int = setting(UNSIGNED, 0)
    label_limit: int = setting(UNSIGNED, 0)
    label_name_length_limit: int = setting(UNSIGNED, 0)
    label_value_length_limit: int = setting(UNSIGNED, 0)
    keep_dropped_targets: int = setting(UNSIGNED, 0)
    metric_name_validation_scheme: str = setting(OneOf((UTF8, LEGACY), may_be_empty=True), "")
    metric_name_escaping_scheme: str = setting(OneOf(ESCAPING_SCHEMES, may_be_empty=True), "")

    def __post_init__(self) -> None:
        if self.scrape_interval_ms and self.scrape_timeout_ms > self.scrape_interval_ms:
            raise BadSetting("scrape_timeout", "scrape timeout greater than scrape interval")
        if len(set(self.scrape_protocols)) < len(self.scrape_protocols):
            raise BadSetting("scrape_protocols", "a protocol is given twice")
        if (
            self.metric_name_escaping_scheme == ALLOW_UTF8
            and self.metric_name_validation_scheme == LEGACY
        ):
            raise BadSetting(
                "metric_name_escaping_scheme",
                "utf8 metric names requested but validation scheme is not set to UTF8",
            )

    def inheriting(self, above: ScrapeSettings) -> ScrapeSettings:
        """The same, what is not said taken from `above`. Raises BadSetting if that contradicts."""
        interval_ms = self.scrape_interval_ms or above.scrape_interval_ms
        said: dict[str, Any] = {
            "scrape_interval_ms": interval_ms,
            "scrape_timeout_ms": self.scrape_timeout_ms
            or min(above.scrape_timeout_ms, interval_ms),
            "metric_name_escaping_scheme": self._escaping_scheme(above),
        }
        for field in dataclasses.fields(self):
            own = getattr(self, field.name)
            if field.name not in said and (
                own is None or own in ((), "") or (own == 0 and own is not False)
            ):
                said[field.name] = getattr(above, field.name)
        return replace(self, **said)

    def _escaping_scheme(self, above: ScrapeSettings) -> str:
        if self.metric_name_escaping_scheme:
            return self.metric_name_escaping_scheme
        scheme = self.metric_name_validation_scheme
        if not scheme and above.metric_name_escaping_scheme:
            return above.metric_name_escaping_scheme
        is_legacy = (scheme or above.metric_name_validation_scheme) == LEGACY
        return UNDERSCORES if is_legacy else ALLOW_UTF8


DEFAULT_SETTINGS: Final = ScrapeSettings(
    scrape_interval_ms=60_000,
    scrape_timeout_ms=10_000,
    scrape_native_histograms=False,
    always_scrape_classic_histograms=False,
    convert_classic_histograms_to_nhcb=False,
    extra_scrape_metrics=False,
    metric_name_validation_scheme=UTF8,
)
"""What holds where neither a job nor `global` says anything."""


@dataclass(frozen=True, slots=True)
class ScrapeConfig:
    """One job: which targets, how to ask them, what to make of their answers."""

    job_name: str = setting(TEXT, required=True)
    honor_labels: bool = setting(BOOLEAN, False)
    honor_timestamps: bool = setting(BOOLEAN, True, printed_empty=True)
    track_timestamps_staleness: bool = setting(BOOLEAN, False, printed_empty=True)
    params: Mapping[str, tuple[str, ...]] = setting(MapOf(ListOf(TEXT)), {})
    settings: ScrapeSettings = inline(ScrapeSettings)
    fallback_scrape_protocol: str = setting(OneOf(PROTOCOLS, may_be_empty=True), "")
    metrics_path: str = setting(TEXT, "/metrics")
    scheme: str = setting(OneOf(("http", "https")), "http")
    enable_compression: bool = setting(BOOLEAN, True, printed_empty=True)
    native_histogram_bucket_limit: int = setting(UNSIGNED, 0)
    native_histogram_min_bucket_factor: float = setting(NUMBER, 0.0)
    http: HttpOptions = inline(HttpOptions)
    relabel_configs: tuple[RelabelConfig, ...] = setting(ListOf(Nested(RelabelConfig)), ())
    metric_relabel_configs: tuple[RelabelConfig, ...] = setting(ListOf(Nested(RelabelConfig)), ())
    discovery: DiscoveryConfigs = discovery_keys()

    def __post_init__(self) -> None:
        if not self.job_name:
            raise BadSetting("job_name", "job_name is empty")
        if not self.relabel_configs:
            # With rules, an address may still become one.
            check_addresses(self.discovery)

    def inheriting(self, above: ScrapeSettings) -> ScrapeConfig:
        """The complete job, given the settings of `global`. Raises BadSetting."""
        settings = self.settings.inheriting(above)
        if not settings.scrape_protocols:
            first = (PROTOBUF_PROTOCOL,) if settings.scrape_native_histograms else ()
            settings = replace(settings, scrape_protocols=(*first, *TEXT_PROTOCOLS))
        return replace(self, settings=settings)


def check_addresses(discovery: DiscoveryConfigs) -> None:
    """Raise BadSetting for a listed address that is a URL or holds a path."""
    for address in discovery.addresses_listed():
        if "/" in address:
            raise BadSetting("static_configs", f'"{address}" is not a valid hostname')
