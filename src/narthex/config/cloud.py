"""Ways of clouds to prove who asks: checked, and shared by the sections that take them."""

from __future__ import annotations

from dataclasses import dataclass

from narthex.model.settings import (
    BOOLEAN,
    PATH,
    SECRET,
    TEXT,
    BadSetting,
    Nested,
    OneOf,
    Secret,
    setting,
)


@dataclass(frozen=True, slots=True)
class SigV4Config:
    """Amazon's signature, version 4."""

    region: str = setting(TEXT, "")
    access_key: str = setting(TEXT, "")
    secret_key: Secret = setting(SECRET, Secret())
    profile: str = setting(TEXT, "")
    role_arn: str = setting(TEXT, "")
    external_id: str = setting(TEXT, "")
    use_fips_sts_endpoint: bool = setting(BOOLEAN, False)
    service_name: str = setting(TEXT, "")

    def __post_init__(self) -> None:
        if bool(self.access_key) != bool(self.secret_key):
            raise BadSetting(
                "access_key", "must provide a AWS SigV4 Access key and Secret Key together"
            )


@dataclass(frozen=True, slots=True)
class ManagedIdentity:
    """An identity that Azure gives to a machine."""

    client_id: str = setting(TEXT, "")


@dataclass(frozen=True, slots=True)
class WorkloadIdentity:
    """An identity that Azure gives to a pod."""

    client_id: str = setting(TEXT, "")
    tenant_id: str = setting(TEXT, "")
    token_file_path: str = setting(TEXT, "")


@dataclass(frozen=True, slots=True)
class AzureOAuth:
    """An application's own credentials at Azure."""

    client_id: str = setting(TEXT, "")
    client_secret: Secret = setting(SECRET, Secret())
    tenant_id: str = setting(TEXT, "")


@dataclass(frozen=True, slots=True)
class AzureSdk:
    """Credentials as Azure's libraries find them."""

    tenant_id: str = setting(TEXT, "")


@dataclass(frozen=True, slots=True)
class AzureAdConfig:
    """One of the ways into Azure."""

    cloud: str = setting(OneOf(("AzureChina", "AzureGovernment", "AzurePublic")), "AzurePublic")
    managed_identity: ManagedIdentity | None = setting(Nested(ManagedIdentity))
    workload_identity: WorkloadIdentity | None = setting(Nested(WorkloadIdentity))
    oauth: AzureOAuth | None = setting(Nested(AzureOAuth))
    sdk: AzureSdk | None = setting(Nested(AzureSdk))
    scope: str = setting(TEXT, "")

    def __post_init__(self) -> None:
        ways = (self.managed_identity, self.workload_identity, self.oauth, self.sdk)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                "exactly one of managed_identity, workload_identity, oauth & sdk must be provided"
            )


@dataclass(frozen=True, slots=True)
class GoogleIamConfig:
    """A service account at Google."""

    credentials_file: str = setting(PATH, "")
