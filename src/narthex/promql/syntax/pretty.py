"""A tree to text over several lines, where one line of 100 bytes does not hold it.

Laid out as Prometheus's `format_query` does it: what fits stays on its line, what does not is
opened and its parts go a level deeper, binary operators on a line of their own.
"""

from __future__ import annotations

from narthex.promql.syntax.nodes import (
    Aggregation,
    BinaryExpr,
    Call,
    Expr,
    ParenExpr,
    Subquery,
    UnaryExpr,
)
from narthex.promql.syntax.printer import (
    aggregation_head,
    operator_text,
    subquery_suffix,
    to_text,
)

LINE_BYTES_MAX = 100
_INDENT = "  "


def pretty(expr: Expr) -> str:
    """The laid out text of a tree."""
    return _lines(expr, 0)


def _lines(expr: Expr, level: int) -> str:  # noqa: PLR0911 - a node a return
    indent = _INDENT * level
    if isinstance(expr, UnaryExpr):
        return indent + expr.operator + _lines(expr.expr, level).strip()
    text = to_text(expr)
    if len(text.encode("utf-8", "surrogatepass")) <= LINE_BYTES_MAX:
        # A subquery that fits is not indented: kept, so that both format alike.
        return text if isinstance(expr, Subquery) else indent + text
    if isinstance(expr, Aggregation):
        parts = [expr.expr] if expr.parameter is None else [expr.parameter, expr.expr]
        return _opened(aggregation_head(expr), parts, level)
    if isinstance(expr, Call):
        return _opened(expr.function, list(expr.args), level)
    if isinstance(expr, ParenExpr):
        return _opened("", [expr.expr], level)
    if isinstance(expr, BinaryExpr):
        left, right = _lines(expr.left, level + 1), _lines(expr.right, level + 1)
        return f"{left}\n{indent}{operator_text(expr)}\n{right}"
    if isinstance(expr, Subquery):
        return _lines(expr.expr, level) + subquery_suffix(expr)
    return indent + text


def _opened(head: str, parts: list[Expr], level: int) -> str:
    inside = ",\n".join(_lines(part, level + 1) for part in parts)
    indent = _INDENT * level
    return f"{indent}{head}(\n{inside}\n{indent})"
