"""Which experimental parts of the language are on: the `--enable-feature` names that concern it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Features:
    """One switch a feature name; all off is what Prometheus ships."""

    experimental_functions: bool = False
    extended_range_selectors: bool = False
    binop_fill_modifiers: bool = False
    delayed_name_removal: bool = False
    use_start_timestamps: bool = False
    type_and_unit_labels: bool = False
    per_step_stats: bool = False

    @classmethod
    def from_names(cls, names: Iterable[str]) -> Features:
        """The switches of these `--enable-feature` names; names of other rooms are passed over."""
        return cls(**{_SWITCHES[name]: True for name in names if name in _SWITCHES})

    @classmethod
    def all(cls) -> Features:
        """Everything on but `type_and_unit_labels`: what the promqltest language runs with."""
        names = set(_SWITCHES) - {"type-and-unit-labels", "promql-per-step-stats"}
        return cls.from_names(names)


_SWITCHES = {
    "promql-experimental-functions": "experimental_functions",
    "promql-extended-range-selectors": "extended_range_selectors",
    "promql-binop-fill-modifiers": "binop_fill_modifiers",
    "promql-delayed-name-removal": "delayed_name_removal",
    "use-start-timestamps": "use_start_timestamps",
    "type-and-unit-labels": "type_and_unit_labels",
    "promql-per-step-stats": "per_step_stats",
}
