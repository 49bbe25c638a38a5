"""`/api/v1/format_query` and `/api/v1/parse_query`: the query's text and tree."""

from __future__ import annotations

from narthex.api.context import ApiContext
from narthex.api.errors import bad_parameter
from narthex.api.request import Request
from narthex.api.respond import Answer, success_object
from narthex.api.v1.tree import tree_object
from narthex.promql.syntax.nodes import Expr
from narthex.promql.syntax.parser import ParseError, parse
from narthex.promql.syntax.pretty import pretty


async def format_query(context: ApiContext, request: Request) -> Answer:
    """The query, laid out."""
    return success_object(pretty(_parsed(context, request)))


async def parse_query(context: ApiContext, request: Request) -> Answer:
    """The query as a tree."""
    return success_object(tree_object(_parsed(context, request)))


def _parsed(context: ApiContext, request: Request) -> Expr:
    try:
        return parse(request.parameters.first("query"), context.engine.options.features)
    except ParseError as error:
        raise bad_parameter("query", str(error)) from error
