"""The `tracing` section: where Narthex's own traces go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from narthex.config.remote import refuse_reserved
from narthex.httpclient.options import TlsOptions
from narthex.model.settings import (
    BOOLEAN,
    DURATION_MS,
    NUMBER,
    TEXT,
    BadSetting,
    MapOf,
    Nested,
    OneOf,
    setting,
)


@dataclass(frozen=True, slots=True)
class TracingConfig:
    """One receiver of spans."""

    client_type: str = setting(OneOf(("grpc", "http")), "grpc")
    endpoint: str = setting(TEXT, "")
    sampling_fraction: float = setting(NUMBER, 0.0)
    insecure: bool = setting(BOOLEAN, False)
    tls_config: TlsOptions = setting(Nested(TlsOptions), TlsOptions(), printed_default=False)
    headers: Mapping[str, str] = setting(MapOf(TEXT), {})
    compression: str = setting(OneOf(("gzip",)), "")
    timeout_ms: int = setting(DURATION_MS, 0, key="timeout")

    def __post_init__(self) -> None:
        if not self.endpoint:
            raise BadSetting("endpoint", "tracing endpoint must be set")
        refuse_reserved(self.headers)
