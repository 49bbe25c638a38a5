"""The experimental parts of the language, by their `--enable-feature` names."""

from __future__ import annotations

EXPERIMENTAL_FUNCTIONS = "promql-experimental-functions"
EXTENDED_RANGE_SELECTORS = "promql-extended-range-selectors"
FILL_MODIFIERS = "promql-binop-fill-modifiers"

NO_FEATURES: frozenset[str] = frozenset()
ALL_FEATURES = frozenset({EXPERIMENTAL_FUNCTIONS, EXTENDED_RANGE_SELECTORS, FILL_MODIFIERS})
