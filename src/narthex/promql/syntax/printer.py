"""A tree to its canonical text on one line, as Prometheus prints it.

Parsing the text gives the tree back, but for the order of matchers: they are printed sorted.
"""

from __future__ import annotations

from narthex.model.duration import format_duration_ms
from narthex.model.labels import LEGACY_LABEL_NAME, METRIC_NAME
from narthex.model.matcher import Matcher, MatchType
from narthex.model.value import format_float_plain
from narthex.promql.syntax.nodes import (
    Aggregation,
    AtEdge,
    BinaryExpr,
    Call,
    DurationExpr,
    Expr,
    MatchCardinality,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    StringLiteral,
    Subquery,
    TimeShift,
    UnaryExpr,
    VectorMatching,
    VectorSelector,
)
from narthex.promql.syntax.quoting import go_quote


def to_text(expr: Expr) -> str:  # noqa: PLR0911 - a node a return
    """The text of a tree."""
    if isinstance(expr, NumberLiteral):
        return _number(expr)
    if isinstance(expr, StringLiteral):
        return go_quote(expr.value)
    if isinstance(expr, (VectorSelector, MatrixSelector)):
        return selector_text(expr)
    if isinstance(expr, ParenExpr):
        return f"({to_text(expr.expr)})"
    if isinstance(expr, UnaryExpr):
        return expr.operator + to_text(expr.expr)
    if isinstance(expr, BinaryExpr):
        return f"{_left_text(expr)} {operator_text(expr)} {to_text(expr.right)}"
    if isinstance(expr, Call):
        return f"{expr.function}({', '.join(map(to_text, expr.args))})"
    if isinstance(expr, Subquery):
        return to_text(expr.expr) + subquery_suffix(expr)
    args = (expr.expr,) if expr.parameter is None else (expr.parameter, expr.expr)
    return f"{aggregation_head(expr)}({', '.join(map(to_text, args))})"


def aggregation_head(expr: Aggregation) -> str:
    """The operator and its grouping, up to the parenthesis."""
    if expr.without:
        return f"{expr.operator} without ({_labels(expr.grouping)}) "
    return f"{expr.operator} by ({_labels(expr.grouping)}) " if expr.grouping else expr.operator


def _left_text(expr: BinaryExpr) -> str:
    """The left side. As the base of a power infinity has no sign: it would take hold of the power.

    This is the one place where Prometheus prints a text that it reads as another tree.
    """
    text = to_text(expr.left)
    return text.removeprefix("+") if expr.operator == "^" and text == "+Inf" else text


def operator_text(expr: BinaryExpr) -> str:
    """The operator with its modifiers."""
    text = expr.operator + (" bool" if expr.return_bool else "")
    return text if expr.matching is None else text + _matching(expr.matching)


def _matching(matching: VectorMatching) -> str:
    text = ""
    many_to_one = matching.cardinality is MatchCardinality.MANY_TO_ONE
    grouped = many_to_one or matching.cardinality is MatchCardinality.ONE_TO_MANY
    if matching.labels or matching.on or grouped:
        text += f" {'on' if matching.on else 'ignoring'} ({_labels(matching.labels)})"
    if grouped:
        text += f" group_{'left' if many_to_one else 'right'} ({_labels(matching.include)})"
    return text + _fill(matching.fill_left, matching.fill_right)


def _fill(left: float | None, right: float | None) -> str:
    """One `fill` for both sides when they are the same, a zero's sign and NaN included."""
    texts = [None if value is None else _fill_value(value) for value in (left, right)]
    if texts[0] is not None and texts[0] == texts[1]:
        return f" fill ({texts[0]})"
    named = zip(("fill_left", "fill_right"), texts, strict=True)
    return "".join(f" {name} ({text})" for name, text in named if text is not None)


def _fill_value(value: float) -> str:
    return format_float_plain(value)


def _labels(names: tuple[str, ...]) -> str:
    return ", ".join(_label(name) for name in names)


def _label(name: str) -> str:
    return name if LEGACY_LABEL_NAME.fullmatch(name) else go_quote(name)


def selector_text(expr: VectorSelector | MatrixSelector) -> str:
    """A selector with all its modifiers."""
    if isinstance(expr, VectorSelector):
        extension = "" if expr.extension is None else f" {expr.extension.value}"
        return bare_selector_text(expr) + _at(expr.shift) + extension + _offset(expr.shift)
    selector = expr.selector
    extension = "" if selector.extension is None else f" {selector.extension.value}"
    window = f"[{_duration(expr.range_ms, expr.range_expr)}]"
    return bare_selector_text(selector) + window + extension + modifiers_text(selector.shift)


def bare_selector_text(selector: VectorSelector) -> str:
    """Name and conditions; the conditions in the order of their texts."""
    conditions = sorted(_matcher(m) for m in selector.matchers if not _is_name(m, selector.name))
    return selector.name + (f"{{{','.join(conditions)}}}" if conditions else "")


def _is_name(matcher: Matcher, name: str) -> bool:
    equal = matcher.type is MatchType.EQUAL and matcher.name == METRIC_NAME
    return equal and matcher.value == name != ""


def _matcher(matcher: Matcher) -> str:
    return f"{_label(matcher.name)}{matcher.type.value}{go_quote(matcher.value)}"


def subquery_suffix(expr: Subquery) -> str:
    """The brackets of a subquery and what follows them."""
    step = (
        ""
        if not expr.step_ms and expr.step_expr is None
        else _duration(expr.step_ms, expr.step_expr)
    )
    return f"[{_duration(expr.range_ms, expr.range_expr)}:{step}]{modifiers_text(expr.shift)}"


def modifiers_text(shift: TimeShift) -> str:
    """`@` and `offset`, each after a space."""
    return _at(shift) + _offset(shift)


def _at(shift: TimeShift) -> str:
    if shift.at is None:
        return ""
    if isinstance(shift.at, AtEdge):
        return f" @ {shift.at.value}()"
    whole, thousandths = divmod(abs(shift.at), 1000)
    return f" @ {'-' if shift.at < 0 else ''}{whole}.{thousandths:03d}"


def _offset(shift: TimeShift) -> str:
    if shift.offset_expr is None and not shift.offset_ms:
        return ""
    return f" offset {_duration(shift.offset_ms, shift.offset_expr)}"


def _duration(settled_ms: int, expr: DurationExpr | None) -> str:
    return format_duration_ms(settled_ms) if expr is None else duration_text(expr)


def duration_text(expr: DurationExpr | NumberLiteral) -> str:
    """Arithmetic on durations."""
    if isinstance(expr, NumberLiteral):
        return _number(expr)
    text = _duration_operation(expr)
    return f"({text})" if expr.parenthesised else text


def _duration_operation(expr: DurationExpr) -> str:
    if expr.right is None:
        return f"{expr.operator}()"
    right = duration_text(expr.right)
    if expr.left is None:
        # A plus sign only carries the parentheses of a literal.
        return f"-{right}" if expr.operator == "-" else right
    left = duration_text(expr.left)
    if expr.operator in ("min_of", "max_of"):
        return f"{expr.operator}({left}, {right})"
    return f"{left} {expr.operator} {right}"


def _number(expr: NumberLiteral) -> str:
    if expr.duration:
        return format_duration_ms(round(expr.value * 1000))
    return format_float_plain(expr.value)
