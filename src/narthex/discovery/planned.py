"""Mechanisms whose configuration is accepted and checked, but which find no targets yet.

Each is known by its keys, so a misspelt one is still found; the values of keys that mean the same
everywhere (intervals, ports, HTTP options) are checked as well. When a mechanism is built, its row
here gives way to a file of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from narthex.discovery.interface import Publish, Surroundings
from narthex.httpclient.options import HttpOptions, TlsOptions
from narthex.model.settings import (
    BOOLEAN,
    DURATION_MS,
    Kind,
    Nested,
    Value,
    keys_of,
    plain_objects,
    read_part,
)
from narthex.model.settings.kinds import Integer
from narthex.model.settings.secret import HIDDEN

HTTP_KEYS: Final = frozenset(keys_of(HttpOptions))

SECRET_KEYS: Final = frozenset(
    {
        "application_credential_secret",
        "application_secret",
        "auth_token",
        "bearer_token",
        "client_secret",
        "consumer_key",
        "credentials",
        "key",
        "password",
        "private_key",
        "secret_key",
        "service_account_key",
        "token",
    }
)
SHARED_KINDS: Final[Mapping[str, Kind[Any]]] = {
    "refresh_interval": DURATION_MS,
    "fetch_timeout": DURATION_MS,
    "timeout": DURATION_MS,
    "port": Integer(0, 65535),
    "allow_stale": BOOLEAN,
    "include_parameters": BOOLEAN,
    "match_first_network": BOOLEAN,
    "all_tenants": BOOLEAN,
    "tls_config": Nested(TlsOptions),
}


@dataclass(frozen=True, slots=True)
class PlannedConfig:
    """The settings of a mechanism as they were written."""

    settings: Mapping[str, object]

    def discoverer(self, _: Surroundings) -> IdleDiscoverer:
        return IdleDiscoverer()


class IdleDiscoverer:
    """Finds nothing."""

    async def run(self, publish: Publish) -> None:
        publish([])


@dataclass(frozen=True, slots=True)
class PlannedKind:
    """Reads one configuration of a planned mechanism."""

    own_keys: frozenset[str]
    has_http_options: bool
    required: tuple[str, ...] = ()
    reads_null: bool = False

    def read(self, value: Value) -> PlannedConfig:
        members = value.members()
        known = self.own_keys | HTTP_KEYS if self.has_http_options else self.own_keys
        for key, member in members.items():
            if key not in known:
                raise member.error("unknown key")
            if key in SHARED_KINDS and not member.is_null:
                SHARED_KINDS[key].read(member)
        for key in self.required:
            if key not in members:
                raise value.error(f"{key} is missing")
        if self.has_http_options:
            http = {key: member for key, member in members.items() if key in HTTP_KEYS}
            read_part(value, http, HttpOptions)
        return PlannedConfig({key: plain_objects(member) for key, member in members.items()})

    def show(self, value: PlannedConfig) -> object:
        return hide_secrets(value.settings)


def hide_secrets(value: object) -> object:
    """Plain objects with `<secret>` for every value under a key that holds one."""
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if key in SECRET_KEYS and member else hide_secrets(member)
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [hide_secrets(item) for item in value]
    return value


def with_http(keys: str, *required: str) -> PlannedKind:
    """A mechanism with these keys and all HTTP client options."""
    return PlannedKind(frozenset(keys.split()), has_http_options=True, required=required)


def alone(keys: str, *required: str) -> PlannedKind:
    """A mechanism with these keys only."""
    return PlannedKind(frozenset(keys.split()), has_http_options=False, required=required)


AWS_KEYS: Final = (
    "region endpoint access_key secret_key profile role_arn external_id refresh_interval port"
)

PLANNED: Final[Mapping[str, PlannedKind]] = {
    "aws_sd_configs": with_http(f"{AWS_KEYS} role filters clusters request_concurrency", "role"),
    "azure_sd_configs": with_http(
        "environment authentication_method subscription_id tenant_id client_id client_secret "
        "resource_group refresh_interval port",
        "subscription_id",
    ),
    "consul_sd_configs": with_http(
        "server path_prefix token datacenter namespace partition tag_separator scheme username "
        "password allow_stale refresh_interval services tags node_meta filter health_filter"
    ),
    "digitalocean_sd_configs": with_http("role refresh_interval port"),
    "dns_sd_configs": alone("names type port refresh_interval", "names"),
    "docker_sd_configs": with_http(
        "host port filters host_networking_host refresh_interval match_first_network", "host"
    ),
    "dockerswarm_sd_configs": with_http("host role port filters refresh_interval", "host", "role"),
    "ec2_sd_configs": with_http(f"{AWS_KEYS} filters"),
    "eureka_sd_configs": with_http("server refresh_interval", "server"),
    "gce_sd_configs": alone(
        "project zone filter refresh_interval port tag_separator", "project", "zone"
    ),
    "hetzner_sd_configs": with_http("role refresh_interval port label_selector", "role"),
    "ionos_sd_configs": with_http("datacenter_id refresh_interval port", "datacenter_id"),
    "kubernetes_sd_configs": with_http(
        "api_server role kubeconfig_file namespaces selectors attach_metadata", "role"
    ),
    "kuma_sd_configs": with_http("server client_id refresh_interval fetch_timeout", "server"),
    "lightsail_sd_configs": with_http(AWS_KEYS),
    "linode_sd_configs": with_http("region refresh_interval port tag_separator"),
    "marathon_sd_configs": with_http(
        "servers refresh_interval auth_token auth_token_file", "servers"
    ),
    "nerve_sd_configs": alone("servers paths timeout", "servers", "paths"),
    "nomad_sd_configs": with_http(
        "server allow_stale namespace refresh_interval region tag_separator", "server"
    ),
    "oci_sd_configs": with_http(
        "tenancy user fingerprint region key_file private_key passphrase compartment "
        "authentication_method tag_filters refresh_interval port"
    ),
    "openstack_sd_configs": alone(
        "identity_endpoint username userid password project_name project_id domain_name domain_id "
        "application_credential_name application_credential_id application_credential_secret role "
        "region refresh_interval port all_tenants availability tls_config",
        "role",
        "region",
    ),
    "outscale_sd_configs": with_http(
        "region endpoint access_key secret_key secret_key_file refresh_interval port"
    ),
    "ovhcloud_sd_configs": alone(
        "endpoint application_key application_secret consumer_key service refresh_interval",
        "service",
    ),
    "puppetdb_sd_configs": with_http(
        "url query include_parameters port refresh_interval", "url", "query"
    ),
    "scaleway_sd_configs": with_http(
        "project_id role zone access_key secret_key secret_key_file name_filter tags_filter "
        "api_url refresh_interval port",
        "role",
    ),
    "serverset_sd_configs": alone("servers paths timeout", "servers", "paths"),
    "stackit_sd_configs": with_http(
        "project endpoint region service_account_key service_account_key_path private_key "
        "private_key_path credentials_file_path refresh_interval port",
        "project",
    ),
    "triton_sd_configs": alone(
        "account role dns_suffix endpoint groups port refresh_interval version tls_config",
        "account",
        "dns_suffix",
        "endpoint",
    ),
    "uyuni_sd_configs": with_http(
        "server username password entitlement separator refresh_interval",
        "server",
    ),
    "vultr_sd_configs": with_http("refresh_interval port"),
}
