"""`/api/v1/query` and `/api/v1/query_range`: the engine's answer, streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import orjson

from narthex.api.context import ApiContext
from narthex.api.encode.result import encode_annotations, encode_result
from narthex.api.errors import ApiError, ErrorType, bad_parameter
from narthex.api.parameters import parse_api_duration_ms
from narthex.api.request import Request, unless_gone
from narthex.api.respond import JSON, Answer, success
from narthex.promql.engine import QueryOptions, QueryResult
from narthex.promql.errors import ExecutionError, QueryCanceled, QueryTimeout, WrongResultType
from narthex.promql.limits import Cancellation
from narthex.promql.result import MatrixResult, ScalarResult, StringResult, VectorResult
from narthex.promql.syntax.parser import ParseError

POINTS_PER_SERIES_MAX = 11_000
STREAM_SAMPLES_MIN = 5_000
"""Smaller answers are encoded at once: less than a millisecond."""
TRUNCATED = "results truncated due to limit"


async def query(context: ApiContext, request: Request) -> Answer:
    """An expression at one moment."""
    limit = request.parameters.limit()
    time_ms = request.parameters.time_ms("time", context.clock.now_ms())
    text = request.parameters.first("query")
    options, cancellation = _options(request)
    return await _answer(
        context,
        request,
        lambda: context.engine.instant(context.tenant, text, time_ms, options, cancellation),
        cancellation,
        limit,
    )


async def query_range(context: ApiContext, request: Request) -> Answer:
    """An expression over a range of moments."""
    limit = request.parameters.limit()
    start_ms = request.parameters.required_time_ms("start")
    end_ms = request.parameters.required_time_ms("end")
    if end_ms < start_ms:
        raise bad_parameter("end", "end timestamp must not be before start time")
    step_ms = parse_api_duration_ms(request.parameters.first("step"), "step")
    if step_ms <= 0:
        raise bad_parameter(
            "step",
            "zero or negative query resolution step widths are not accepted."
            " Try a positive integer",
        )
    if (end_ms - start_ms) // step_ms > POINTS_PER_SERIES_MAX:
        raise ApiError(
            ErrorType.BAD_DATA,
            "exceeded maximum resolution of 11,000 points per timeseries."
            " Try decreasing the query resolution (?step=XX)",
        )
    text = request.parameters.first("query")
    options, cancellation = _options(request)
    return await _answer(
        context,
        request,
        lambda: context.engine.range(
            context.tenant, text, start_ms, end_ms, step_ms, options, cancellation
        ),
        cancellation,
        limit,
    )


def _options(request: Request) -> tuple[QueryOptions, Cancellation]:
    timeout_ms = request.parameters.duration_ms("timeout")
    lookback_ms = request.parameters.duration_ms("lookback_delta")
    if lookback_ms is not None and lookback_ms <= 0:  # as in Prometheus: not said
        lookback_ms = None
    timeout_s = None if timeout_ms is None else timeout_ms / 1000
    return QueryOptions(lookback_ms=lookback_ms, timeout_s=timeout_s), Cancellation()


async def _answer(
    context: ApiContext,
    request: Request,
    ask: Callable[[], QueryResult],
    cancellation: Cancellation,
    limit: int,
) -> Answer:
    # Asking and encoding are one job: a second way to a worker and back costs as much as either.
    work = context.executor.run(lambda: _encoded(context, request, ask(), limit))
    try:
        return await unless_gone(work, request, cancellation.cancel)
    except (ParseError, WrongResultType) as error:
        raise bad_parameter("query", str(error)) from error
    except QueryTimeout as error:
        raise ApiError(ErrorType.TIMEOUT, str(error)) from error
    except QueryCanceled as error:
        raise ApiError(ErrorType.CANCELED, str(error)) from error
    except ExecutionError as error:
        raise ApiError(ErrorType.EXECUTION, str(error)) from error


def _encoded(context: ApiContext, request: Request, found: QueryResult, limit: int) -> Answer:
    """A small answer as bytes, a large one as a stream whose chunks are encoded when asked for."""
    result, warnings = found.result, []
    if limit and isinstance(result, MatrixResult | VectorResult) and len(result.labels) > limit:
        result, warnings = truncated(result, limit), [TRUNCATED]
    chunks = encode_result(result)
    tail = _tail(request, found, warnings)
    if isinstance(result, ScalarResult | StringResult) or result.values.size < STREAM_SAMPLES_MIN:
        return success(b"".join(chunks) + tail[0], tail[1])
    stream = _stream(context, chunks, tail[0] + tail[1] + b"}")
    return Answer(200, JSON, b'{"status":"success","data":', stream=stream)


def truncated(result: MatrixResult | VectorResult, limit: int) -> MatrixResult | VectorResult:
    """The first `limit` series."""
    labels = result.labels.take(slice(0, limit))
    if isinstance(result, VectorResult):
        number = None if result.histogram is None else result.histogram[:limit]
        return replace(result, labels=labels, values=result.values[:limit], histogram=number)
    last = int(result.starts[limit])
    return replace(
        result,
        labels=labels,
        starts=result.starts[: limit + 1],
        times_ms=result.times_ms[:last],
        values=result.values[:last],
        histogram=None if result.histogram is None else result.histogram[:last],
    )


def _tail(request: Request, found: QueryResult, warnings: list[str]) -> tuple[bytes, bytes]:
    statistics = b""
    if request.parameters.first("stats"):
        detailed = request.parameters.first("stats") == "all"
        statistics = b',"stats":' + orjson.dumps(found.statistics.as_dict(detailed))
    annotations = encode_annotations([*found.warnings(), *warnings], found.infos())
    return statistics + b"}", annotations


async def _stream(context: ApiContext, chunks: Iterator[bytes], end: bytes) -> AsyncIterator[bytes]:
    following: Callable[[], bytes | None] = lambda: next(chunks, None)  # noqa: E731
    while (chunk := await context.executor.run(following)) is not None:
        yield chunk
    yield end
