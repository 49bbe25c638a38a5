"""A target: what discovery found, what relabelling made of it, and the URL that follows.

Labels whose names begin with `__` steer the scrape (address, scheme, path, parameters, interval)
and are gone from the series; each may be rewritten per target.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, quote_plus, urlsplit

from narthex.discovery.target_group import ADDRESS_LABEL, TargetGroup
from narthex.model.duration import BadDuration, format_duration_ms, parse_duration_ms
from narthex.model.labels import Labels
from narthex.model.relabel import RelabelConfig, relabel
from narthex.scrape.errors import BadTarget

SCHEME_LABEL = "__scheme__"
PATH_LABEL = "__metrics_path__"
INTERVAL_LABEL = "__scrape_interval__"
TIMEOUT_LABEL = "__scrape_timeout__"
UNIX_SOCKET_LABEL = "__unix_socket__"
PARAMETER_PREFIX = "__param_"
META_PREFIX = "__meta_"
RESERVED_PREFIX = "__"
JOB_LABEL = "job"
INSTANCE_LABEL = "instance"
TIMEOUT_HEADER = "X-Prometheus-Scrape-Timeout-Seconds"
"""Tells the target how long we wait, as Prometheus does."""
URL_PATH_SAFE = "/$&+,:;=@!'()*~"


@dataclass(frozen=True, slots=True)
class TargetDefaults:
    """What every target of a job has unless its labels say otherwise."""

    job: str
    interval_ms: int
    timeout_ms: int
    scheme: str = "http"
    path: str = "/metrics"
    parameters: Mapping[str, Sequence[str]] | None = None

    def fill(self, labels: Mapping[str, str]) -> dict[str, str]:
        """The labels with those of the job where they are missing."""
        defaults = {
            JOB_LABEL: self.job,
            INTERVAL_LABEL: format_duration_ms(self.interval_ms),
            TIMEOUT_LABEL: format_duration_ms(self.timeout_ms),
            PATH_LABEL: self.path,
            SCHEME_LABEL: self.scheme,
        }
        present = {name: value for name, value in labels.items() if value}
        given = {
            PARAMETER_PREFIX + name: values[0]
            for name, values in (self.parameters or {}).items()
            if values
        }
        return {**defaults, **present, **given}


@dataclass(frozen=True, slots=True)
class PlainAddress:
    """Where a URL without frills leads, and what is asked for there."""

    host: str
    port: int
    authority: str
    path: str

    @classmethod
    def of(cls, url: str) -> PlainAddress | None:
        """The address of an `http` URL in ASCII without a user, None for any other."""
        parts = urlsplit(url)
        try:
            port = 80 if parts.port is None else parts.port
        except ValueError:
            return None
        plain = parts.scheme == "http" and "@" not in parts.netloc and url.isascii()
        if not plain or not parts.hostname:
            return None
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        return cls(parts.hostname, port, parts.netloc, path)


@dataclass(frozen=True)
class Target:
    """One endpoint to scrape. Equal when nothing that a scrape or its series see differs."""

    steering: Labels
    """Every label after relabelling but `__meta_*`."""
    url: str
    interval_ms: int
    timeout_ms: int

    @cached_property
    def labels(self) -> Labels:
        """The labels that its series get."""
        return Labels(pair for pair in self.steering if not pair[0].startswith(RESERVED_PREFIX))

    @cached_property
    def stable_hash(self) -> int:
        """64 bits that are the same in every process: the target's place in the interval."""
        text = f"{self.steering}\0{self.url}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")

    @property
    def unix_socket(self) -> str:
        """The socket to connect to instead of the address; empty without one."""
        return self.steering.get(UNIX_SOCKET_LABEL)

    @cached_property
    def plain_address(self) -> PlainAddress | None:
        """Where a connection of our own can be made; None when it takes more than that."""
        return None if self.unix_socket else PlainAddress.of(self.url)

    @cached_property
    def timeout_text(self) -> str:
        """The timeout in seconds, for `TIMEOUT_HEADER`."""
        return f"{self.timeout_ms / 1000:.15g}"

    @cached_property
    def request_start(self) -> bytes:
        """The request line and headers that are the same whoever asks; of a plain address."""
        address = self.plain_address
        assert address is not None
        return (
            f"GET {address.path} HTTP/1.1\r\nHost: {address.authority}\r\n"
            f"{TIMEOUT_HEADER}: {self.timeout_text}\r\n"
        ).encode("latin-1")


