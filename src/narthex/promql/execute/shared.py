"""A part that is written more than once: evaluated once, its doubts told at each place."""

from __future__ import annotations

from collections.abc import Callable

from narthex.promql.annotations import Annotation
from narthex.promql.execute.context import EvalContext, Remembered, Value
from narthex.promql.plan.nodes import Shared
from narthex.promql.position import Span


def shared_value(node: Shared, context: EvalContext, evaluated: Callable[[], Value]) -> Value:
    """The value of a shared part at `context.steps`; `evaluated()` makes it the first time."""
    key = (node.expr, context.steps, context.detects_resets)
    found = context.remembered.get(key)
    annotations = context.annotations
    if found is None:
        warned, informed = set(annotations.warnings), set(annotations.infos)
        value = evaluated()
        context.remembered[key] = Remembered(
            value,
            node.span,
            tuple(a for a in annotations.warnings if a not in warned),
            tuple(a for a in annotations.infos if a not in informed),
        )
        return value
    moved = node.span.start - found.span.start
    for warning in found.warnings:
        annotations.warn(warning.message, _moved(warning, moved))
    for info in found.infos:
        annotations.info(info.message, _moved(info, moved))
    return found.value


def _moved(annotation: Annotation, by: int) -> Span:
    return Span(annotation.start + by, annotation.end + by)
