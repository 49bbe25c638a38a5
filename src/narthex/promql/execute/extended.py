"""How far beyond its window a selector looks when it is `anchored` or `smoothed`."""

from __future__ import annotations

from dataclasses import dataclass

from narthex.promql.errors import ExecutionError, NotBuilt
from narthex.promql.syntax.nodes import Extension

ALLOWED = {
    Extension.ANCHORED: ("changes", "delta", "increase", "rate", "resets"),
    Extension.SMOOTHED: ("delta", "increase", "rate"),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """A range in milliseconds, and what is read before and after it."""

    range_ms: int
    before_ms: int = 0
    after_ms: int = 0

    @property
    def whole_ms(self) -> int:
        """From the first that is read to the last."""
        return self.before_ms + self.range_ms + self.after_ms


def reach_of(range_ms: int, extension: Extension | None, lookback_ms: int) -> Reach:
    """What is read for a window, or for a moment (range 0)."""
    match extension:
        case None:
            return Reach(range_ms)
        case Extension.ANCHORED:
            return Reach(range_ms, before_ms=lookback_ms)
        case Extension.SMOOTHED:
            return Reach(range_ms, before_ms=lookback_ms, after_ms=lookback_ms)


def check_function(function: str, extension: Extension | None) -> None:
    """Raise ExecutionError when `function` cannot be used with such a range vector."""
    if extension is None:
        return
    if not function:
        raise NotBuilt(f"the {extension.value} modifier outside a function")
    if function not in ALLOWED[extension]:
        allowed = ", ".join(ALLOWED[extension])
        raise ExecutionError(
            f"{extension.value} modifier can only be used with: {allowed} - not with {function}"
        )
