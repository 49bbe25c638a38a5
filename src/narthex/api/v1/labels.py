"""`/api/v1/labels`, `/api/v1/label/<name>/values`, `/api/v1/series`: what there is to ask about."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from narthex.api.context import ApiContext
from narthex.api.encode.labels import encode_labels
from narthex.api.errors import ApiError, ErrorType
from narthex.api.request import Request
from narthex.api.respond import Answer, success, success_object
from narthex.api.v1.query import TRUNCATED
from narthex.model.label_table import LabelTable
from narthex.model.labels import is_valid_label_name
from narthex.model.matcher import Matcher
from narthex.model.value import MAX_TIME_MS, MIN_TIME_MS
from narthex.storage.interface import SelectHints

MatcherSet = tuple[Matcher, ...]


async def labels(context: ApiContext, request: Request) -> Answer:
    """Names of labels."""
    start_ms, end_ms = _range(request)

    def names(matchers: MatcherSet) -> list[str]:
        return context.storage.label_names(context.tenant, matchers, start_ms, end_ms)

    return await _sorted_union(context, request, names)


async def label_values(context: ApiContext, request: Request) -> Answer:
    """Values of the label named in the path."""
    name = unescape_name(request.path.removeprefix("/api/v1/label/").removesuffix("/values"))
    if not is_valid_label_name(name):
        raise ApiError(ErrorType.BAD_DATA, f'invalid label name: "{name}"')
    start_ms, end_ms = _range(request)

    def values(matchers: MatcherSet) -> list[str]:
        return context.storage.label_values(context.tenant, name, matchers, start_ms, end_ms)

    return await _sorted_union(context, request, values)


async def series(context: ApiContext, request: Request) -> Answer:
    """Label sets of the series that match one of the selectors."""
    limit = request.parameters.limit()
    matcher_sets = request.parameters.matcher_sets()
    if not matcher_sets:
        raise ApiError(ErrorType.BAD_DATA, "no match[] parameter provided")
    start_ms, end_ms = _range(request)
    hints = SelectHints(function="series", limit=limit + 1 if limit else 0)

    def find() -> Answer:
        with context.executor.python_lane():
            tables = [
                context.storage.select(context.tenant, matchers, start_ms, end_ms, hints).labels
                for matchers in matcher_sets
            ]
            table = distinct(tables)
            truncated = bool(limit) and len(table) > limit
            rows = encode_labels(table.take(slice(0, limit)) if truncated else table)
        annotations = b',"warnings":' + orjson.dumps([TRUNCATED]) if truncated else b""
        return success(b"[" + b",".join(rows) + b"]", annotations)

    return await context.executor.run(find)


def distinct(tables: list[LabelTable]) -> LabelTable:
    """Every series of the tables once."""
    if len(tables) == 1:
        return tables[0]
    table = LabelTable.concat(tables)
    return table.take(table.groups()[1])


def unescape_name(name: str) -> str:
    """A label name of a path: `U__` names carry what is no identifier as `_HEX_`."""
    if not name.startswith("U__"):
        return name
    rest, text = name[3:], ""
    while rest:
        head, mark, rest = rest.partition("_")
        text += head
        if not mark:
            break
        if rest.startswith("_"):
            text, rest = text + "_", rest[1:]
            continue
        digits, closing, rest = rest.partition("_")
        try:
            text += chr(int(digits, 16))
        except ValueError:
            return name
        if not closing:
            return name
    return text


def _range(request: Request) -> tuple[int, int]:
    start_ms = request.parameters.time_ms("start", MIN_TIME_MS)
    return start_ms, request.parameters.time_ms("end", MAX_TIME_MS)


async def _sorted_union(
    context: ApiContext, request: Request, of: Callable[[MatcherSet], list[str]]
) -> Answer:
    limit = request.parameters.limit()
    matcher_sets = request.parameters.matcher_sets() or [()]

    def find() -> Answer:
        with context.executor.python_lane():
            found = [of(matchers) for matchers in matcher_sets]
            texts = found[0] if len(found) == 1 else sorted(set().union(*found))
            warnings = [TRUNCATED] if limit and len(texts) > limit else None
            return success_object(texts[:limit] if warnings else texts, warnings)

    return await context.executor.run(find)
