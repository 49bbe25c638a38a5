"""Request parameters: from the URL and from a form body, and what their texts mean."""

from __future__ import annotations

import math
import re
from datetime import datetime
from urllib.parse import unquote_to_bytes

from narthex.api.errors import ApiError, ErrorType, bad_parameter
from narthex.model.duration import BadDuration, parse_duration_ms
from narthex.model.matcher import Matcher
from narthex.model.value import MAX_TIME_MS, MIN_TIME_MS
from narthex.promql.syntax.parser import ParseError, parse_metric_selector

FORM = "application/x-www-form-urlencoded"
FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
BAD_ESCAPE = re.compile(rb"%(?![0-9a-fA-F]{2})")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
EXTREME_TIMES = {
    "-292273086-05-16T16:47:06Z": MIN_TIME_MS,
    "+292277025-08-18T07:12:54.999999999Z": MAX_TIME_MS,
    "292277025-08-18T07:12:54.999999999Z": MAX_TIME_MS,
}
"""Prometheus's names of the first and the last moment that it can hold."""


class Parameters:
    """Names with one or more values; those of a form body come before those of the URL."""

    def __init__(self, url_query: bytes, body: bytes = b"") -> None:
        self._values: dict[str, list[str]] = {}
        for part in (body, url_query):
            for name, value in _form_pairs(part):
                self._values.setdefault(name, []).append(value)

    def first(self, name: str, default: str = "") -> str:
        """The first value of a name."""
        values = self._values.get(name)
        return values[0] if values else default

    def all(self, name: str) -> list[str]:
        """Every value of a name, in order."""
        return self._values.get(name, [])

    def as_dict(self) -> dict[str, str]:
        """First values by name."""
        return {name: values[0] for name, values in self._values.items()}

    def time_ms(self, name: str, default: int) -> int:
        """A moment in ms; `default` when the parameter is absent. Raises ApiError."""
        text = self.first(name)
        return parse_time_ms(text, name) if text else default

    def required_time_ms(self, name: str) -> int:
        """A moment that must be given. Raises ApiError."""
        return parse_time_ms(self.first(name), name)

    def duration_ms(self, name: str, default: int | None = None) -> int | None:
        """A duration in ms. Raises ApiError."""
        text = self.first(name)
        return parse_api_duration_ms(text, name) if text else default

    def limit(self, name: str = "limit") -> int:
        """A whole number >= 0; 0 (all) when absent. Raises ApiError."""
        text = self.first(name)
        if not text:
            return 0
        if not re.fullmatch(r"[+-]?\d+", text):
            raise bad_parameter(name, f'strconv.Atoi: parsing "{text}": invalid syntax')
        if int(text) < 0:
            raise bad_parameter(name, "limit must be non-negative")
        return int(text)

    def whole(self, name: str, default: int) -> int:
        """A whole number. Raises ApiError."""
        text = self.first(name)
        if not text:
            return default
        if not re.fullmatch(r"[+-]?\d+", text):
            raise ApiError(ErrorType.BAD_DATA, f"{name} must be a number")
        return int(text)

    def matcher_sets(self, name: str = "match[]") -> list[tuple[Matcher, ...]]:
        """The matchers of each selector given. Raises ApiError."""
        return [parse_selector(text, name) for text in self.all(name)]


def _form_pairs(data: bytes) -> list[tuple[str, str]]:
    # As Go reads forms: a pair with a broken escape or a semicolon is passed over.
    pairs = []
    for part in data.split(b"&"):
        if not part or b";" in part or BAD_ESCAPE.search(part):
            continue
        name, _, value = part.partition(b"=")
        pairs.append((_unescape(name), _unescape(value)))
    return pairs


def _unescape(data: bytes) -> str:
    return unquote_to_bytes(data.replace(b"+", b" ")).decode("utf-8", "replace")


def parse_time_ms(text: str, name: str) -> int:
    """Unix seconds or RFC 3339, rounded to ms. Raises ApiError naming the parameter."""
    if FLOAT.fullmatch(text):
        time_ms = round(float(text) * 1000) if abs(float(text)) < 1e16 else 2**63
        if abs(time_ms) < 2**63:
            return time_ms
    if text in EXTREME_TIMES:
        return EXTREME_TIMES[text]
    if RFC3339.fullmatch(text):
        return _rfc3339_ms(text, name)
    raise bad_parameter(name, f'cannot parse "{text}" to a valid timestamp')


def _rfc3339_ms(text: str, name: str) -> int:
    whole, _, rest = text.partition(".")
    digits = re.match(r"\d*", rest)
    fraction = digits.group() if digits else ""
    zone = (rest[len(fraction) :] or whole[19:]).upper().replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(whole[:19].upper() + zone)
    except ValueError:
        raise bad_parameter(name, f'cannot parse "{text}" to a valid timestamp') from None
    return round(moment.timestamp()) * 1000 + int((fraction + "000")[:3])


def parse_api_duration_ms(text: str, name: str) -> int:
    """Float seconds or a Prometheus duration. Raises ApiError naming the parameter."""
    if FLOAT.fullmatch(text):
        milliseconds = float(text) * 1000
        if not math.isfinite(milliseconds) or abs(milliseconds) * 1e6 > 2**63:
            raise bad_parameter(
                name, f'cannot parse "{text}" to a valid duration. It overflows int64'
            )
        return int(milliseconds)
    try:
        return parse_duration_ms(text)
    except BadDuration:
        raise bad_parameter(name, f'cannot parse "{text}" to a valid duration') from None


def parse_selector(text: str, name: str = "match[]") -> tuple[Matcher, ...]:
    """The matchers of a series selector. Raises ApiError naming the parameter."""
    matchers = parse_matchers(text, name)
    if all(matcher.matches_empty for matcher in matchers):
        raise bad_parameter(name, f"{name} must contain at least one non-empty matcher")
    return matchers


def parse_matchers(text: str, name: str) -> tuple[Matcher, ...]:
    """The matchers of a selector that may match everything, as that of a target may.

    Raises ApiError naming the parameter.
    """
    try:
        return tuple(parse_metric_selector(text))
    except ParseError as error:
        raise bad_parameter(name, str(error)) from error
