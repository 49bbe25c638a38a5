"""How deep a tree may be, so that whoever walks one may recurse."""

from __future__ import annotations

from narthex.promql.syntax.children import children
from narthex.promql.syntax.errors import ParseError
from narthex.promql.syntax.nodes import Expr

DEPTH_MAX = 200
"""Levels of a tree: `a + b + c + d` has four; what people and dashboards write stays below 30."""


def check_depth(tree: Expr, query: str) -> None:
    """Raise ParseError at the first node that lies too deep."""
    level, depth = [tree], 1
    while level:
        if depth > DEPTH_MAX:
            message = f"expression is nested more than {DEPTH_MAX} levels deep"
            raise ParseError(message, level[0].span, query)
        level = [child for node in level for child in children(node)]
        depth += 1
