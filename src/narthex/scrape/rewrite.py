"""From the series of a page to the series that is stored: target labels, relabelling, limits."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from narthex.model.labels import LEGACY_LABEL_NAME, LEGACY_METRIC_NAME, Labels
from narthex.model.relabel import RelabelConfig, relabel
from narthex.scrape.errors import BadName
from narthex.scrape.limits import NO_LIMITS, Limits, check_labels

EXPORTED_PREFIX = "exported_"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """How the series of one target are named; the same for every scrape of a configuration."""

    target_labels: Labels
    honor_labels: bool = False
    metric_relabel_configs: Sequence[RelabelConfig] = ()
    limits: Limits = NO_LIMITS
    legacy_names: bool = False
    """Whether names must be identifiers, as before Prometheus 3."""

    def apply(self, scraped: Labels, emptied: Collection[str] = ()) -> Labels | None:
        """The stored series of one scraped one, None when relabelling drops it.

        `emptied` are labels that the page gives an empty value: with `honor_labels` they take
        the target's label away. Raises LabelLimitExceeded
        or BadName.
        """
        if self.honor_labels:
            merged = honored(scraped, self.target_labels, emptied)
        else:
            merged = renamed(scraped, self.target_labels)
        kept = relabel(merged, self.metric_relabel_configs)
        if not kept:
            return None
        if self.limits.look_at_labels:
            check_labels(kept, self.limits)
        if self.legacy_names:
            check_names(kept)
        return kept


def check_names(labels: Labels) -> None:
    """Raise BadName unless the metric and all its labels are named by identifiers."""
    metric = labels.metric_name
    if not LEGACY_METRIC_NAME.fullmatch(metric) or not all(
        LEGACY_LABEL_NAME.fullmatch(name) for name, _ in labels
    ):
        raise BadName(f"invalid metric name or label names: {labels}")


def honored(scraped: Labels, target: Labels, emptied: Collection[str] = ()) -> Labels:
    """The target's labels join those of the series, which win."""
    labels = target.as_dict()
    for name in emptied:
        labels.pop(name, None)
    return Labels.of({**labels, **scraped.as_dict()})


def renamed(scraped: Labels, target: Labels) -> Labels:
    """The target's labels win; labels of the series in their way become `exported_<name>`.

    The prefix is repeated until the name is free; shorter names go first, as in Prometheus, so
    that the outcome does not depend on the order of labels.
    """
    labels = {**scraped.as_dict(), **target.as_dict()}
    in_the_way = [pair for pair in scraped if pair[0] in target]
    for name, value in sorted(in_the_way, key=lambda pair: len(pair[0])):
        free = EXPORTED_PREFIX + name
        while free in labels:
            free = EXPORTED_PREFIX + free
        labels[free] = value
    return Labels.of(labels)
