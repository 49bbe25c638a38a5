"""`/api/v1/targets*`, `/scrape_pools`, `/metadata`: what is scraped and what it says."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson

from narthex.api.context import ApiContext, ApiOptions
from narthex.api.errors import ApiError, ErrorType, bad_parameter
from narthex.api.parameters import parse_matchers
from narthex.api.request import Request
from narthex.api.respond import Answer, success_object
from narthex.model.duration import format_duration_ms
from narthex.model.labels import Labels
from narthex.model.metadata import Metadata
from narthex.model.relabel import RelabelConfig
from narthex.model.value import format_rfc3339_ms
from narthex.scrape.manager import ActiveTarget

NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time, which clients of Prometheus know as "not yet"."""
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
NO_LIMIT = -1


async def targets(context: ApiContext, request: Request) -> Answer:
    """Active and dropped targets."""
    state = request.parameters.first("state").lower()
    pool = request.parameters.first("scrapePool") or None
    active: list[dict[str, object]] = []
    dropped: list[dict[str, object]] = []
    counts: dict[str, int] | None = None
    if state in ("", "any", "active"):
        options = context.options
        active = [_active(target, options) for target in context.targets.active_targets(pool)]
    if state in ("", "any", "dropped"):
        dropped = [
            {"discoveredLabels": target.discovered_labels.as_dict(), "scrapePool": name}
            for name, target in context.targets.dropped_targets(pool)
        ]
        counts = context.targets.dropped_counts()
    return success_object(
        {"activeTargets": active, "droppedTargets": dropped, "droppedTargetCounts": counts}
    )


def _active(active: ActiveTarget, options: ApiOptions) -> dict[str, object]:
    target, status = active.target, active.status
    scraped_ms = status.last_scrape_ms
    return {
        "discoveredLabels": active.discovered_labels.as_dict(),
        "labels": target.labels.as_dict(),
        "scrapePool": active.pool,
        "scrapeUrl": target.url,
        "globalUrl": global_url(target.url, options.external_url, options.listen_port),
        "lastError": status.last_error,
        "lastScrape": NEVER if scraped_ms is None else format_rfc3339_ms(scraped_ms),
        "lastScrapeDuration": status.last_duration_s,
        "health": status.health.value,
        "scrapeInterval": format_duration_ms(target.interval_ms),
        "scrapeTimeout": format_duration_ms(target.timeout_ms),
    }


def global_url(url: str, external_url: str, own_port: int) -> str:
    """A target's URL for a browser elsewhere: this machine's own name becomes the external one.

    A target that is this very process has the external scheme and port as well.
    """
    parts, external = urlsplit(url), urlsplit(external_url)
    if parts.hostname not in LOCAL_HOSTS or not parts.port or not external.hostname:
        return url
    if parts.port == own_port:
        return urlunsplit(parts._replace(scheme=external.scheme, netloc=external.netloc))
    host = f"[{external.hostname}]" if ":" in external.hostname else external.hostname
    return urlunsplit(parts._replace(netloc=f"{host}:{parts.port}"))


async def target_metadata(context: ApiContext, request: Request) -> Answer:
    """What each target says of its metrics."""
    limit = request.parameters.whole("limit", NO_LIMIT)
    metric = request.parameters.first("metric") or None
    selector = request.parameters.first("match_target")
    matchers = parse_matchers(selector, "match_target") if selector else ()
    rows: list[dict[str, object]] = []
    for target, metadata in context.targets.metadata(metric):
        if limit >= 0 and len(rows) >= limit:
            break
        labels = target.labels
        if all(matcher.matches(labels.get(matcher.name)) for matcher in matchers):
            named = {} if metric else {"metric": metadata.family}
            rows.append({"target": labels.as_dict(), **named, **_metadata(metadata)})
    return success_object(rows)


async def metadata(context: ApiContext, request: Request) -> Answer:
    """What targets say of metrics, each saying once."""
    limit = request.parameters.whole("limit", NO_LIMIT)
    per_metric = request.parameters.whole("limit_per_metric", NO_LIMIT)
    metric = request.parameters.first("metric") or None
    found: dict[str, dict[Metadata, None]] = {}
    for _, entry in context.targets.metadata(metric):
        if entry.family not in found and 0 <= limit <= len(found):
            continue
        of_metric = found.setdefault(entry.family, {})
        if per_metric <= 0 or len(of_metric) < per_metric:
            of_metric[entry] = None
    return success_object(
        {family: [_metadata(entry) for entry in entries] for family, entries in found.items()}
    )


def _metadata(metadata: Metadata) -> dict[str, object]:
    kind = metadata.type
    return {"type": kind.value, "help": metadata.help, "unit": metadata.unit}


async def scrape_pools(context: ApiContext, request: Request) -> Answer:
    """Names of the jobs."""
    return success_object({"scrapePools": context.targets.scrape_pools()})


async def relabel_steps(context: ApiContext, request: Request) -> Answer:
    """What each relabelling rule of a job makes of a label set."""
    pool = request.parameters.first("scrapePool")
    if not pool:
        raise ApiError(ErrorType.BAD_DATA, "no scrapePool parameter provided")
    labels = _labels(request.parameters.first("labels"))
    try:
        steps = context.targets.relabel_steps(pool, labels)
    except KeyError:
        raise ApiError(ErrorType.BAD_DATA, f'scrape pool not found: "{pool}"') from None
    return success_object(
        {
            "steps": [
                {"rule": _rule(step.config), "output": step.labels.as_dict(), "keep": step.keep}
                for step in steps
            ]
        }
    )


def _labels(text: str) -> Labels:
    if not text:
        raise ApiError(ErrorType.BAD_DATA, "no labels parameter provided")
    try:
        found: Any = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise bad_parameter("labels", str(error)) from error
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise bad_parameter("labels", "expected a JSON object of texts")
    return Labels.of(found)


def _rule(config: RelabelConfig) -> dict[str, object]:
    rule: dict[str, object] = {
        "sourceLabels": list(config.source_labels),
        "separator": config.separator,
        "regex": config.regex,
        "modulus": config.modulus,
        "targetLabel": config.target_label,
        "replacement": config.replacement,
        "action": config.action,
    }
    return {key: value for key, value in rule.items() if value}
