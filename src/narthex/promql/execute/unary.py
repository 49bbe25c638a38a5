"""`-expr`: the sign turned; a vector loses its name with it. `+expr` is the expression."""

from __future__ import annotations

from narthex.promql.execute.context import EvalContext
from narthex.promql.execute.names import without_name
from narthex.promql.execute.stream import Stream


def negated(vector: Stream, context: EvalContext) -> Stream:
    """Every value times -1."""
    turned = vector.map(lambda frame: frame.with_values(-frame.values, frame.kind))
    return without_name(turned, context)
