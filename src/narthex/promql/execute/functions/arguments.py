"""Arguments as functions want them: checked by the parser, maybe wrapped by the planner."""

from __future__ import annotations

import numpy as np

from narthex.promql.execute.context import Scalar, Value
from narthex.promql.execute.frame import Frame
from narthex.promql.plan.nodes import PlanNode, PresenceOnly, StepInvariant
from narthex.promql.syntax.nodes import ParenExpr, StringLiteral


def frame_of(value: Value) -> Frame:
    """An argument that the parser knows to be a vector."""
    assert isinstance(value, Frame)
    return value


def scalar_of(value: Value) -> Scalar:
    """An argument that the parser knows to be a scalar."""
    assert isinstance(value, np.ndarray)
    return value


def text_of(node: PlanNode) -> str:
    """An argument that the parser knows to be a text."""
    literal = bare(node)
    assert isinstance(literal, StringLiteral)
    return literal.value


def bare(node: PlanNode) -> PlanNode:
    """The expression within parentheses and what planning put around it."""
    while isinstance(node, ParenExpr | StepInvariant | PresenceOnly):
        node = node.selector if isinstance(node, PresenceOnly) else node.expr
    return node
