"""Every function that is built, by its name in a query."""

from __future__ import annotations

from narthex.promql.execute.functions.calling import RangeFunction, VectorFunction

RANGE_FUNCTIONS: dict[str, RangeFunction] = {}
VECTOR_FUNCTIONS: dict[str, VectorFunction] = {}
