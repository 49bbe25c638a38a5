"""What a scrape says of itself: `up` and the `scrape_*` series of its target.

They carry the target's labels only, pass neither relabelling nor limits, and are written for a
failed scrape as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from narthex.model.labels import METRIC_NAME, Labels

REPORT_NAMES = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
EXTRA_NAMES = ("scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes")
"""Written for jobs with `extra_scrape_metrics`."""

BODY_OVER_LIMIT = -1
"""`scrape_body_size_bytes` of a page that was given up for its size."""


class Report(NamedTuple):
    """Of one scrape; the fields are in the order of the names above."""

    up: bool
    duration_s: float
    samples_scraped: int = 0
    samples_kept: int = 0
    series_added: int = 0
    timeout_s: float = 0.0
    sample_limit: int = 0
    body_bytes: int = 0

    def values(self, names: int) -> NDArray[np.float64]:
        """The values of the first `names` series, float64[names]."""
        return np.array(self[:names], np.float64)


def report_series(target_labels: Labels, names: tuple[str, ...] = REPORT_NAMES) -> list[Labels]:
    """The series of a target's report."""
    return [Labels([(METRIC_NAME, name), *target_labels]) for name in names]
