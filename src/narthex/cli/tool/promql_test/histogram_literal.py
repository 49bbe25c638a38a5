"""`{{schema:1 count:3 sum:4.5 buckets:[1 2]}}`: a native histogram in a test file."""

from __future__ import annotations

import re
from collections.abc import Mapping

from narthex.cli.tool.promql_test.errors import BadItem
from narthex.model.histogram import Buckets, Histogram, ResetHint
from narthex.promql.syntax.numbers import BadNumber, parse_number

_ENTRY = re.compile(r"\s*(?P<key>[A-Za-z_]+):(?:\[(?P<list>[^\]]*)\]|(?P<value>[^\s\[\]]+))")
_INTEGERS = ("schema", "offset", "n_offset")
_FLOATS = ("sum", "count", "z_bucket", "z_bucket_w")
_LISTS = ("buckets", "n_buckets", "custom_values")
_HINT = "counter_reset_hint"


def parse_histogram(literal: str) -> tuple[Histogram, bool]:
    """The histogram, and whether its reset hint was written. Raises BadItem."""
    found = _entries(literal[2:-2])
    histogram = Histogram(
        schema=_integer(found, "schema"),
        count=_float(found, "count"),
        sum=_float(found, "sum"),
        zero_threshold=_float(found, "z_bucket_w"),
        zero_count=_float(found, "z_bucket"),
        positive=Buckets.run(_integer(found, "offset"), _floats(found, "buckets")),
        negative=Buckets.run(_integer(found, "n_offset"), _floats(found, "n_buckets")),
        custom_values=_floats(found, "custom_values"),
        reset_hint=_hint(found.get(_HINT, ResetHint.UNKNOWN.value)),
    )
    return histogram, _HINT in found


def _entries(body: str) -> dict[str, str]:
    found: dict[str, str] = {}
    i = 0
    while body[i:].strip():
        entry = _ENTRY.match(body, i)
        if entry is None:
            raise BadItem(f"unexpected {body[i:].strip()[:20]!r} in histogram description")
        key = entry["key"].lower()
        if key in found:
            raise BadItem(f'duplicate key "{key}" in histogram')
        if key not in (*_INTEGERS, *_FLOATS, *_LISTS, _HINT):
            raise BadItem(f'bad histogram descriptor found: "{key}"')
        if (entry["list"] is None) is (key in _LISTS):
            raise BadItem(f'"{key}" in a histogram needs {_shape(key)}')
        found[key] = entry["value"] if entry["list"] is None else entry["list"]
        i = entry.end()
    return found


def _shape(key: str) -> str:
    return "a list in brackets" if key in _LISTS else "one value"


def _integer(found: Mapping[str, str], key: str) -> int:
    try:
        return int(found.get(key, "0"))
    except ValueError as error:
        raise BadItem(f"error parsing {key} number: {found[key]}") from error


def _float(found: Mapping[str, str], key: str) -> float:
    return _number(found[key], key) if key in found else 0.0


def _floats(found: Mapping[str, str], key: str) -> tuple[float, ...]:
    return tuple(_number(text, key) for text in found.get(key, "").split())


def _number(text: str, key: str) -> float:
    try:
        value = parse_number(text.lstrip("+-"))
    except BadNumber as error:
        raise BadItem(f"error parsing {key} number: {text}") from error
    return -value if text.startswith("-") else value


def _hint(text: str) -> ResetHint:
    try:
        return ResetHint(text.lower())
    except ValueError as error:
        raise BadItem(f"error parsing {_HINT}: {text}") from error
