"""What a series of one job may look like, and how many a scrape may bring.

A limit fails the whole scrape, so that a target over it shows as down instead of half there. A
limit of 0 does not limit.
"""

from __future__ import annotations

from dataclasses import dataclass

from narthex.model.labels import Labels
from narthex.scrape.errors import LabelLimitExceeded

QUOTED_MAX = 50
"""Characters of a name or value that an error quotes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts and lengths (in UTF-8 bytes) after metric relabelling."""

    samples: int = 0
    labels: int = 0
    label_name_length: int = 0
    label_value_length: int = 0

    @property
    def look_at_labels(self) -> bool:
        """Whether any limit of labels is set."""
        return bool(self.labels or self.label_name_length or self.label_value_length)


NO_LIMITS = Limits()


def check_labels(labels: Labels, limits: Limits) -> None:
    """Raise LabelLimitExceeded for a series beyond the limits; its metric name is a label too."""
    metric = labels.metric_name[:QUOTED_MAX]
    if limits.labels and len(labels) > limits.labels:
        raise LabelLimitExceeded(
            f"label_limit exceeded (metric: {metric}, number of labels: {len(labels)},"
            f" limit: {limits.labels})"
        )
    for name, value in labels:
        length = len(name.encode())
        if limits.label_name_length and length > limits.label_name_length:
            raise LabelLimitExceeded(
                f"label_name_length_limit exceeded (metric: {metric},"
                f" label name: {name[:QUOTED_MAX]}, length: {length},"
                f" limit: {limits.label_name_length})"
            )
        length = len(value.encode())
        if limits.label_value_length and length > limits.label_value_length:
            raise LabelLimitExceeded(
                f"label_value_length_limit exceeded (metric: {metric},"
                f' label name: {name[:QUOTED_MAX]}, value: "{value[:QUOTED_MAX]}",'
                f" length: {length}, limit: {limits.label_value_length})"
            )
