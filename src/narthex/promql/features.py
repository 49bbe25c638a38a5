"""The `--enable-feature` names that change how a query is evaluated; `syntax.features` has those
that change what may be written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

DELAYED_NAME_REMOVAL = "promql-delayed-name-removal"
USE_START_TIMESTAMPS = "use-start-timestamps"
TYPE_AND_UNIT_LABELS = "type-and-unit-labels"
PER_STEP_STATS = "promql-per-step-stats"


@dataclass(frozen=True, slots=True)
class Features:
    """One switch a name; all off is what Prometheus ships."""

    delayed_name_removal: bool = False
    use_start_timestamps: bool = False
    type_and_unit_labels: bool = False
    per_step_stats: bool = False

    @classmethod
    def from_names(cls, names: Collection[str]) -> Features:
        """The switches of these `--enable-feature` names; names of other rooms are passed over."""
        return cls(
            delayed_name_removal=DELAYED_NAME_REMOVAL in names,
            use_start_timestamps=USE_START_TIMESTAMPS in names,
            type_and_unit_labels=TYPE_AND_UNIT_LABELS in names,
            per_step_stats=PER_STEP_STATS in names,
        )
