"""The HTTP client options of scrape jobs, discovery, Alertmanagers and remote endpoints.

Declared as Prometheus's configuration has them and checked as it checks them; a client is made of
them by `client.HttpClient`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from narthex.model.settings import (
    BOOLEAN,
    PATH,
    SECRET,
    TEXT,
    URL,
    BadSetting,
    ListOf,
    MapOf,
    Nested,
    OneOf,
    Secret,
    inline,
    setting,
)

TLS_VERSIONS = ("TLS10", "TLS11", "TLS12", "TLS13")
CLIENT_CREDENTIALS = "client_credentials"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GRANT_TYPES = (CLIENT_CREDENTIALS, JWT_BEARER)
RESERVED_HEADERS = frozenset(
    name.lower()
    for name in (
        "Authorization",
        "Host",
        "Content-Encoding",
        "Content-Length",
        "Content-Type",
        "User-Agent",
        "Connection",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Www-Authenticate",
        "Accept-Encoding",
        "X-Prometheus-Remote-Write-Version",
        "X-Prometheus-Remote-Read-Version",
        "X-Prometheus-Scrape-Timeout-Seconds",
        "X-Amz-Date",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
    )
)
"""Headers that the client or the protocol sets; `http_headers` may not."""


def refuse_both(options: object, inline_key: str, file_key: str) -> None:
    """Raise BadSetting when a value is given both here and in a file."""
    if getattr(options, inline_key) and getattr(options, file_key):
        raise BadSetting(file_key, f"at most one of {inline_key} & {file_key} must be configured")


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """How a server is trusted and how we show who we are."""

    ca: str = setting(TEXT, "")
    cert: str = setting(TEXT, "")
    key: Secret = setting(SECRET, Secret())
    ca_file: str = setting(PATH, "")
    cert_file: str = setting(PATH, "")
    key_file: str = setting(PATH, "")
    server_name: str = setting(TEXT, "")
    insecure_skip_verify: bool = setting(BOOLEAN, False, printed_empty=True)
    min_version: str = setting(OneOf(TLS_VERSIONS), "")
    max_version: str = setting(OneOf(TLS_VERSIONS), "")

    def __post_init__(self) -> None:
        refuse_both(self, "ca", "ca_file")
        refuse_both(self, "cert", "cert_file")
        refuse_both(self, "key", "key_file")
        has_cert, has_key = bool(self.cert or self.cert_file), bool(self.key or self.key_file)
        if has_cert and not has_key:
            raise BadSetting("cert", "exactly one of key or key_file must be configured with cert")
        if has_key and not has_cert:
            raise BadSetting("key", "exactly one of cert or cert_file must be configured with key")
        if self.min_version and self.max_version and self.min_version > self.max_version:
            raise BadSetting("max_version", "max_version must not be below min_version")


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """A user name and password, each given here or in a file read at every request."""

    username: str = setting(TEXT, "")
    username_file: str = setting(PATH, "")
    password: Secret = setting(SECRET, Secret())
    password_file: str = setting(PATH, "")

    def __post_init__(self) -> None:
        refuse_both(self, "username", "username_file")
        refuse_both(self, "password", "password_file")


@dataclass(frozen=True, slots=True)
class Authorization:
    """An `Authorization` header of any type but Basic."""

    type: str = setting(TEXT, "Bearer")
    credentials: Secret = setting(SECRET, Secret())
    credentials_file: str = setting(PATH, "")

    def __post_init__(self) -> None:
        refuse_both(self, "credentials", "credentials_file")
        if self.type.strip().lower() == "basic":
            raise BadSetting("type", "authorization type cannot be basic; use basic_auth instead")


@dataclass(frozen=True, slots=True)
class ProxyOptions:
    """Through which proxy requests go; without any they go straight."""

    proxy_url: str = setting(URL, "")
    no_proxy: str = setting(TEXT, "")
    proxy_from_environment: bool = setting(BOOLEAN, False)
    proxy_connect_header: Mapping[str, tuple[Secret, ...]] = setting(MapOf(ListOf(SECRET)), {})

    def __post_init__(self) -> None:
        if self.proxy_from_environment and self.proxy_url:
            raise BadSetting(
                "proxy_url", "proxy_from_environment and proxy_url must not both be configured"
            )
        if self.proxy_from_environment and self.no_proxy:
            raise BadSetting(
                "no_proxy", "proxy_from_environment and no_proxy must not both be configured"
            )
        has_proxy = self.proxy_from_environment or self.proxy_url
        if self.no_proxy and not has_proxy:
            raise BadSetting("no_proxy", "no_proxy needs proxy_url")
        if self.proxy_connect_header and not has_proxy:
            raise BadSetting(
                "proxy_connect_header",
                "proxy_connect_header needs proxy_url or proxy_from_environment",
            )


@dataclass(frozen=True, slots=True)
class OAuth2:
    """A token fetched with client credentials, or with a signed assertion (`jwt-bearer`)."""

    client_id: str = setting(TEXT, "")
    client_secret: Secret = setting(SECRET, Secret())
    client_secret_file: str = setting(PATH, "")
    client_certificate_key_id: str = setting(TEXT, "")
    client_certificate_key: Secret = setting(SECRET, Secret())
    client_certificate_key_file: str = setting(PATH, "")
    grant_type: str = setting(OneOf(GRANT_TYPES), "")
    signature_algorithm: str = setting(OneOf(("RS256", "RS384", "RS512")), "")
    iss: str = setting(TEXT, "")
    audience: str = setting(TEXT, "")
    claims: Mapping[str, str] = setting(MapOf(TEXT), {})
    scopes: tuple[str, ...] = setting(ListOf(TEXT), ())
    token_url: str = setting(URL, required=True)
    endpoint_params: Mapping[str, str] = setting(MapOf(TEXT), {})
    tls_config: TlsOptions = setting(Nested(TlsOptions), TlsOptions(), printed_default=False)
    proxy: ProxyOptions = inline(ProxyOptions)

    def __post_init__(self) -> None:
        if not self.client_id and self.grant_type != JWT_BEARER:
            raise BadSetting("client_id", "oauth2 client_id must be configured")
        refuse_both(self, "client_secret", "client_secret_file")
        refuse_both(self, "client_certificate_key", "client_certificate_key_file")


@dataclass(frozen=True, slots=True)
class HeaderValues:
    """The values of one header: shown, hidden, and read from files, all sent."""

    values: tuple[str, ...] = setting(ListOf(TEXT), ())
    secrets: tuple[Secret, ...] = setting(ListOf(SECRET), ())
    files: tuple[str, ...] = setting(ListOf(PATH), ())


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """All options of one client. `enable_http2` is accepted; requests are HTTP/1.1."""

    basic_auth: BasicAuth | None = setting(Nested(BasicAuth))
    authorization: Authorization | None = setting(Nested(Authorization))
    oauth2: OAuth2 | None = setting(Nested(OAuth2))
    bearer_token: Secret = setting(SECRET, Secret())
    bearer_token_file: str = setting(PATH, "")
    tls_config: TlsOptions = setting(Nested(TlsOptions), TlsOptions(), printed_default=False)
    follow_redirects: bool = setting(BOOLEAN, True, printed_empty=True)
    enable_http2: bool = setting(BOOLEAN, True, printed_empty=True)
    proxy: ProxyOptions = inline(ProxyOptions)
    http_headers: Mapping[str, HeaderValues] = setting(MapOf(Nested(HeaderValues)), {})

    def __post_init__(self) -> None:
        refuse_both(self, "bearer_token", "bearer_token_file")
        ways = {
            "basic_auth": self.basic_auth,
            "authorization": self.authorization,
            "oauth2": self.oauth2,
            "bearer_token": self.bearer_token,
            "bearer_token_file": self.bearer_token_file,
        }
        given = [key for key, value in ways.items() if value]
        if len(given) > 1:
            raise BadSetting(
                given[-1],
                "at most one of basic_auth, authorization, oauth2, bearer_token & "
                f"bearer_token_file must be configured, found {' and '.join(given)}",
            )
        for name in self.http_headers:
            if name.lower() in RESERVED_HEADERS:
                raise BadSetting("http_headers", f'setting header "{name}" is not allowed')
        if self.bearer_token or self.bearer_token_file:
            # The two old keys are another spelling of `authorization`, and are printed as that.
            bearer = Authorization(
                credentials=self.bearer_token, credentials_file=self.bearer_token_file
            )
            object.__setattr__(self, "authorization", bearer)
            object.__setattr__(self, "bearer_token", Secret())
            object.__setattr__(self, "bearer_token_file", "")


def files_named(options: HttpOptions) -> list[tuple[str, str]]:
    """What each file is for, and its path: secrets, tokens and certificates that requests need."""
    tls, oauth2 = options.tls_config, options.oauth2
    basic, authorization = options.basic_auth, options.authorization
    named = [
        ("username file", basic.username_file if basic else ""),
        ("password file", basic.password_file if basic else ""),
        ("authorization credentials file", authorization.credentials_file if authorization else ""),
        ("OAuth2 client secret file", oauth2.client_secret_file if oauth2 else ""),
        *_tls_files(oauth2.tls_config if oauth2 else TlsOptions()),
        *_tls_files(tls),
        *(("header file", path) for h in options.http_headers.values() for path in h.files),
    ]
    return [(purpose, path) for purpose, path in named if path]


def _tls_files(tls: TlsOptions) -> list[tuple[str, str]]:
    return [
        ("CA cert file", tls.ca_file),
        ("client cert file", tls.cert_file),
        ("client key file", tls.key_file),
    ]
