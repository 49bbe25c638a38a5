"""Endpoints whose rooms are empty here: the shape that clients expect, with nothing in it."""

from __future__ import annotations

from narthex.api.context import ApiContext
from narthex.api.errors import bad_parameter
from narthex.api.request import Request
from narthex.api.respond import Answer, success_object
from narthex.promql.syntax.parser import ParseError, parse


async def rules(context: ApiContext, request: Request) -> Answer:
    """No rule groups."""
    return success_object({"groups": []})


async def alerts(context: ApiContext, request: Request) -> Answer:
    """No alerts."""
    return success_object({"alerts": []})


async def alertmanagers(context: ApiContext, request: Request) -> Answer:
    """No Alertmanagers."""
    return success_object({"activeAlertmanagers": [], "droppedAlertmanagers": []})


async def query_exemplars(context: ApiContext, request: Request) -> Answer:
    """No exemplars; the parameters are checked as they will be."""
    start_ms = request.parameters.time_ms("start", 0)
    if request.parameters.time_ms("end", start_ms) < start_ms:
        raise bad_parameter("end", "end timestamp must not be before start timestamp")
    try:
        parse(request.parameters.first("query"), context.engine.options.features)
    except ParseError as error:
        raise bad_parameter("query", str(error)) from error
    return success_object([])