@dataclass(frozen=True, slots=True)
class Discovered:
    """A target and the labels it was discovered with."""

    target: Target
    discovered_labels: Labels


@dataclass(frozen=True, slots=True)
class DroppedTarget:
    """What relabelling dropped."""

    discovered_labels: Labels
    reason: str = "relabel_configs"


@dataclass(frozen=True, slots=True)
class BuiltTargets:
    """What the groups of one job came to; each target once."""

    targets: list[Discovered]
    dropped: list[DroppedTarget]
    failures: list[str]


def build_targets(
    groups: Sequence[TargetGroup],
    defaults: TargetDefaults,
    relabel_configs: Sequence[RelabelConfig],
) -> BuiltTargets:
    """Targets of all groups: labels of the target before those of its group, then relabelled."""
    built = BuiltTargets([], [], [])
    known: set[Target] = set()
    for group in groups:
        for number, own in enumerate(group.targets):
            discovered = Labels.of(defaults.fill({**group.labels, **own}))
            relabelled = relabel(discovered, relabel_configs)
            if not relabelled:
                built.dropped.append(DroppedTarget(discovered))
                continue
            try:
                target = make_target(relabelled, defaults.parameters or {})
            except BadTarget as error:
                built.failures.append(f"instance {number} in group {group.source}: {error}")
                continue
            if target not in known:
                known.add(target)
                built.targets.append(Discovered(target, discovered))
    return built


def make_target(labels: Labels, parameters: Mapping[str, Sequence[str]]) -> Target:
    """The target of relabelled labels. Raises BadTarget."""
    address = labels.get(ADDRESS_LABEL)
    if not address:
        raise BadTarget("no address")
    if "/" in address:
        raise BadTarget(f'"{address}" is not a valid hostname')
    interval_ms = _duration(labels, INTERVAL_LABEL, "scrape interval")
    timeout_ms = _duration(labels, TIMEOUT_LABEL, "scrape timeout")
    if timeout_ms > interval_ms:
        raise BadTarget(
            "scrape timeout cannot be greater than scrape interval"
            f' ("{labels.get(TIMEOUT_LABEL)}" > "{labels.get(INTERVAL_LABEL)}")'
        )
    kept = {name: value for name, value in labels if not name.startswith(META_PREFIX)}
    kept.setdefault(INSTANCE_LABEL, address)
    steering = Labels.of(kept)
    return Target(steering, _url(steering, parameters), interval_ms, timeout_ms)


def _duration(labels: Labels, name: str, what: str) -> int:
    try:
        duration_ms = parse_duration_ms(labels.get(name))
    except BadDuration as error:
        raise BadTarget(f"error parsing {what}: {error}") from error
    if duration_ms == 0:
        raise BadTarget(f"{what} cannot be 0")
    return duration_ms


def _url(labels: Labels, parameters: Mapping[str, Sequence[str]]) -> str:
    """Scheme, address, path and the parameters by name; a label stands for the first value."""
    values = {name: list(given) for name, given in parameters.items()}
    for name, value in labels:
        if name.startswith(PARAMETER_PREFIX):
            values.setdefault(name.removeprefix(PARAMETER_PREFIX), [""])[:1] = [value]
    query = "&".join(
        f"{quote_plus(name)}={quote_plus(value)}"
        for name in sorted(values)
        for value in values[name]
    )
    path = quote(labels.get(PATH_LABEL), safe=URL_PATH_SAFE)
    slash = "" if path.startswith("/") or not path else "/"
    address = labels.get(ADDRESS_LABEL)
    return f"{labels.get(SCHEME_LABEL)}://{address}{slash}{path}" + (query and f"?{query}")
