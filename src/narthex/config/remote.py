"""The `remote_write` and `remote_read` sections: other systems that get or give samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from narthex.config.cloud import AzureAdConfig, GoogleIamConfig, SigV4Config
from narthex.httpclient.options import RESERVED_HEADERS, HttpOptions
from narthex.model.relabel import RelabelConfig
from narthex.model.settings import (
    BOOLEAN,
    DURATION_MS,
    INTEGER,
    LABEL_MAP,
    TEXT,
    UNSIGNED,
    URL,
    BadSetting,
    ListOf,
    MapOf,
    Nested,
    OneOf,
    inline,
    setting,
)

WRITE_MESSAGES: Final = ("prometheus.WriteRequest", "io.prometheus.write.v2.Request")


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """How samples are batched on their way out."""

    capacity: int = setting(INTEGER, 10_000)
    max_shards: int = setting(INTEGER, 50)
    min_shards: int = setting(INTEGER, 1)
    max_samples_per_send: int = setting(INTEGER, 2_000)
    batch_send_deadline_ms: int = setting(DURATION_MS, 5_000, key="batch_send_deadline")
    min_backoff_ms: int = setting(DURATION_MS, 30, key="min_backoff")
    max_backoff_ms: int = setting(DURATION_MS, 5_000, key="max_backoff")
    retry_on_http_429: bool = setting(BOOLEAN, False)
    sample_age_limit_ms: int = setting(DURATION_MS, 0, key="sample_age_limit")


@dataclass(frozen=True, slots=True)
class MetadataConfig:
    """Whether and how often metadata of metrics is sent."""

    send: bool = setting(BOOLEAN, True, printed_empty=True)
    send_interval_ms: int = setting(DURATION_MS, 60_000, key="send_interval")
    max_samples_per_send: int = setting(INTEGER, 2_000)


@dataclass(frozen=True, slots=True)
class RemoteWriteConfig:
    """One receiver of samples."""

    url: str = setting(URL, required=True)
    remote_timeout_ms: int = setting(DURATION_MS, 30_000, key="remote_timeout")
    headers: Mapping[str, str] = setting(MapOf(TEXT), {})
    write_relabel_configs: tuple[RelabelConfig, ...] = setting(ListOf(Nested(RelabelConfig)), ())
    name: str = setting(TEXT, "")
    send_exemplars: bool = setting(BOOLEAN, False)
    send_native_histograms: bool = setting(BOOLEAN, False)
    round_robin_dns: bool = setting(BOOLEAN, False)
    protobuf_message: str = setting(OneOf(WRITE_MESSAGES), WRITE_MESSAGES[0])
    http: HttpOptions = inline(HttpOptions, enable_http2=False)
    queue_config: QueueConfig = setting(Nested(QueueConfig), QueueConfig())
    metadata_config: MetadataConfig = setting(Nested(MetadataConfig), MetadataConfig())
    sigv4: SigV4Config | None = setting(Nested(SigV4Config))
    azuread: AzureAdConfig | None = setting(Nested(AzureAdConfig))
    google_iam: GoogleIamConfig | None = setting(Nested(GoogleIamConfig))

    def __post_init__(self) -> None:
        refuse_reserved(self.headers)
        ways = {
            "basic_auth": self.http.basic_auth,
            "authorization": self.http.authorization,
            "oauth2": self.http.oauth2,
            "sigv4": self.sigv4,
            "azuread": self.azuread,
            "google_iam": self.google_iam,
        }
        given = [key for key, way in ways.items() if way]
        if len(given) > 1:
            raise BadSetting(
                given[-1],
                f"at most one of {', '.join(ways)} must be configured, found {' and '.join(given)}",
            )


@dataclass(frozen=True, slots=True)
class RemoteReadConfig:
    """One system that is asked for samples when a query needs them."""

    url: str = setting(URL, required=True)
    remote_timeout_ms: int = setting(DURATION_MS, 60_000, key="remote_timeout")
    chunked_read_limit: int = setting(UNSIGNED, 50_000_000)
    headers: Mapping[str, str] = setting(MapOf(TEXT), {})
    read_recent: bool = setting(BOOLEAN, False)
    name: str = setting(TEXT, "")
    http: HttpOptions = inline(HttpOptions)
    required_matchers: Mapping[str, str] = setting(LABEL_MAP, {})
    filter_external_labels: bool = setting(BOOLEAN, True)

    def __post_init__(self) -> None:
        refuse_reserved(self.headers)


def refuse_reserved(headers: Mapping[str, str]) -> None:
    """Raise BadSetting for a header that another option sets, or the protocol itself."""
    for name in headers:
        if name.lower() == "authorization":
            raise BadSetting(
                "headers",
                "authorization header must be changed via the basic_auth, authorization, oauth2, "
                "sigv4, azuread or google_iam parameter",
            )
        if name.lower() in RESERVED_HEADERS:
            raise BadSetting("headers", f"{name} is a reserved header. It must not be changed")
