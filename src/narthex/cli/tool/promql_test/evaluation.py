"""One evaluation of a test file, in all the forms in which it has to give the same answer.

An instant query is run as it stands; then with its selectors pinned to its moment, from five other
moments; and each of these as a range query of three steps, of which the middle one counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from narthex.cli.tool.promql_test.commands import Evaluation
from narthex.cli.tool.promql_test.compare import (
    Vector,
    fault,
    samples_of,
    scalar_fault,
    vector_fault,
)
from narthex.cli.tool.promql_test.pinned import DependsOnTime, pinned
from narthex.model.tenant import DEFAULT_TENANT
from narthex.promql.engine import Engine, QueryResult
from narthex.promql.errors import NotBuilt, QueryError
from narthex.promql.result import MatrixResult, ScalarResult
from narthex.promql.syntax.features import ALL_FEATURES
from narthex.promql.syntax.parser import parse
from narthex.promql.syntax.printer import to_text

AROUND_MS = 60_000
"""How far the range query around a moment reaches to each side; its step as well."""

_ASKS_FOR_THE_RANGE = re.compile(r"(?:start|end|range|step)\(\)")


@dataclass(frozen=True, slots=True)
class Form:
    """A query text and the moment to ask it."""

    query: str
    time_ms: int


def evaluate(engine: Engine, evaluation: Evaluation) -> str:
    """What is wrong with the engine's answer; "" when nothing is."""
    if evaluation.is_range:
        return _range_fault(engine, evaluation)
    for form in _forms(evaluation):
        found = _instant_fault(engine, evaluation, form)
        if found:
            here = form.query == evaluation.query and form.time_ms == evaluation.moments.start_ms
            return found if here else f"as {form.query} at {form.time_ms} ms: {found}"
    return ""


def _forms(evaluation: Evaluation) -> Iterator[Form]:
    at_ms = evaluation.moments.start_ms
    yield Form(evaluation.query, at_ms)
    try:
        query = to_text(pinned(parse(evaluation.query, ALL_FEATURES), at_ms))
    except DependsOnTime:
        return
    others = (-10 * at_ms, 0, at_ms // 5, at_ms, 10 * at_ms) if at_ms else (-1000, 0, 1000)
    for time_ms in others:
        yield Form(query, time_ms)


def _range_fault(engine: Engine, evaluation: Evaluation) -> str:
    moments = evaluation.moments
    try:
        found = engine.range(
            DEFAULT_TENANT,
            evaluation.query,
            moments.start_ms,
            moments.end_ms,
            moments.step_ms,
        )
    except QueryError as error:
        return _failure_fault(evaluation, error)
    return _answer_fault(evaluation, found)


def _instant_fault(engine: Engine, evaluation: Evaluation, form: Form) -> str:
    try:
        found = engine.instant(DEFAULT_TENANT, form.query, form.time_ms)
    except QueryError as error:
        return _failure_fault(evaluation, error)
    difference = _answer_fault(evaluation, found)
    if difference or not _has_range_form(evaluation, form):
        return difference
    start_ms, end_ms = form.time_ms - AROUND_MS, form.time_ms + AROUND_MS
    try:
        around = engine.range(DEFAULT_TENANT, form.query, start_ms, end_ms, AROUND_MS)
    except QueryError as error:
        return f"as a range query: {error}"
    difference = _middle_fault(evaluation, found, around, form.time_ms)
    return f"as a range query: {difference}" if difference else ""


def _has_range_form(evaluation: Evaluation, form: Form) -> bool:
    """Order, texts and range vectors exist at one moment only."""
    only_instant = (
        evaluation.expectations.ordered
        or evaluation.expects_range_vector
        or evaluation.text is not None
    )
    return not only_instant and _ASKS_FOR_THE_RANGE.search(form.query) is None


def _failure_fault(evaluation: Evaluation, error: QueryError) -> str:
    wanted = evaluation.expectations.failure
    # What is not built has not failed as expected: it was not tried.
    if wanted is None or isinstance(error, NotBuilt):
        return str(error)
    return "" if wanted.matches(str(error)) else f"expected the error {wanted}, got {error}"


def _answer_fault(evaluation: Evaluation, found: QueryResult) -> str:
    if evaluation.expectations.failure is not None:
        return "expected an error, got an answer"
    warnings = found.annotations.rendered_warnings(found.text, 0)
    infos = found.annotations.rendered_infos(found.text, 0)
    return evaluation.expectations.fault(warnings, infos) or fault(evaluation, found.result)


def _middle_fault(
    evaluation: Evaluation, found: QueryResult, around: QueryResult, time_ms: int
) -> str:
    matrix = around.result
    assert isinstance(matrix, MatrixResult)
    rows = [
        (labels, value)
        for row, labels in enumerate(matrix.labels.to_labels())
        for at_ms, value in samples_of(matrix, row)
        if at_ms == time_ms
    ]
    if not isinstance(found.result, ScalarResult):
        return vector_fault(evaluation, Vector(rows))
    if len(rows) != 1 or not isinstance(rows[0][1], float):
        return f"expected one scalar at {time_ms} ms, got {len(rows)} series"
    return scalar_fault(evaluation, rows[0][1])
